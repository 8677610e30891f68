"""Modals that take a while to make: at once when there is time, else a first view that is exchanged for them."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

from handlers.screens.parts import row
from handlers.screens.screen import Screen, note
from handlers.screens.spans import Untrusted
from handlers.slack.context import SlackContext
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.payloads import ButtonClick, Sender

FIRST_VIEW_PATIENCE = 1.2
"""Seconds that a modal may take before something is opened instead: a trigger lives three."""
LOOKING = "One moment: looking it up …"

Making = Coroutine[Any, Any, AnyView]


async def open_when_ready(
    slack: SlackContext, sender: Sender, title: str, making: Making, meanwhile: str = LOOKING
) -> None:
    """Open a modal for a command or a button in a message. What goes wrong in time is told in private.

    ``meanwhile`` stands there when it takes longer.
    """
    task = slack.background.start(making, title)
    try:
        view = await asyncio.wait_for(asyncio.shield(task), FIRST_VIEW_PATIENCE)
    except TimeoutError:
        view_id = await slack.screens.open(sender.trigger_id, loading(title, meanwhile))
        await _exchange(slack, sender, view_id, title, task)
    else:
        await slack.screens.open(sender.trigger_id, view)


async def show_when_ready(slack: SlackContext, press: ButtonClick, title: str, making: Making) -> None:
    """The same for a button; in a modal the new view takes the place of the old one."""
    if press.view is None or press.view.get("type") != "modal":
        await open_when_ready(slack, press.sender, title, making)
        return
    view_id = press.view_id
    task = slack.background.start(making, title)
    done, _ = await asyncio.wait([task], timeout=FIRST_VIEW_PATIENCE)
    if not done:
        await slack.screens.exchange(view_id, loading(title))
    await _exchange(slack, press.sender, view_id, title, task)


async def _exchange(slack: SlackContext, sender: Sender, view_id: str, title: str, making: Awaitable[AnyView]) -> None:
    """Whatever goes wrong now is shown in the place of what was waited for."""

    async def show() -> None:
        await slack.screens.exchange(view_id, await making)

    async def explain(sentence: str) -> None:
        await slack.screens.exchange(view_id, refused(title, sentence))

    await slack.boundary.or_explain("screen", sender, show(), explain)


def loading(title: str, meanwhile: str = LOOKING) -> Screen:
    return note(title, [row(meanwhile)])


def refused(title: str, sentence: str) -> Screen:
    return note(title, [row("⛔ ", Untrusted(sentence))])
