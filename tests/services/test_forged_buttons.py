"""A forged button or form names a request that is none, or not for its sender: neither words nor time tell which."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from core.domain.approval import Verdict
from core.domain.commands import CancelRequest, CloseRequest, DecideRequest, RevokeAccess
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.outcome import Result
from core.domain.request import Status
from core.ports import MessageRef
from tests.services.company import APPROVE, MINUTE
from tests.services.traces import Traces
from tests.services.world import Ending, World

FORGED = "0123456789abcdef"
NOWHERE = RequestId(4711)
ELSEWHERE = MessageRef("slack", "C-RANDOM", "1700000000.000100")
Try = Callable[[World, RequestId], Awaitable[Any]]


def ended(kind: type[Ending]) -> Try:
    return lambda at, named: at.done(at.ending(kind, at.grace, named, "because"))


def decision(at: World, named: RequestId, verdict: Verdict) -> DecideRequest:
    return DecideRequest(at.grace.chat, at.key(), request_id=named, digest=FORGED, verdict=verdict, comment="because")


def decided(verdict: Verdict) -> Try:
    return lambda at, named: at.done(decision(at, named, verdict))


TRIES: dict[str, Try] = {
    "approve": decided(Verdict.APPROVE),
    "reject": decided(Verdict.REJECT),
    "cancel": ended(CancelRequest),
    "revoke": ended(RevokeAccess),
    "close": ended(CloseRequest),
    "look before a form": lambda at, named: at.services.decisions.look(decision(at, named, APPROVE)),
    "press on a message": lambda at, named: at.services.decisions.check_press(named, FORGED, ELSEWHERE),
    "press on Home": lambda at, named: at.services.decisions.check_press(named, FORGED, None),
    "form again": lambda at, named: at.services.request_queries.known(at.grace.chat, named, FORGED),
    "ask again": lambda at, named: at.services.request_queries.own_one(at.grace.chat, named),
    "show": lambda at, named: at.services.request_queries.show(at.grace.chat, named),
    "logs": lambda at, named: at.services.activity.reading.find(at.grace.chat, named),
}


@pytest.fixture
async def requests(world: World) -> dict[str, RequestId]:
    """One in each place of its life, none of them for Grace, and a number that is none."""
    over = await world.active(minutes=30)
    await world.revoke(world.ada, over)
    await world.settle()
    live = await world.active(minutes=45)
    later = await world.approved(minutes=60, start_at=world.clock.now() + timedelta(days=2))
    there = {"over": over, "live": live, "later": later, "pending": await world.asked(minutes=90), "none": NOWHERE}
    states = [await world.status(there[name]) for name in ("over", "live", "later", "pending")]
    assert states == [Status.REVOKED, Status.ACTIVE, Status.SCHEDULED, Status.PENDING]
    return there


@pytest.mark.parametrize("name", TRIES)
async def test_a_forged_one_asks_the_same_of_everything_whatever_it_names(
    world: World, requests: dict[str, RequestId], name: str
) -> None:
    traces, asked, answers = Traces(world), {}, {}
    with suppress(NotFound):  # what is only asked the first time after a start
        await TRIES[name](world, NOWHERE)
    for state, request_id in requests.items():
        world.clock.move(2 * MINUTE)  # so that each is the first of its minute in the trail
        await world.services.commands.forget()
        with traces.of() as asked[state], suppress(NotFound):
            answers[state] = await TRIES[name](world, request_id)
    assert len(asked["none"]) > 2
    for state in requests:
        assert asked[state] == asked["none"], state
        assert answers.get(state) == answers.get("none"), state


async def test_an_old_picture_of_the_organization_does_not_tell_them_apart(
    world: World, requests: dict[str, RequestId]
) -> None:
    """A press that gives access waits for AWS then (rule 3); a forger is answered at once."""
    world.clock.move(timedelta(minutes=20))
    for state, request_id in requests.items():
        assert (await TRIES["approve"](world, request_id)).result is Result.NOT_FOUND, state


async def test_every_forged_decision_is_counted_in_the_trail(world: World, requests: dict[str, RequestId]) -> None:
    for request_id in requests.values():
        await TRIES["approve"](world, request_id)
    world.clock.move(2 * MINUTE)
    await world.services.commands.forget()
    first, rest = [event for event in await world.events() if event["action"] == "request.not_shown"]
    assert first["facts"]["act"] == "decide"
    assert rest["facts"]["repeated"] == len(requests) - 1


async def test_who_holds_the_card_needs_no_picture_of_who_may_see(world: World) -> None:
    """The card of an approver who has just been named is no forgery: the click is judged by who decides now."""
    request = await world.request(await world.asked())
    outcome = await world.done(world.click(world.grace, request))
    assert outcome.result is Result.DECLINED
