"""What waits for an approver: ``approvals``, and the first section of Home. Decided in place by ``slack.review``."""

from datetime import datetime

from core.domain.ids import RequestId
from core.services.waiting import WaitingPage
from handlers.screens import home as home_view
from handlers.screens import lists
from handlers.screens.lists import WAITING_BLOCK, ListName
from handlers.screens.numbers import number_or
from handlers.screens.parts import Part
from handlers.screens.review_form import ListPlace
from handlers.slack.desk import Desk
from handlers.slack.payloads import Press, Sender
from handlers.slack.visitor import Visitor


async def approvals(desk: Desk, sender: Sender, after: RequestId | None = None) -> None:
    """Answer with what waits, oldest first, ten a page."""
    await desk.say(sender, lists.waiting(*await _page(desk, sender, after)))


async def section(desk: Desk, visitor: Visitor) -> list[Part]:
    at = visitor.pages.of(ListName.WAITING)
    page = await desk.services.waiting.of_person(visitor.person, _cursor(at))
    return home_view.waiting(page, visitor.now, at, visitor.rows)


async def live(desk: Desk, visitor: Visitor) -> list[Part]:
    """What is live and may be ended by an approver who did not ask for it."""
    name = ListName.UNDER
    at = visitor.pages.of(name)
    page = await desk.services.waiting.live(visitor.person, _cursor(at))
    return home_view.requests(name, page.requests, visitor.now, visitor.links, more=page.more, at=at, most=visitor.rows)


def is_list(press: Press) -> bool:
    """Whether a press comes from the private answer to ``approvals``."""
    return press.block_id.startswith(WAITING_BLOCK) and press.view is None and press.message is None


def place_of(press: Press) -> ListPlace | None:
    """The list that a press comes from, if it was one that can be replaced."""
    if not is_list(press) or not press.sender.response_url:
        return None
    return ListPlace(page_of(press), press.sender.response_url)


def page_of(press: Press) -> str:
    """Where the list begins that a press comes from."""
    return press.block_id.rpartition(".")[2]


async def answer(desk: Desk, sender: Sender, page: str, sentence: str) -> None:
    """Say what came of a decision in the list it was made in, which shows what waits now."""
    await desk.say(sender, lists.waiting(*await _page(desk, sender, _cursor(page)), sentence), replace=True)


async def _page(desk: Desk, sender: Sender, after: RequestId | None) -> tuple[WaitingPage, datetime, str]:
    return await desk.services.waiting.of_user(sender.chat_user, after), desk.clock.now(), str(after or "")


def _cursor(at: str) -> RequestId | None:
    return RequestId(number_or(at, 0)) or None
