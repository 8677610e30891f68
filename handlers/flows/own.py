"""A person's own requests, on Home and in a screen: live, coming, over; and the way to ask for more."""

from core.domain.ids import RequestId
from core.domain.people import Persona
from core.domain.request import LIVE, TERMINAL, Status
from handlers.flows.home_context import HomeContext
from handlers.flows.opening import open_when_ready
from handlers.flows.platform import Platform, Sender, ShortcutUse
from handlers.screens import favourites, own_access
from handlers.screens import home as home_screen
from handlers.screens.lists import ListName
from handlers.screens.numbers import number_or
from handlers.screens.parts import Part
from handlers.screens.screen import Screen
from handlers.words import sentences

COMING = frozenset({Status.PENDING, Status.SCHEDULED})


async def live(platform: Platform, home_context: HomeContext) -> list[Part]:
    """Access that is open now, with the time left."""
    return await _list(platform, home_context, ListName.LIVE, LIVE)


async def coming(platform: Platform, home_context: HomeContext) -> list[Part]:
    """Requests that wait for a decision or for their start."""
    return await _list(platform, home_context, ListName.COMING, COMING)


async def past(platform: Platform, home_context: HomeContext) -> list[Part]:
    """Requests that are over, newest first."""
    return await _list(platform, home_context, ListName.MINE, TERMINAL)


async def ask(platform: Platform, home_context: HomeContext) -> list[Part]:
    """The button for whom some policy names; who has nothing else to do here either reads what to do."""
    person = home_context.person
    if person.barred_by is not None and not person.may_ask:
        return home_screen.barred(sentences.barred(person.barred_by, is_second=person.is_second))
    if Persona.REQUESTER in home_context.personas:
        found = await platform.services.favourites.of(home_context.person)
        groups_too = await platform.services.form_options.joins(home_context.chat_user)
        return home_screen.ask(favourites.rows(found, home_context.rows), groups_too=groups_too)
    return [] if home_context.personas else home_screen.nothing()


async def open_access(platform: Platform, shortcut: ShortcutUse) -> None:
    """The screen **My access**, over whatever the reader was doing."""
    making = _access(platform, shortcut.sender)
    await open_when_ready(platform, shortcut.sender, own_access.TITLE, making)


async def _access(platform: Platform, sender: Sender) -> Screen:
    queries = platform.services.request_queries
    standing = await queries.standing(sender.chat_user)
    live = await queries.of_person(standing.person.id, LIVE)
    coming = await queries.of_person(standing.person.id, COMING)
    links = await platform.links_to(None)
    return own_access.build(live.requests, coming.requests, platform.clock.now(), links)


async def you(_platform: Platform, home_context: HomeContext) -> list[Part]:
    """The reader's identity, and the commands."""
    return home_screen.you(home_context.person, home_context.personas)


async def _list(
    platform: Platform, home_context: HomeContext, name: ListName, statuses: frozenset[Status]
) -> list[Part]:
    cursor = home_context.pages.of(name)
    before = RequestId(number_or(cursor, 0)) or None
    page = await platform.services.request_queries.of_person(home_context.id, statuses, before)
    return home_screen.requests(
        name, page.requests, home_context.now, home_context.links, more=page.more, at=cursor, most=home_context.rows
    )
