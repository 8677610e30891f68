"""Screens that take a while to make: at once when there is time, else a first one that is exchanged for them."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.screens.parts import row
from handlers.screens.screen import Screen, note
from handlers.screens.spans import Untrusted

FIRST_SCREEN_PATIENCE = 1.2
"""Seconds that a screen may take before something is opened instead: a trigger lives three."""
LOOKING = "One moment: looking it up …"

Making = Coroutine[Any, Any, Screen]


async def open_when_ready(
    platform: Platform, sender: Sender, title: str, making: Making, meanwhile: str = LOOKING
) -> None:
    """Open a screen for a command or a button in a message. What goes wrong in time is told in private.

    ``meanwhile`` stands there when it takes longer.
    """
    task = platform.background.start(making, title)
    try:
        view = await asyncio.wait_for(asyncio.shield(task), FIRST_SCREEN_PATIENCE)
    except TimeoutError:
        view_id = await platform.open(sender, loading(title, meanwhile))
        await _exchange(platform, sender, view_id, title, task)
    else:
        await platform.open(sender, view)


async def show_when_ready(platform: Platform, press: ButtonPress, title: str, making: Making) -> None:
    """The same for a button; in a screen the new one takes the place of the old one."""
    if not press.in_screen:
        await open_when_ready(platform, press.sender, title, making)
        return
    view_id = press.screen_id
    task = platform.background.start(making, title)
    done, _ = await asyncio.wait([task], timeout=FIRST_SCREEN_PATIENCE)
    if not done:
        await platform.exchange(view_id, loading(title))
    await _exchange(platform, press.sender, view_id, title, task)


async def _exchange(platform: Platform, sender: Sender, view_id: str, title: str, making: Awaitable[Screen]) -> None:
    """Whatever goes wrong now is shown in the place of what was waited for."""

    async def show() -> None:
        await platform.exchange(view_id, await making)

    async def explain(sentence: str) -> None:
        await platform.exchange(view_id, refused(title, sentence))

    await platform.boundary.or_explain("screen", sender, show(), explain)


def loading(title: str, meanwhile: str = LOOKING) -> Screen:
    return note(title, [row(meanwhile)], waits=True)


def refused(title: str, sentence: str) -> Screen:
    return note(title, [row("⛔ ", Untrusted(sentence))])
