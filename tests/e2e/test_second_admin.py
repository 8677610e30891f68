"""A change that widens waits for a second admin: its messages lose their buttons with what becomes of it."""

import asyncio

import pytest

from tests.e2e.play import MakePlay, Play
from tests.e2e.test_policies import opened, preview, save

CHANGES = "Changes of policies"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def change(play: Play, who: str, label: str, value: str) -> None:
    """Change one of the settings, and save it."""
    settings = await opened(play, who, "/team settings", "Settings", label)
    if label == CHANGES:
        await settings.choose(label, value)
    else:
        await settings.fill(label, value)
    shown = await preview(play, who, settings)
    await save(shown, f"{label} {value}")


async def test_its_messages_say_what_became_of_it_and_have_no_buttons_any_more(make_play: MakePlay) -> None:
    play = await make_play()
    await play.add_admins("erin", "bob")
    await change(play, "frank", CHANGES, "Wait for a second admin")
    for value, press, words in (
        ("10h", "Approve", "approved by Erin"),
        ("11h", "Reject", "was rejected by Erin"),
        ("12h", "", "was overtaken by another change, and is dropped"),
    ):
        await change(play, "frank", "Longest access", value)
        hers, his = await asyncio.gather(*(play.told(who, "", f"Longest access {value}") for who in ("erin", "bob")))
        assert "Approve" in his.buttons()
        if press:
            await hers.press(press)
        else:
            await change(play, "bob", "Longest access", "3h")
        for message in (hers, his):
            now = await message.becomes(words)
            assert now.buttons() == []
            assert words in now.text().splitlines()[0]
    assert play.stage.slack.complaints == []
