"""What a person has asked for, on Home: live, coming, over; and the way to ask for more."""

from core.domain.ids import RequestId
from core.domain.people import Persona
from core.domain.request import LIVE, TERMINAL, Status
from handlers import sentences
from handlers.screens import home as home_view
from handlers.screens.lists import ListName
from handlers.screens.numbers import number_or
from handlers.screens.parts import Part
from handlers.slack.desk import Desk
from handlers.slack.visitor import Visitor

COMING = frozenset({Status.PENDING, Status.SCHEDULED})


async def live(desk: Desk, visitor: Visitor) -> list[Part]:
    """Access that is open now, with the time left."""
    return await _list(desk, visitor, ListName.LIVE, LIVE)


async def coming(desk: Desk, visitor: Visitor) -> list[Part]:
    """What waits for a decision or for its start."""
    return await _list(desk, visitor, ListName.COMING, COMING)


async def past(desk: Desk, visitor: Visitor) -> list[Part]:
    """What is over, newest first."""
    return await _list(desk, visitor, ListName.MINE, TERMINAL)


async def ask(_desk: Desk, visitor: Visitor) -> list[Part]:
    """The button for whom some policy names; who has nothing else to do here either reads what to do."""
    barred_by = visitor.person.barred_by
    if barred_by is not None and not visitor.person.may_ask:
        return home_view.barred(sentences.barred(barred_by))
    if Persona.REQUESTER in visitor.personas:
        return home_view.ask()
    return [] if visitor.personas else home_view.nothing()


async def you(_desk: Desk, visitor: Visitor) -> list[Part]:
    """Who the reader is here, and all that can be typed."""
    return home_view.you(visitor.person, visitor.personas)


async def _list(desk: Desk, visitor: Visitor, name: ListName, statuses: frozenset[Status]) -> list[Part]:
    cursor = visitor.pages.of(name)
    before = RequestId(number_or(cursor, 0)) or None
    page = await desk.services.history.of_person(visitor.id, statuses, before)
    return home_view.requests(
        name, page.requests, visitor.now, visitor.links, more=page.more, at=cursor, most=visitor.rows
    )
