"""The Home tab: one list of sections, in the order in which they matter. Each is made in a place of its own.

A section is there only when it has something to say, and only for those whom it concerns. One that cannot be
read at the moment says so; the others do not wait for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from core.domain.errors import AccessError, NotFound
from core.domain.people import Persona
from handlers.screens import audit as audit_view
from handlers.screens import home as home_view
from handlers.screens import request_note
from handlers.screens.lists import PAGE
from handlers.screens.parts import Parts
from handlers.slack import administration, oversight, own, waiting
from handlers.slack.context import SlackContext
from handlers.slack.drawing.parts import draw as draw_parts
from handlers.slack.drawing.render import VIEW_BLOCKS
from handlers.slack.home_context import HomeContext, Pages
from handlers.slack.payloads import ButtonClick, Sender
from handlers.words import sentences


@dataclass(frozen=True, slots=True)
class HomeSection:
    """``concerns``: whom it is for; empty: everybody.

    ``fixed``: how many of Home's blocks it may take whatever it shows; ``row``: and for each row.
    """

    title: str
    build: Callable[[SlackContext, HomeContext], Awaitable[Parts]]
    fixed: int
    concerns: frozenset[Persona] = frozenset()
    row: int = 0

    def is_for(self, home_context: HomeContext) -> bool:
        return not self.concerns or not home_context.personas.isdisjoint(self.concerns)

    def most(self, rows: int) -> int:
        return self.fixed + self.row * rows


APPROVER = frozenset({Persona.APPROVER})
ADMIN = frozenset({Persona.ADMIN})
EVERYTHING = frozenset({Persona.AUDITOR, Persona.ADMIN})

SECTIONS: tuple[HomeSection, ...] = (
    HomeSection("Warnings", administration.standing_warnings, 10, ADMIN),
    HomeSection("Everything live", oversight.live, audit_view.ON_HOME + 2, EVERYTHING),
    HomeSection("Waiting for you", waiting.section, 2, APPROVER, row=2),
    HomeSection("Live under your approval", waiting.live, 2, APPROVER, row=2),
    HomeSection("Live now", own.live, 2, row=2),
    HomeSection("Coming up", own.coming, 2, row=2),
    HomeSection("Ask for access", own.ask, 3),
    HomeSection("Your requests", own.past, 2, row=2),
    HomeSection("Policies and settings", administration.policies, 6, ADMIN),
    HomeSection("You", own.you, 3),
)
"""From top to bottom, in the order of what people come for: auditors and admins to see what is live, others to decide.

Whoever is everything at once has shorter lists: a test adds up that the shortest fit into ``VIEW_BLOCKS``.
"""
ROWS = (PAGE, 5)
"""How many rows a list has: as many as fit."""


SAID = 1
"""Blocks above them: what came of what was just done here."""


async def show(slack: SlackContext, sender: Sender, pages: Pages | None = None, said: str = "") -> None:
    """Publish Home for whoever looks at it, and keep it up to date from now on."""
    shown = pages or Pages()
    home_context = await draw(slack, sender, shown, said)
    if home_context is not None:
        await slack.services.homes.note(sender.chat_user, home_context.id, shown.dump(), said)


async def draw(slack: SlackContext, sender: Sender, pages: Pages, said: str = "") -> HomeContext | None:
    """Publish Home as it is now; whoever may not use the bot reads there what to do, and is nobody here."""
    home_context = None
    try:
        home_context = await _visitor(slack, sender, pages)
    except AccessError as error:
        await slack.screens.publish(sender.chat_user.user, home_view.refused(sentences.error(error)))
    else:
        blocks = [*draw_parts(home_view.answer(said)), *await _fitting(slack, home_context)]
        home = View(type="home", blocks=blocks, private_metadata=home_context.pages.dump())
        await slack.screens.publish(sender.chat_user.user, home)
    return home_context


async def turn(slack: SlackContext, press: ButtonClick) -> None:
    """Older or newest: one list goes on, the others stay where they are."""
    turned = home_view.read_turn(press.value)
    if turned is None:
        raise NotFound
    await show(slack, press.sender, pages_of(press).turned(*turned))


async def answer(slack: SlackContext, press: ButtonClick, sentence: str) -> None:
    """Say what came of a press where it was made: on Home, in a form, in a list; else privately."""
    if is_home(press):
        await show(slack, press.sender, pages_of(press), sentence)
    elif press.view is not None:
        await slack.screens.exchange(press.view_id, request_note.said(sentence))
    elif waiting.is_list(press):
        await waiting.answer(slack, press.sender, waiting.page_of(press), sentence)
    else:
        await slack.answers.privately(press.sender, sentence)


def is_home(press: ButtonClick) -> bool:
    return press.view is not None and press.view.get("type") == "home"


def pages_of(press: ButtonClick) -> Pages:
    return Pages.load((press.view or {}).get("private_metadata"))


async def _visitor(slack: SlackContext, sender: Sender, pages: Pages) -> HomeContext:
    standing = await slack.services.request_queries.standing(sender.chat_user)
    return HomeContext(
        chat_user=sender.chat_user,
        person=standing.person,
        personas=standing.personas,
        now=slack.clock.now(),
        links=await slack.links_to(None),
        pages=pages,
    )


async def _fitting(slack: SlackContext, home_context: HomeContext) -> list[Block]:
    """All sections, with as many rows in each list as Slack has room for."""
    shown, blocks = [section for section in SECTIONS if section.is_for(home_context)], list[Block]()
    for rows in ROWS:
        seen = replace(home_context, rows=rows)
        parts = await asyncio.gather(*(_blocks(section, slack, seen) for section in shown))
        blocks = [block for part in parts for block in part]
        if len(blocks) <= VIEW_BLOCKS - SAID:
            break
    return blocks


async def _blocks(section: HomeSection, slack: SlackContext, home_context: HomeContext) -> Sequence[Block]:
    try:
        blocks = draw_parts(await section.build(slack, home_context), on_home=True)
    except AccessError as error:
        return draw_parts(home_view.unread(section.title, sentences.error(error)))
    most = section.most(home_context.rows)
    if len(blocks) > most:
        raise ValueError(f"{section.title} takes {len(blocks)} of Home's {VIEW_BLOCKS} blocks, not {most}")
    return blocks
