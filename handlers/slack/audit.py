"""Searching all requests: typed after the command, in the form **Search**, and page by page."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from slack_sdk.models.blocks import Option

from core.domain.errors import AccessError, NotFound
from core.domain.search import Reading, Search
from core.services.searching import Found
from handlers.screens import audit
from handlers.screens.audit import Turn
from handlers.slack.deadline import ACT_WITHIN, Deadline
from handlers.slack.desk import Desk
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.ids import ActionId
from handlers.slack.payloads import Command, Lookup, Press, Sender, Submission
from handlers.slack.views import audit_form
from handlers.slack.views.option import account_options, permission_set_options
from handlers.slack.views.render import fitted, render_message, render_options, render_view

NAMES_WITHIN = 1.2
"""Seconds that the names in a form may take before it opens without them: a trigger lives three."""
OFFERED_WITHIN = 1.8
"""Seconds that a type-ahead may take before what was typed is all that is offered."""


async def command(desk: Desk, command: Command) -> None:
    """``audit [WORDS]``: what was found, or what could not be understood."""
    reading = desk.services.searching.read(command.rest)
    if reading.puzzles:
        await desk.services.searching.allowed(command.sender.chat_user)
        await desk.say(command.sender, audit.puzzled(reading.puzzles, desk.command))
        return
    finding = _begin(desk, command.sender, reading.search)
    if not await _is_quick(finding):
        await desk.answers.privately(command.sender, audit.searching_text(reading.search))
    found = await _found(finding)
    await desk.say(command.sender, audit.build_message(found, desk.clock.now()))


async def turn(desk: Desk, press: Press) -> None:
    """Another page, in the place of the one that was looked at."""
    turned, reading = _read(desk, press)
    found = await desk.services.searching.page(
        press.sender.chat_user, reading.search, before=turned.before, after=turned.after
    )
    if press.in_modal:
        await _exchange(desk, press.view_id, found)
        return
    message = render_message(fitted(audit.build_message(found, desk.clock.now())))
    await desk.answers.privately(press.sender, message["text"], message["blocks"], replace=True)


async def open_form(desk: Desk, press: Press) -> None:
    """The form, filled in with the search that was pressed on; what its ids are called is for those who may search."""
    _, reading = _read(desk, press)
    naming = desk.services.searching.names_for(press.sender.chat_user, reading.search)
    names = await Deadline(NAMES_WITHIN).or_else(naming, {})
    form = audit_form.build(reading.search, names)
    if press.in_modal:
        await desk.screens.exchange(press.view_id, form)
    else:
        await desk.screens.open(press.sender.trigger_id, form)


async def submit(desk: Desk, submission: Submission) -> dict[str, Any]:
    """Search; where that takes longer than Slack waits, the page comes into the open modal by itself."""
    search, errors = audit_form.parse(submission.view, desk.services.searching.today)
    if errors:
        return {"response_action": "errors", "errors": errors}
    finding = _begin(desk, submission.sender, search)
    if not await _is_quick(finding):
        showing = _show(desk, submission.sender, str(submission.view["id"]), search, _found(finding))
        desk.boundary.take("search", submission.sender, showing)
        return _update(audit.searching(search))
    return _update(audit.build_view(await _found(finding), desk.clock.now()))


async def show(desk: Desk, press: Press) -> None:
    """Open what a search finds; the modal is there before the search is done, because a trigger lives three seconds."""
    _, reading = _read(desk, press)
    view_id = await desk.screens.open(press.sender.trigger_id, audit.searching(reading.search))
    finding = desk.services.searching.page(press.sender.chat_user, reading.search)
    await _show(desk, press.sender, view_id, reading.search, finding)


async def look_up(desk: Desk, lookup: Lookup) -> list[dict[str, Any]]:
    """Answer a type-ahead of the form: while AWS is away with the typed words alone, which are a search as well."""
    offered = await Deadline(OFFERED_WITHIN).or_else(_offered(desk, lookup), [])
    return render_options(audit_form.with_typed(offered, lookup.typed))


async def _offered(desk: Desk, lookup: Lookup) -> list[Option]:
    searching, user = desk.services.searching, lookup.sender.chat_user
    if lookup.action_id == ActionId.AUDIT_ACCOUNT:
        return account_options(await searching.accounts(user, lookup.typed))
    if lookup.action_id == ActionId.AUDIT_PERMISSION_SET:
        return permission_set_options(await searching.permission_sets(user, lookup.typed))
    return [audit_form.person_option(found) for found in await searching.people(user, lookup.typed)]


def _begin(desk: Desk, sender: Sender, search: Search) -> "asyncio.Task[Found | AccessError]":
    """Search in the background. An error that is to be told is a result there: the background logs others as faults."""

    async def find() -> Found | AccessError:
        try:
            return await desk.services.searching.page(sender.chat_user, search)
        except AccessError as error:
            return error

    return desk.background.start(find(), "search")


async def _is_quick(finding: "asyncio.Task[Found | AccessError]") -> bool:
    """Whether it is done before somebody wonders."""
    done, _ = await asyncio.wait({finding}, timeout=ACT_WITHIN.total_seconds())
    return bool(done)


async def _found(finding: "asyncio.Task[Found | AccessError]") -> Found:
    found = await asyncio.shield(finding)
    if isinstance(found, AccessError):
        raise found
    return found


async def _show(desk: Desk, sender: Sender, view_id: str, search: Search, finding: Awaitable[Found]) -> None:
    """Put the page into a modal that says that it is searched; what goes wrong, too."""

    async def find() -> None:
        await _exchange(desk, view_id, await finding)

    async def explain(sentence: str) -> None:
        await desk.screens.exchange(view_id, audit.trouble(search, sentence))

    await desk.boundary.or_explain("search", sender, find(), explain)


async def _exchange(desk: Desk, view_id: str, found: Found) -> None:
    view = audit.build_view(found, desk.clock.now())
    await desk.screens.exchange(view_id, view)


def _read(desk: Desk, press: Press) -> tuple[Turn, Reading]:
    turned = Turn.load(press.value)
    reading = desk.services.searching.read(turned.search) if turned else None
    if turned is None or reading is None or reading.puzzles:
        raise NotFound
    return turned, reading


def _update(view: AnyView) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(view)}
