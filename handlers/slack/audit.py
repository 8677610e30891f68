"""Searching all requests: typed after the command, in the form **Search**, and page by page."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from core.domain.errors import AccessError, NotFound
from core.domain.search import ParsedSearch, Search
from core.services.queries.request_search import SearchPage
from handlers.screens import audit, audit_form
from handlers.screens.audit import Turn
from handlers.screens.choices import account_choices, permission_set_choices
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice
from handlers.slack.context import SlackContext
from handlers.slack.deadline import ACT_WITHIN, AnswerDeadline
from handlers.slack.drawing.render import fitted, render_message, render_options, render_view
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.payloads import ButtonClick, OptionsQuery, Sender, SlashCommand, ViewSubmission

NAMES_WITHIN = 1.2
"""Seconds that the names in a form may take before it opens without them: a trigger lives three."""
OFFERED_WITHIN = 1.8
"""Seconds that a type-ahead may take before what was typed is all that is offered."""


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``audit [WORDS]``: what was found, or what could not be understood."""
    reading = slack.services.search.read(command.rest)
    if reading.puzzles:
        await slack.services.search.allowed(command.sender.chat_user)
        await slack.say(command.sender, audit.puzzled(reading.puzzles, slack.command))
        return
    finding = _begin(slack, command.sender, reading.search)
    if not await _is_quick(finding):
        await slack.answers.privately(command.sender, audit.searching_text(reading.search))
    found = await _found(finding)
    await slack.say(command.sender, audit.build_message(found, slack.clock.now()))


async def turn(slack: SlackContext, press: ButtonClick) -> None:
    """Another page, in the place of the one that was looked at."""
    turned, reading = _read(slack, press)
    found = await slack.services.search.page(
        press.sender.chat_user, reading.search, before=turned.before, after=turned.after
    )
    if press.in_modal:
        await _exchange(slack, press.view_id, found)
        return
    message = render_message(fitted(audit.build_message(found, slack.clock.now())))
    await slack.answers.privately(press.sender, message["text"], message["blocks"], replace=True)


async def open_form(slack: SlackContext, press: ButtonClick) -> None:
    """The form, filled in with the search that was pressed on; what its ids are called is for those who may search."""
    _, reading = _read(slack, press)
    naming = slack.services.search.names_for(press.sender.chat_user, reading.search)
    names = await AnswerDeadline(NAMES_WITHIN).or_else(naming, {})
    form = audit_form.build(reading.search, names)
    if press.in_modal:
        await slack.screens.exchange(press.view_id, form)
    else:
        await slack.screens.open(press.sender.trigger_id, form)


async def submit(slack: SlackContext, submission: ViewSubmission) -> dict[str, Any]:
    """Search; where that takes longer than Slack waits, the page comes into the open modal by itself."""
    search, errors = audit_form.parse(submission.filled, slack.services.search.today)
    if errors:
        return {"response_action": "errors", "errors": errors}
    finding = _begin(slack, submission.sender, search)
    if not await _is_quick(finding):
        showing = _show(slack, submission.sender, str(submission.view["id"]), search, _found(finding))
        slack.boundary.take("search", submission.sender, showing)
        return _update(audit.searching(search))
    return _update(audit.build_view(await _found(finding), slack.clock.now()))


async def show(slack: SlackContext, press: ButtonClick) -> None:
    """Open what a search finds; the modal is there before the search is done, because a trigger lives three seconds."""
    _, reading = _read(slack, press)
    view_id = await slack.screens.open(press.sender.trigger_id, audit.searching(reading.search))
    finding = slack.services.search.page(press.sender.chat_user, reading.search)
    await _show(slack, press.sender, view_id, reading.search, finding)


async def look_up(slack: SlackContext, lookup: OptionsQuery) -> list[dict[str, Any]]:
    """Answer a type-ahead of the form: while AWS is away with the typed words alone, which are a search as well."""
    offered = await AnswerDeadline(OFFERED_WITHIN).or_else(_offered(slack, lookup), [])
    return render_options(audit_form.with_typed(offered, lookup.typed))


async def _offered(slack: SlackContext, lookup: OptionsQuery) -> list[Choice]:
    searching, user = slack.services.search, lookup.sender.chat_user
    if lookup.action_id == ActionId.AUDIT_ACCOUNT:
        return account_choices(await searching.accounts(user, lookup.typed))
    if lookup.action_id == ActionId.AUDIT_PERMISSION_SET:
        return permission_set_choices(await searching.permission_sets(user, lookup.typed))
    return [audit_form.person_choice(found) for found in await searching.people(user, lookup.typed)]


def _begin(slack: SlackContext, sender: Sender, search: Search) -> "asyncio.Task[SearchPage | AccessError]":
    """Search in the background. An error that is to be told is a result there: the background logs others as faults."""

    async def find() -> SearchPage | AccessError:
        try:
            return await slack.services.search.page(sender.chat_user, search)
        except AccessError as error:
            return error

    return slack.background.start(find(), "search")


async def _is_quick(finding: "asyncio.Task[SearchPage | AccessError]") -> bool:
    """Whether it is done before somebody wonders."""
    done, _ = await asyncio.wait({finding}, timeout=ACT_WITHIN.total_seconds())
    return bool(done)


async def _found(finding: "asyncio.Task[SearchPage | AccessError]") -> SearchPage:
    found = await asyncio.shield(finding)
    if isinstance(found, AccessError):
        raise found
    return found


async def _show(
    slack: SlackContext, sender: Sender, view_id: str, search: Search, finding: Awaitable[SearchPage]
) -> None:
    """Put the page into a modal that says that it is searched; what goes wrong, too."""

    async def find() -> None:
        await _exchange(slack, view_id, await finding)

    async def explain(sentence: str) -> None:
        await slack.screens.exchange(view_id, audit.trouble(search, sentence))

    await slack.boundary.or_explain("search", sender, find(), explain)


async def _exchange(slack: SlackContext, view_id: str, found: SearchPage) -> None:
    view = audit.build_view(found, slack.clock.now())
    await slack.screens.exchange(view_id, view)


def _read(slack: SlackContext, press: ButtonClick) -> tuple[Turn, ParsedSearch]:
    turned = Turn.load(press.value)
    reading = slack.services.search.read(turned.search) if turned else None
    if turned is None or reading is None or reading.puzzles:
        raise NotFound
    return turned, reading


def _update(view: AnyView) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(view)}
