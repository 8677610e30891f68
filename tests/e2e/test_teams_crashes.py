"""``kill -9`` while Teams waits for an answer, and when it has just taken a message: nothing is lost or done twice.

``make kills`` does it at many more moments, on both databases.
"""

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest

from infra.sandbox.local_teams import Answer, SeenMessage
from tests.e2e.both_chats import both
from tests.e2e.in_teams import APPROVALS, approve, card_of, dialog_of, fill, form, person, send
from tests.e2e.play import NUMBER, PROD_POWER, MakePlay, Play, watching
from tests.e2e.test_crashes import Moment, crash

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]


async def struck(play: Play, moment: str, act: Awaitable[Answer | None]) -> None:
    """Do it while the process dies at that moment; whoever did it may be told that nobody answers."""
    dying = asyncio.create_task(crash(play, Moment(seconds=20, teams=moment)))
    await asyncio.sleep(0)
    try:
        await act
    except AssertionError as error:
        print(f"{moment}: {error}")  # noqa: T201 - shown with a failure
    await dying


async def asked(play: Play) -> str:
    dialog = await form(play, "ada")
    await fill(dialog, PROD_POWER)
    await struck(play, "composeExtension/submitAction", dialog.submit())
    found = NUMBER.search(dialog.text())
    return found.group() if found else await send(dialog)


async def revoked(card: SeenMessage) -> None:
    """By its form, which has no button when the request has ended meanwhile."""
    form = dialog_of(await card.press("Revoke"))
    if form.buttons():
        await form.submit(form.buttons()[0])


def in_the_chat(play: Play, who: str, number: str) -> list[str]:
    return [each.text() for each in person(play, who).reads() if not each.channel and number in each.text()]


async def test_a_crash_in_the_middle_of_what_teams_sends_or_takes_loses_nothing_and_does_nothing_twice(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await both(make_play, tmp_path)
    async with watching(play) as seen:
        number = await asked(play)
        card = await card_of(play, "bob", number)
        await person(play, "ada").sees(number)  # which is said when the card is noted
        await struck(play, "sendActivity", approve(card))
        if "Approve" in card.refreshed().buttons():
            await approve(card.refreshed())
        await card.becomes("Active until")
        await person(play, "ada").sees("is active until")
        await struck(play, "updateActivity", revoked(card.refreshed()))
        if "Revoke" in card.refreshed().buttons():
            await revoked(card.refreshed())
        await card.becomes("Ended early")
        await play.until_held()
    assert [what for what, _ in seen] == ["made", "removed"]
    there = person(play, "bob").reads(APPROVALS)
    assert len([each for each in there if number in each.text() and each.message.root_id is None]) == 1
    assert card.refreshed().text().count("Approved by") == 1
    await person(play, "ada").sees("ended early")
    told = in_the_chat(play, "ada", number)
    assert len(told) - len(set(told)) <= 1, told  # of the one message that a process died over
    await play.verified()
