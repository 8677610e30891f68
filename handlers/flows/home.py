"""The Home tab: one list of sections, in the order in which they matter. Each is made in a place of its own.

A section is there only when it has something to say, and only for those whom it concerns. One that cannot be
read at the moment says so; the others do not wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from core.domain.errors import AccessError, NotFound
from core.domain.organization import Target
from core.domain.people import Persona
from handlers.flows import administration, oversight, own, waiting
from handlers.flows.home_context import HomeContext, Pages
from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.screens import audit as audit_screen
from handlers.screens import favourites
from handlers.screens import home as home_screen
from handlers.screens.lists import PAGE
from handlers.screens.parts import Parts
from handlers.screens.screen import Home
from handlers.words import sentences


@dataclass(frozen=True, slots=True)
class HomeSection:
    """``concerns``: whom it is for; empty: everybody.

    ``fixed``: how many of Home's parts it may take whatever it shows; ``row``: and for each row; ``pair``: for two rows
    that were asked for in one go.
    """

    title: str
    build: Callable[[Platform, HomeContext], Awaitable[Parts]]
    fixed: int
    concerns: frozenset[Persona] = frozenset()
    row: int = 0
    pair: int = 0

    def is_for(self, home_context: HomeContext) -> bool:
        return not self.concerns or not home_context.personas.isdisjoint(self.concerns)

    def most(self, rows: int) -> int:
        return self.fixed + self.row * rows + self.pair * (rows // 2)


APPROVER = frozenset({Persona.APPROVER})
ADMIN = frozenset({Persona.ADMIN})
EVERYTHING = frozenset({Persona.AUDITOR, Persona.ADMIN})

SECTIONS: tuple[HomeSection, ...] = (
    HomeSection("Warnings", administration.standing_warnings, 10, ADMIN),
    HomeSection("Everything live", oversight.live, audit_screen.ON_HOME + 2, EVERYTHING),
    HomeSection("Waiting for you", waiting.section, 2, APPROVER, row=2, pair=2),
    HomeSection("Live under your approval", waiting.live, 2, APPROVER, row=2),
    HomeSection("Live now", own.live, 2, row=2),
    HomeSection("Coming up", own.coming, 2, row=2),
    HomeSection("Ask for access", own.ask, 2, row=1),
    HomeSection("Your requests", own.past, 2, row=2),
    HomeSection("Your approvals", oversight.approvals, 2, APPROVER),
    HomeSection("Policies and settings", administration.policies, 6, ADMIN),
    HomeSection("You", own.you, 3),
)
"""From top to bottom, in the order of what people come for: auditors and admins to see what is live, others to decide.

Whoever is everything at once has shorter lists: a test adds up that the shortest fit into what a platform takes.
"""
ROWS = (PAGE, 5, 3, 1)
"""The number of rows of a list: as many as fit. In Slack it is never fewer than five."""


SAID = 1
"""Parts above them: what came of what was just done here."""


async def show(platform: Platform, sender: Sender, pages: Pages | None = None, said: str = "") -> None:
    """Publish Home for whoever looks at it, and keep it up to date from now on."""
    shown = pages or Pages()
    home_context = await draw(platform, sender, shown, said)
    if home_context is not None:
        await platform.services.homes.note(sender.chat_user, home_context.id, shown.dump(), said)


async def draw(platform: Platform, sender: Sender, pages: Pages, said: str = "") -> HomeContext | None:
    """Publish Home as it is now; whoever may not use the bot reads there what to do, and is nobody here."""
    home_context = None
    try:
        home_context = await _visitor(platform, sender, pages)
    except AccessError as error:
        await platform.publish(sender.chat_user, home_screen.refused(sentences.error(error)))
    else:
        await platform.publish(sender.chat_user, await _fitting(platform, home_context, said))
    return home_context


async def turn(platform: Platform, press: ButtonPress) -> None:
    """Older or newest: one list goes on, the others stay where they are."""
    turned = home_screen.read_turn(press.value)
    if turned is None:
        raise NotFound
    await show(platform, press.sender, pages_of(press).turned(*turned))


async def star(platform: Platform, press: ButtonPress) -> None:
    """Keep a target among the favourites."""
    await platform.services.favourites.star(press.sender.chat_user, _target(press))
    await show(platform, press.sender, pages_of(press))


async def unstar(platform: Platform, press: ButtonPress) -> None:
    """Let it go: it stays as long as it is among those asked for last."""
    await platform.services.favourites.unstar(press.sender.chat_user, _target(press))
    await show(platform, press.sender, pages_of(press))


def _target(press: ButtonPress) -> Target:
    target = favourites.read(press.value)
    if target is None:
        raise NotFound
    return target


def pages_of(press: ButtonPress) -> Pages:
    return Pages.load(press.filled.memo)


async def _visitor(platform: Platform, sender: Sender, pages: Pages) -> HomeContext:
    standing = await platform.services.request_queries.standing(sender.chat_user)
    return HomeContext(
        chat_user=sender.chat_user,
        person=standing.person,
        personas=standing.personas,
        now=platform.clock.now(),
        links=await platform.links_to(None),
        pages=pages,
    )


async def _fitting(platform: Platform, home_context: HomeContext, said: str) -> Home:
    """All sections, with as many rows in each list as the platform has room for."""
    shown, home = [section for section in SECTIONS if section.is_for(home_context)], Home(())
    for rows in ROWS:
        seen = replace(home_context, rows=rows)
        sections = await asyncio.gather(*(_parts(section, platform, seen) for section in shown))
        parts = [part for section in sections for part in section]
        home = home_screen.build(parts, home_context.pages.dump(), said)
        if platform.has_room_for(home):
            break
    return home


async def _parts(section: HomeSection, platform: Platform, home_context: HomeContext) -> Parts:
    try:
        parts = await section.build(platform, home_context)
    except AccessError as error:
        return home_screen.unread(section.title, sentences.error(error))
    most = section.most(home_context.rows)
    if len(parts) > most:
        raise ValueError(f"{section.title} takes {len(parts)} of Home's parts, not {most}")
    return parts
