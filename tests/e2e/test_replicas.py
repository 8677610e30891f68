"""Two processes on one PostgreSQL, and Slack speaks to either: no step needs the process of the step before.

Over HTTP a balancer hands each call to the next one; in Socket Mode Slack hands each payload to any connection.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from infra.sandbox.company import large_company
from tests.e2e.both_chats import settle_in_both
from tests.e2e.in_teams import approve, card_of, dialog_of, fill, form, person, send
from tests.e2e.play import PAYMENTS, PROD_POWER, STAGING_READ, MakePlay, Play, Target, watching
from tests.e2e.replicas import replicas

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

UrlOn = Callable[[str], str]

ACCOUNTS, MANY = 45, 20
EVERYTHING = """
version: 1
settings: {admin_group: team-admins, auditor_group: team-auditors}
eligibility:
  - name: everything
    users: [ada@example.com, bob@example.com]
    ous: [r-ab12]
    permission_sets: [ReadOnlyAccess]
    max_duration: 4h
    approval_required: false
"""


async def test_a_form_opened_at_one_is_filled_at_the_other_and_submitted_to_the_first(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path) as (site, (first, second)), watching(play) as seen:
        site.balancer.to(first)
        modal = await play.form("ada")
        site.balancer.to(second)
        await play.choose(modal, "Account", PROD_POWER.account)
        await play.choose(modal, "Permission set", PROD_POWER.permission_set)
        await modal.shows("Up to")
        assert "2 h" in await modal.options("Duration", "2h")
        await modal.choose("Duration", "1 h", query="1h")
        await modal.fill("Justification", "look into the stuck queue")
        site.balancer.to(first)
        number = await play.send("ada", modal)
        site.balancer.to(second)
        await play.approve("carol", number)
        card = await play.card("carol", number, words="Active until")
        site.balancer.to(first)
        await play.revoke("carol", card)
        await card.becomes("Ended early by Carol Shaw")
        assert [what for what, _ in seen] == ["made", "removed"]
        assert site.balancer.count(first) > 1
        assert site.balancer.count(second) > 4
    await play.verified()


async def test_what_a_form_holds_is_in_no_process(make_play: MakePlay, url_on: UrlOn, tmp_path: Path) -> None:
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path, count=1) as (site, (first,)):
        modal = await play.fill("ada", PROD_POWER)
        await first.kill()
        await play.count_out_the_dead()
        second = await site.add()
        site.balancer.to(second)
        number = await play.send("ada", modal)
        card = await play.card("carol", number)
        await second.kill()
        await play.count_out_the_dead()
        third = await site.add()
        site.balancer.to(third)
        await card.press("Approve")
        await card.becomes("Active until")


async def test_of_two_who_approve_at_once_at_two_processes_one_wins_and_the_other_is_told(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"))
    async with replicas(play, tmp_path) as (site, (first, second)), watching(play) as seen:
        number = await play.ask("ada", PROD_POWER)
        cards = [await play.card(name, number) for name in ("bob", "carol")]
        before = len(site.balancer.taken)
        await asyncio.gather(*(card.press("Approve") for card in cards))
        assert {bot for bot, _ in site.balancer.taken[before:]} == {first, second}
        await cards[0].becomes("Active until")
        said = await answered(play, "bob", "carol")
        assert len([text for text in said if text.startswith(f"Approved: {number}")]) == 1, said
        assert len([text for text in said if "approved this" in text]) == 1, said
        assert cards[0].refreshed().text().count("Approved by") == 1
        assert [what for what, _ in seen] == ["made"]
        await play.told("ada", number, "is active until")
        assert len([m for m in play.messages("ada", number) if "is active until" in m.text()]) == 1
    await play.verified()


async def test_what_teams_sends_may_reach_either_at_every_step(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    play = await make_play(url_on("postgresql"), with_teams=True)
    teams = play.stage.teams
    async with replicas(play, tmp_path) as (site, (first, second)), watching(play) as seen:
        await settle_in_both(play, tmp_path)
        site.balancer.to(first)
        dialog = await form(play, "ada")
        site.balancer.to(second)
        await fill(dialog, PROD_POWER)
        site.balancer.to(first)
        assert "Up to" in dialog_of(await dialog.press("Check")).text()
        site.balancer.to(second)
        number = await send(dialog)
        cards = [await card_of(play, name, number) for name in ("bob", "carol")]
        site.balancer.to(first, second)
        answers = await asyncio.gather(*(approve(card) for card in cards))
        pressed = [each.delivery for each in answers if each.delivery]
        await asyncio.gather(*(teams.activity_sender.repeat(each) for each in pressed))
        await cards[0].becomes("Active until")
        told = [each.message or (each.dialog.text() if each.dialog else "") for each in answers]
        assert len([text for text in told if text.startswith(f"Approved: {number}")]) == 1, told
        assert cards[0].refreshed().text().count("Approved by") == 1
        ending = dialog_of(await cards[1].refreshed().press("Revoke"))
        await ending.submit(ending.buttons()[0])
        await cards[0].becomes("Ended early by Carol Shaw")
        await person(play, "ada").sees("ended early")
        assert [what for what, _ in seen] == ["made", "removed"]
        assert min(site.balancer.count(each) for each in (first, second)) > 2
    assert [each for each in teams.calls.refused() if each.status in {401, 412, 413, 429}] == []
    assert teams.complaints == []
    await play.verified()


async def answered(play: Play, *names: str) -> list[str]:
    """The private answer to each of them, once all of them have one."""

    def told() -> list[str]:
        return [message.text() for name in names for message in play.answers(name, PAYMENTS)]

    return await play.until(lambda: said if len(said := told()) == len(names) else None, lambda: f"told was {told()}")


async def test_in_socket_mode_each_payload_may_reach_either(make_play: MakePlay, url_on: UrlOn, tmp_path: Path) -> None:
    play = await make_play(url_on("postgresql"), socket_mode=True)
    async with replicas(play, tmp_path) as (_, processes), watching(play) as seen:
        sockets = play.stage.slack.sockets
        await play.until(lambda: len(sockets.connected(play.stage.slack.app(""))) == 2 or None, lambda: "one socket")
        number = await play.ask("ada", PROD_POWER)
        await play.approve("carol", number)
        card = await play.card("carol", number, words="Active until")
        other = await play.grant("ada", STAGING_READ)
        await play.revoke("carol", card)
        await card.becomes("Ended early by Carol Shaw")
        await play.command("ada", f"/team revoke {other}", "being ended")
        await play.card("bob", other, words="Ended early")
        assert sorted(what for what, _ in seen) == ["made", "made", "removed", "removed"]
        assert all([await each.metric("teambot_interactions_total") > 3 for each in processes])
    await play.verified()


async def asks(play: Play, who: str, targets: Sequence[Target]) -> list[str]:
    return [await play.ask(who, target) for target in targets]


@pytest.mark.nightly
async def test_the_load_of_many_at_once_stays_within_awss_limits_over_all_processes_together(
    make_play: MakePlay, url_on: UrlOn, tmp_path: Path
) -> None:
    """Counted by the local AWS, while a third process comes, and one of the first two dies."""
    policies = tmp_path / "policies.yaml"
    policies.write_text(EVERYTHING)
    company = large_company(ACCOUNTS, permission_sets=10, users=20, groups=10)
    play = await make_play(url_on("postgresql"), company=company, policies=policies)
    targets = [Target(f"Team {n:04}", f"{300000000000 + n}", "ReadOnlyAccess") for n in range(MANY)]
    async with replicas(play, tmp_path) as (site, (first, _)):
        play.aws.forget()
        coming = asyncio.ensure_future(site.add())
        await asyncio.gather(asks(play, "ada", targets[::2]), asks(play, "bob", targets[1::2]))
        await coming
        held = [t.held_by(f"{who}@example.com") for n, t in enumerate(targets) for who in [("ada", "bob")[n % 2]]]
        await play.until_held(*held)
        first.kill_now()
        site.balancer.to(*site.all[1:])
        await play.pass_time(timedelta(hours=1))
        await play.until_held()
        assert 10 < play.aws.peak_rate("sso-admin") <= 20
        assert play.aws.peak_rate("identitystore") <= 20
        assert 1 < play.aws.max_outstanding <= 10
    await play.verified()
