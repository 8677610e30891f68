"""Modals that take a while to make: at once when there is time, else a first view that is exchanged for them."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from slack_sdk.models.views import View

from core.domain.errors import AccessError
from handlers import sentences
from handlers.slack.desk import Desk
from handlers.slack.payloads import Press, Sender
from handlers.slack.views.block import note, section
from handlers.slack.views.text import prose

FIRST_VIEW_PATIENCE = 1.2
"""Seconds that a modal may take before something is opened instead: a trigger lives three."""

Making = Coroutine[Any, Any, View]


async def open_when_ready(desk: Desk, sender: Sender, title: str, making: Making) -> None:
    """Open a modal for a command or a button in a message. What goes wrong in time is told in private."""
    task = desk.background.start(making, title)
    try:
        view = await asyncio.wait_for(asyncio.shield(task), FIRST_VIEW_PATIENCE)
    except TimeoutError:
        view_id = await desk.screens.open(sender.trigger_id, loading(title))
        await desk.screens.exchange(view_id, await _or_refusal(task, title))
    else:
        await desk.screens.open(sender.trigger_id, view)


async def show_when_ready(desk: Desk, press: Press, title: str, making: Making) -> None:
    """The same for a button; in a modal the new view takes the place of the old one."""
    if press.view is None or press.view.get("type") != "modal":
        await open_when_ready(desk, press.sender, title, making)
        return
    view_id = str(press.view["id"])
    task = desk.background.start(making, title)
    try:
        view = await asyncio.wait_for(asyncio.shield(task), FIRST_VIEW_PATIENCE)
    except TimeoutError:
        await desk.screens.exchange(view_id, loading(title))
        view = await _or_refusal(task, title)
    except AccessError as error:
        view = refused(title, sentences.error(error))
    await desk.screens.exchange(view_id, view)


async def _or_refusal(task: "asyncio.Task[View]", title: str) -> View:
    try:
        return await task
    except AccessError as error:
        return refused(title, sentences.error(error))


def loading(title: str) -> View:
    return note(title, [section("One moment: looking it up …")])


def refused(title: str, sentence: str) -> View:
    return note(title, [section(f"⛔ {prose(sentence)}")])
