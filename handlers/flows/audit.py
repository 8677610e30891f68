"""Searching requests, as many as the reader sees: typed after the command, in the form **Search**, and page by page."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import replace

from core.domain.errors import AccessError, NotFound
from core.domain.search import Key, ParsedSearch, Search
from core.services.queries.request_search import SearchPage
from handlers.flows.answers import FieldErrors, FormAnswer, NextScreen
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, Platform, Sender, TypedCommand
from handlers.screens import audit, audit_form
from handlers.screens.audit import Turn
from handlers.screens.choices import account_choices, permission_set_choices
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice
from handlers.screens.screen import Screen

MENTIONS = 5
"""So many mentioned people are looked up for one search; with more, all are words."""
NAMES_WITHIN = 1.2
"""Seconds that the names in a form may take before it opens without them: a trigger lives three."""
OFFERED_WITHIN = 1.8
"""Seconds that a type-ahead may take before what was typed is all that is offered."""


async def command(platform: Platform, command: TypedCommand) -> None:
    """``audit [WORDS]``: what was found, or what could not be understood."""
    reading = platform.services.search.read(await _with_people(platform, command))
    if reading.puzzles:
        await platform.services.search.reader(command.sender.chat_user)
        await platform.say(command.sender, audit.puzzled(reading.puzzles, platform.command))
        return
    finding = _begin(platform, command.sender, reading.search)
    if not await _is_quick(finding):
        await platform.privately(command.sender, audit.searching_text(reading.search))
    found = await _found(finding)
    await platform.say(command.sender, audit.build_message(found, platform.clock.now()))


async def _with_people(platform: Platform, command: TypedCommand) -> str:
    """The search as it was typed, with everybody who is mentioned in it as Identity Center knows them.

    An auditor's search has the user's id. An approver's has the name, which is what approvers search by.
    """
    places = list(re.finditer(rf"(?<!\S)(?:(?P<key>[\w-]+):)?(?:{command.mention})", command.rest))
    if len(places) != len(command.mentioned) or not 0 < len(places) <= MENTIONS:
        return command.rest
    reader = await platform.services.search.reader(command.sender.chat_user)
    typed, at = "", 0
    for place, user in zip(places, command.mentioned, strict=True):
        mentioned = replace(command.sender.chat_user, user=user)
        principal = await platform.services.identity.principal_of(mentioned)
        person = principal.id if reader.sees is None else principal.name.replace('"', " ")
        typed += f'{command.rest[at : place.start()]}{place["key"] or Key.PERSON}:"{person}"'
        at = place.end()
    return typed + command.rest[at:]


async def turn(platform: Platform, press: ButtonPress) -> None:
    """Another page, in the place of the one that was looked at."""
    turned, reading = _read(platform, press)
    found = await platform.services.search.page(
        press.sender.chat_user, reading.search, before=turned.before, after=turned.after
    )
    if press.in_screen:
        await _exchange(platform, press.screen_id, found)
        return
    await platform.say(press.sender, audit.build_message(found, platform.clock.now()), replace=True)


async def open_form(platform: Platform, press: ButtonPress) -> None:
    """The form, filled in with the search that was pressed on; what its ids are called is for those who may search."""
    _, reading = _read(platform, press)
    naming = platform.services.search.names_for(press.sender.chat_user, reading.search)
    names = await AnswerDeadline(NAMES_WITHIN).or_else(naming, {})
    form = audit_form.build(reading.search, names)
    if press.in_screen:
        await platform.exchange(press.screen_id, form)
    else:
        await platform.open(press.sender, form)


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Search; where that takes longer than the platform waits, the page comes into the open screen by itself."""
    search, errors = audit_form.parse(submission.filled, platform.services.search.today)
    if errors:
        return FieldErrors(errors)
    finding = _begin(platform, submission.sender, search)
    if not await _is_quick(finding):
        showing = _show(platform, submission.sender, submission.screen_id, search, _found(finding))
        platform.boundary.take("search", submission.sender, showing)
        return _update(audit.searching(search))
    return _update(audit.build_screen(await _found(finding), platform.clock.now()))


async def show(platform: Platform, press: ButtonPress) -> None:
    """Open what a search finds; the screen is there before the search is done: a trigger lives three seconds."""
    _, reading = _read(platform, press)
    view_id = await platform.open(press.sender, audit.searching(reading.search))
    finding = platform.services.search.page(press.sender.chat_user, reading.search)
    await _show(platform, press.sender, view_id, reading.search, finding)


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Answer a type-ahead of the form: while AWS is away with the typed words alone, which are a search as well."""
    offered = await AnswerDeadline(OFFERED_WITHIN).or_else(_offered(platform, lookup), [])
    return audit_form.with_typed(offered, lookup.typed)


async def _offered(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    searching, user = platform.services.search, lookup.sender.chat_user
    if lookup.action_id == ActionId.AUDIT_ACCOUNT:
        return account_choices(await searching.accounts(user, lookup.typed))
    if lookup.action_id == ActionId.AUDIT_PERMISSION_SET:
        return permission_set_choices(await searching.permission_sets(user, lookup.typed))
    return [audit_form.person_choice(found) for found in await searching.people(user, lookup.typed)]


def _begin(platform: Platform, sender: Sender, search: Search) -> "asyncio.Task[SearchPage | AccessError]":
    """Search in the background. An error that is to be told is a result there: the background logs others as faults."""

    async def find() -> SearchPage | AccessError:
        try:
            return await platform.services.search.page(sender.chat_user, search)
        except AccessError as error:
            return error

    return platform.background.start(find(), "search")


async def _is_quick(finding: "asyncio.Task[SearchPage | AccessError]") -> bool:
    """True if it is done before somebody wonders."""
    done, _ = await asyncio.wait({finding}, timeout=ACT_WITHIN.total_seconds())
    return bool(done)


async def _found(finding: "asyncio.Task[SearchPage | AccessError]") -> SearchPage:
    found = await asyncio.shield(finding)
    if isinstance(found, AccessError):
        raise found
    return found


async def _show(
    platform: Platform, sender: Sender, view_id: str, search: Search, finding: Awaitable[SearchPage]
) -> None:
    """Put the page into a screen that says that it is searched; what goes wrong, too."""

    async def find() -> None:
        await _exchange(platform, view_id, await finding)

    async def explain(sentence: str) -> None:
        await platform.exchange(view_id, audit.trouble(search, sentence))

    await platform.boundary.or_explain("search", sender, find(), explain)


async def _exchange(platform: Platform, view_id: str, found: SearchPage) -> None:
    view = audit.build_screen(found, platform.clock.now())
    await platform.exchange(view_id, view)


def _read(platform: Platform, press: ButtonPress) -> tuple[Turn, ParsedSearch]:
    turned = Turn.load(press.value)
    reading = platform.services.search.read(turned.search) if turned else None
    if turned is None or reading is None or reading.puzzles:
        raise NotFound
    return turned, reading


def _update(view: Screen) -> FormAnswer:
    return NextScreen(view)
