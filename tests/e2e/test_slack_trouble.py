"""Slack busy, broken or rearranged by people: what has to be said is said, and access does not wait for it."""

from datetime import timedelta

import pytest

from core.domain.old_messages import TOGETHER
from tests.e2e.play import LEDGER_READ, PAYMENTS, STAGING_POWER, STAGING_READ, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_slacks_retry_after_is_respected(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    play.stage.slack.faults.add("chat.update", status=429, retry_after=3, times=1, channel="C0PAYMENTS")
    play.stage.slack.calls.clear()
    await card.press("Approve")
    await card.becomes("Active until")
    updates = [
        call for call in play.stage.slack.calls.named("chat.update") if call.arguments["channel"] == "C0PAYMENTS"
    ]
    assert updates[0].status == 429
    assert updates[1].at - updates[0].at >= 3


def _add(play: Play, method: str, trouble: str) -> None:
    faults = play.stage.slack.faults
    match trouble:
        case "500":
            faults.add(method, status=500, times=2)
        case "before":
            faults.add(method, drop="before", times=2)
        case "after":
            faults.add(method, drop="after", times=1)
        case "internal_error":
            faults.add(method, error="internal_error", times=2)
        case _:
            faults.add(method, latency=1.0, times=3)


async def _confirmed(play: Play, who: str, number: str) -> None:
    """The bot may not know yet that it posted the card that was pressed: then it asks once more."""
    person = play.person(who)

    def answered() -> bool | None:
        return any("Approved by" in card.text() for card in play.cards(who, number)) or bool(person.modals()) or None

    await play.until(answered, lambda: f"nothing came of the approval of {number}\n{person.sight(PAYMENTS)}")
    for modal in person.modals():
        assert "Approve request" in modal.text()
        await modal.submit()


@pytest.mark.parametrize(
    "trouble",
    [
        "after",
        *(pytest.param(each, marks=pytest.mark.nightly) for each in ("500", "before", "internal_error", "latency")),
    ],
)
async def test_messages_come_all_the_same(play: Play, trouble: str) -> None:
    for method in ("chat.postMessage", "chat.update"):
        _add(play, method, trouble)
    number = await play.ask("ada", STAGING_READ)
    await play.approve("bob", number)
    await _confirmed(play, "bob", number)
    await play.card("bob", number, words="Active until")
    said = await play.told("ada", number, "is active until")
    assert "was approved by Bob Kahn" in said.text()


async def test_a_card_that_was_deleted_is_posted_again(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    message = play.stage.slack.workspace.messages.find(card.message.channel_id, card.message.ts)
    assert message is not None
    await play.person("bob").types(f"/team show {number}")
    play.stage.slack.workspace.messages.delete(message)
    await card.press("Approve", as_seen=True)
    again = await play.card("bob", number, words="Active until")
    assert again.message.ts != card.message.ts
    assert "Revoke" in again.buttons()


async def test_an_archived_channel_stops_no_access_from_ending(play: Play) -> None:
    number = await play.grant("ada", STAGING_READ)
    channel = play.stage.slack.workspace.channel(PAYMENTS)
    play.stage.slack.workspace.change_channel(channel, is_archived=True)
    try:
        await play.pass_time(timedelta(hours=1))
        await play.told("ada", number, "has ended")
        assert play.aws.assignments() == set()
        other = await play.ask("ada", STAGING_POWER)
        await play.told("ada", other, "is waiting for approval")
        await play.command("ada", f"/team show {other}", "Waiting for approval")
    finally:
        play.stage.slack.workspace.change_channel(channel, is_archived=False)


async def test_access_ends_while_slack_is_away_and_it_is_said_afterwards(play: Play) -> None:
    number = await play.grant("ada", STAGING_READ)
    card = await play.card("bob", number)
    play.stage.slack.faults.add("*", drop="before")
    await play.pass_time(timedelta(hours=1))
    await play.until_held()
    play.stage.slack.faults.clear()
    await play.pass_time(timedelta(minutes=6))
    await card.becomes("⚪ Ended")
    await play.told("ada", number, "has ended")


async def test_what_was_not_said_yet_is_said_after_a_restart(make_play: MakePlay) -> None:
    play = await make_play()
    number = await play.grant("ada", STAGING_READ)
    fault = play.stage.slack.faults.add("chat.postMessage", status=503)
    await play.pass_time(timedelta(hours=1))
    await play.until_held()
    await play.bot.kill()
    fault.remove()
    await play.pass_time(timedelta(minutes=6))
    await play.start()
    await play.told("ada", number, "has ended")
    await play.card("bob", number, words="⚪ Ended")
    await play.until(
        lambda: next(
            (m for m in play.person("erin").reads("team-audit") if number in m.text() and "Ended." in m.text()), None
        ),
        lambda: f"no line in the audit channel\n{play.person('erin').sight('team-audit')}",
    )
    await play.verified()


async def test_who_is_waited_for_is_named_when_it_is_slack(make_play: MakePlay) -> None:
    """A form, a button and a command, while Slack doesn't say who somebody is."""
    play = await make_play(hurried=True)
    number = await play.grant("ada", STAGING_READ)
    asked = await play.ask("ada", STAGING_POWER)
    modal = await play.fill("mallory", LEDGER_READ)
    card = await play.card("bob", asked)
    await play.pass_time(timedelta(minutes=2))
    play.stage.slack.faults.add("users.info", latency=9.0)
    answer = await play.submit(modal)
    assert answer.modal is not None
    waits = "Slack hasn't answered yet. "
    assert f"{waits}Your request is saved" in answer.modal.text()
    await card.press("Approve")
    await play.answered("bob", f"{waits}Your approval is saved", PAYMENTS)
    await play.command("ada", f"/team revoke {number}", waits)
    play.lift()
    await play.pass_time(timedelta(minutes=2))
    await play.card("bob", number, words="⚪ Ended early")
    await card.becomes("Active until")


async def test_that_the_requester_cannot_be_told_is_on_the_card_until_a_message_arrives(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    await play.told("ada", number, "was sent")
    workspace = play.stage.slack.workspace
    bot = next(iter(workspace.apps.values())).bot_user_id
    direct = workspace.direct_channel(bot, "U0ADA").id
    play.stage.slack.faults.add("chat.postMessage", error="messages_tab_disabled", channel=direct)
    await play.pass_time(TOGETHER + timedelta(seconds=1))  # sooner, the message that is there would be updated
    await play.approve("bob", number)
    words = "Ada Lovelace could not be told: TEAM Bot's Messages tab is turned off"
    card = await play.card("bob", number, words=words)
    await card.becomes("Active until")
    line = "could not be told: TEAM Bot's Messages tab is turned off"
    await play.until(
        lambda: next(
            (m for m in play.person("frank").reads("team-audit") if number in m.text() and line in m.text()), None
        ),
        lambda: play.person("frank").sight("team-audit"),
    )
    assert "the requester could not be told" in (await play.command("bob", f"/team show {number}", words)).text()
    play.lift()
    await play.command("ada", f"/team revoke {number}", "being ended")
    await play.told("ada", number, "ended early")
    await play.until(lambda: card if words not in card.refreshed().text() else None, card.text)


async def test_a_reminder_under_a_card_that_was_deleted_brings_the_card_back(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    play.stage.slack.workspace.messages.delete(card.message)
    await play.pass_time(timedelta(minutes=16))
    anew = await play.card("bob", number)
    await anew.replied("is still waiting for a decision")
