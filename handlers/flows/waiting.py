"""Requests that wait for an approver: ``approvals``, and Home's first section. Decided in place by ``flows.review``."""

from datetime import datetime

from core.domain.ids import RequestId
from core.services.queries.pending_approvals import WaitingPage
from handlers.flows.home_context import HomeContext
from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.screens import home as home_screen
from handlers.screens import lists
from handlers.screens.lists import WAITING_GROUP, ListName
from handlers.screens.numbers import number_or
from handlers.screens.parts import Part
from handlers.screens.review_form import ListPlace


async def approvals(platform: Platform, sender: Sender, after: RequestId | None = None) -> None:
    """Answer with what waits, oldest first, ten a page."""
    await platform.say(sender, lists.waiting(*await _page(platform, sender, after)))


async def section(platform: Platform, home_context: HomeContext) -> list[Part]:
    at = home_context.pages.of(ListName.WAITING)
    page = await platform.services.pending_approvals.of_person(home_context.person, _cursor(at))
    return home_screen.waiting(page, home_context.now, at, home_context.rows)


async def live(platform: Platform, home_context: HomeContext) -> list[Part]:
    """Live access that an approver may end and did not ask for."""
    name = ListName.UNDER
    at = home_context.pages.of(name)
    page = await platform.services.pending_approvals.live(home_context.person, _cursor(at))
    return home_screen.requests(
        name, page.requests, home_context.now, home_context.links, more=page.more, at=at, most=home_context.rows
    )


def is_list(press: ButtonPress) -> bool:
    """True if a press comes from the private answer to ``approvals``."""
    return press.group.startswith(WAITING_GROUP) and not press.in_screen and not press.in_home and press.message is None


def place_of(press: ButtonPress) -> ListPlace | None:
    """The list that a press comes from, if it was one that can be replaced."""
    if not is_list(press) or not press.sender.way_back:
        return None
    return ListPlace(page_of(press), press.sender.way_back)


def page_of(press: ButtonPress) -> str:
    """The page of the list that a press comes from."""
    return press.group.rpartition(".")[2]


async def answer(platform: Platform, sender: Sender, page: str, sentence: str) -> None:
    """Say what came of a decision in the list it was made in, which shows what waits now."""
    await platform.say(sender, lists.waiting(*await _page(platform, sender, _cursor(page)), sentence), replace=True)


async def _page(platform: Platform, sender: Sender, after: RequestId | None) -> tuple[WaitingPage, datetime, str]:
    return (
        await platform.services.pending_approvals.of_user(sender.chat_user, after),
        platform.clock.now(),
        str(after or ""),
    )


def _cursor(at: str) -> RequestId | None:
    return RequestId(number_or(at, 0)) or None
