"""AWS slow, busy, unwilling, silent or away: the person is told, and what was promised happens all the same."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from core.services.policies.warning_monitor import CHECKED_EVERY, CHECKED_SOONER
from infra.sandbox.company import PAYMENTS_OU, Account, Company, example_company
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.person import SeenMessage
from infra.sandbox.slack.screen import Modal
from tests.e2e.play import (
    LEDGER_READ,
    PATIENCE,
    PAYMENTS,
    STAGING_POWER,
    STAGING_READ,
    TRIES,
    MakePlay,
    Play,
    Target,
    watching,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SSO = "sso-admin"
CHANGES = ("CreateAccountAssignment", "DeleteAccountAssignment")


@pytest.mark.parametrize(
    "kind",
    [
        "conflict",
        "answer_lost",
        *(
            pytest.param(each, marks=pytest.mark.nightly)
            for each in ("throttled", "server_error", "unavailable", "refused")
        ),
    ],
)
async def test_a_write_that_aws_stumbles_over_is_done_all_the_same_and_once(play: Play, kind: str) -> None:
    for operation in CHANGES:
        play.aws.faults.add(kind, service=SSO, operation=operation, times=2)
    async with watching(play) as seen:
        number = await play.grant("ada", STAGING_READ)
        await play.command("bob", f"/team revoke {number}", "being ended")
        await play.card("bob", number, words="⚪ Ended early")
    assert [what for what, _ in seen] == ["made", "removed"]


@pytest.mark.nightly
async def test_reading_that_fails_in_passing_is_repeated(play: Play) -> None:
    for operation in ("DescribeAccountAssignmentCreationStatus", "ListAccountAssignments", "DescribeUser"):
        play.aws.faults.add("throttled", operation=operation, times=2)
        play.aws.faults.add("server_error", operation=operation, times=1)
    number = await play.grant("ada", STAGING_READ)
    await play.told("ada", number, "is active until")


@pytest.mark.nightly
async def test_slow_calls_only_take_longer(play: Play) -> None:
    play.aws.faults.add("latency", service=SSO, seconds=0.7)
    number = await play.ask("ada", STAGING_READ)
    await play.approve("bob", number)
    await play.card("bob", number, words="Active until")


def creations(play: Play) -> int:
    return len(play.aws.calls("CreateAccountAssignment"))


async def fails_thrice(play: Play, number: str) -> SeenMessage:
    """Let the pauses pass between looks and tries of what AWS ends as FAILED, until its card says that it failed."""
    async with asyncio.timeout(2 * PATIENCE):
        while not (failed := [card for card in play.cards("bob", number) if "🔴 Failed" in card.text()]):
            await asyncio.sleep(1)  # faster, and leases would run out before anybody has used them
            await play.pass_time(timedelta(seconds=8))
    return failed[0]


async def test_what_aws_refuses_to_carry_out_fails_with_its_words_and_leaves_nothing(play: Play) -> None:
    reason = "Received a 409 status error: Cannot exceed quota for RolesPerAccount: 1000"
    play.aws.faults.add("failed", service=SSO, operation="CreateAccountAssignment", times=3, reason=reason)
    before = creations(play)
    number = await play.ask("ada", STAGING_READ)
    await play.approve("bob", number)
    card = await fails_thrice(play, number)
    assert creations(play) == before + 3
    assert reason in card.text()
    assert "Nothing was left behind" in card.text()
    assert card.buttons() == ["Details"]
    said = await play.told("ada", number, "failed")
    assert reason in said.text()
    assert play.aws.assignments() == set()


async def test_a_failure_that_did_the_work_is_cleaned_up(play: Play) -> None:
    play.aws.faults.add("failed", service=SSO, operation="CreateAccountAssignment", times=3, does_the_work=True)
    async with watching(play) as seen:
        number = await play.ask("ada", STAGING_READ)
        await play.approve("bob", number)
        await fails_thrice(play, number)
    assert [what for what, _ in seen] == ["made", "removed"]
    assert play.aws.assignments() == set()


async def test_a_deletion_that_fails_is_begun_again_until_it_is_done(play: Play) -> None:
    number = await play.grant("ada", STAGING_READ)
    play.aws.faults.add("failed", service=SSO, operation="DeleteAccountAssignment", times=2, reason="not now")
    await play.pass_time(timedelta(hours=1))
    await play.card("bob", number, words="Being ended")
    assert play.aws.assignments() == {STAGING_READ.held_by("ada@example.com")}
    await play.card("bob", number, words="⚪ Ended")
    assert play.aws.assignments() == set()


async def test_a_form_sent_while_aws_is_away_is_in_hand_and_is_judged_once_it_is_back(make_play: MakePlay) -> None:
    play = await make_play(hurried=True)
    modal = await play.fill("mallory", LEDGER_READ)
    await play.pass_time(timedelta(minutes=2))
    play.aws.down(hanging=True)
    answer = await play.submit(modal)
    assert answer.trouble is None
    assert answer.modal is not None
    assert "AWS hasn't answered yet. Your request is saved" in answer.modal.text()
    play.aws.up()
    await play.pass_time(timedelta(minutes=2))
    said = await play.until(
        lambda: next((m for m in play.messages("mallory") if "is waiting for approval" in m.text()), None),
        lambda: f"nothing came of it\n{play.person('mallory').sight()}",
    )
    assert "Ledger Prod" in said.text()


async def test_an_approval_while_aws_is_away_is_in_hand_and_counts_once_it_is_back(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER)
    card = await play.card("bob", number)
    await play.pass_time(timedelta(minutes=2))
    play.aws.down(hanging=True)
    await card.press("Approve")
    await play.answered("bob", "AWS hasn't answered yet. Your approval is saved", PAYMENTS)
    assert play.aws.assignments() == set()
    play.aws.up()
    await play.pass_time(timedelta(minutes=2))
    await card.becomes("Active until")
    await play.until(
        lambda: next((m for m in play.messages("bob", number) if "Approved" in m.text()), None),
        lambda: f"the approver was told nothing\n{play.person('bob').sight()}",
    )


async def test_the_end_comes_while_aws_is_away_and_is_made_up_for(play: Play) -> None:
    number = await play.grant("ada", STAGING_POWER)
    play.aws.down()
    await play.pass_time(timedelta(hours=1))
    card = await play.card("bob", number, words="Being ended")
    assert play.aws.assignments() == {STAGING_POWER.held_by("ada@example.com")}
    play.aws.up()
    await play.pass_time(timedelta(minutes=2))
    await card.becomes("⚪ Ended")
    assert play.aws.assignments() == set()


async def test_admins_are_alarmed_when_aws_does_not_take_the_access_away(play: Play) -> None:
    """Identity Center, which knows the admins, is away as well."""
    number = await play.grant("ada", STAGING_POWER)
    play.aws.down()
    await play.pass_time(timedelta(hours=1))
    await play.card("bob", number, words="Being ended")
    await play.pass_time(timedelta(minutes=6))
    await play.until(
        lambda: next(
            (m for m in play.person("erin").reads("team-audit") if number in m.text() and "🚨" in m.text()), None
        ),
        lambda: "no alarm in the audit channel",
    )
    said = await play.told("frank", number, "🚨")
    assert "should have ended" in said.text()


async def test_slack_is_answered_in_time_with_cold_caches_and_aws_hanging(make_play: MakePlay) -> None:
    play = await make_play(hurried=True)
    modal = await play.fill("ada", STAGING_POWER)
    play.aws.down(hanging=True)
    late = [await late_with_cold_caches(play, modal)]
    while late[-1] and len(late) < TRIES:  # the machine may have been too busy
        late.append(await late_with_cold_caches(play, modal))
    assert late[-1] == []


async def late_with_cold_caches(play: Play, modal: Modal) -> list[Delivery]:
    """The deliveries that were answered late, of all that Slack may ask, by a process that knows nothing yet."""
    await play.bot.kill()
    await play.start()
    begun = len(play.stage.slack.deliveries)
    for label in ("Account", "Permission set", "Duration"):
        await modal.options(label, "p")
    await modal.submit()
    for line in ("request", "requests", "whoami", "help", "show R-1001", "nonsense"):
        await play.person("bob").types(f"/team {line}")
    return [d for d in play.stage.slack.deliveries[begun:] if not d.ack.ok or d.seconds >= 3]


def with_many_accounts(number: int) -> Company:
    company = example_company()
    more = tuple(
        Account(f"{700000000000 + n}", f"Shop {n:02}", f"aws+shop{n}@example.com", PAYMENTS_OU) for n in range(number)
    )
    return replace(company, accounts=company.accounts + more)


@pytest.mark.nightly
@pytest.mark.timeout(180)
async def test_a_burst_of_grants_stays_within_the_quotas_of_aws(sqlite_url: str, make_play: MakePlay) -> None:
    play = await make_play(sqlite_url, company=with_many_accounts(7))
    play.aws.conduct.provisioning_seconds = 0.5
    targets = [
        Target(f"Shop {n:02}", f"{700000000000 + n}", name)
        for n in range(7)
        for name in ("ReadOnlyAccess", "PowerUserAccess")
    ]
    people = {"ada": "ada@example.com", "mallory": "mallory.stone@example.com", "victor": "v.ruiz"}
    asking = {who: targets[n::3] for n, who in enumerate(people)}

    async def ask_all(who: str) -> list[str]:
        return [await play.ask(who, target, starts_in=timedelta(hours=1)) for target in asking[who]]

    numbers = [number for asked in await asyncio.gather(*map(ask_all, people)) for number in asked]
    cards = [await play.card("bob", number) for number in numbers]
    for card in cards:
        await card.press("Approve")
    for card in cards:
        await card.becomes("Approved, starts")
    play.aws.forget()
    begun = time.monotonic()
    await play.pass_time(timedelta(hours=1, minutes=2))
    held = [target.held_by(people[who]) for who, mine in asking.items() for target in mine]
    await play.until_held(*held, within=60)
    for card in cards:
        await card.becomes("Active until")
    granted = time.monotonic()
    await play.pass_time(timedelta(hours=1, minutes=2))
    await play.until_held(within=60)
    print(f"granted in {granted - begun:.1f} s, taken away in {time.monotonic() - granted:.1f} s")  # noqa: T201
    print(Counter(record.operation for record in play.aws.calls(service=SSO)))  # noqa: T201
    assert play.aws.peak_rate(SSO) <= 20
    assert play.aws.max_outstanding <= 10
    asked = [record for record in play.aws.calls(service=SSO) if record.operation in CHANGES]
    assert len(asked) == 2 * len(targets)
    assert {record.outcome for record in asked} == {"ok"}


async def home_until(play: Play, shows: bool, words: str) -> str:
    """Opens the admin's Home until the words are there, or there no more."""
    shown = ""
    for _ in range(int(PATIENCE) * 2):
        shown = (await play.person("frank").home()).text()
        if (words in shown) is shows:
            return shown
        await asyncio.sleep(0.5)
    raise AssertionError(shown)


async def test_what_the_bot_lacks_in_aws_is_on_the_home_of_admins_before_anybody_runs_the_doctor(play: Play) -> None:
    play.aws.faults.add("access_denied", service="cloudtrail", operation="LookupEvents")
    await play.pass_time(CHECKED_EVERY)
    assert "AccessDeniedException" in await home_until(play, True, "Who asked for changes (CloudTrail)")
    play.aws.up()
    await play.pass_time(CHECKED_SOONER)
    await home_until(play, False, "Who asked for changes")
