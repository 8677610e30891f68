"""People see their own requests, approvers those they decide about, auditors and admins everything (rule 22)."""

import pytest

from core.domain.errors import NotFound, Refused, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.people import Persona
from core.domain.policy import PolicyBook
from core.domain.request import digest
from core.services.queries.request_queries import PAGE
from tests.services.company import HOUR, POWER, PROD, READ, REJECT, SANDBOX, STAGING, TARGET, Member
from tests.services.world import World


@pytest.mark.parametrize(
    ("who", "sees_hers", "sees_the_sandbox"),
    [
        ("ada", True, True),
        ("bob", True, False),
        ("dan", True, False),
        ("erin", True, True),
        ("frank", True, True),
        ("grace", False, False),
    ],
)
async def test_a_request_is_there_for_whom_it_is_for(
    world: World, who: str, sees_hers: bool, sees_the_sandbox: bool
) -> None:
    reader = getattr(world, who).chat
    hers, sandbox = await world.asked(), await world.asked(target=Target(SANDBOX, POWER))
    for request_id, sees in ((hers, sees_hers), (sandbox, sees_the_sandbox)):
        if sees:
            assert (await world.services.request_queries.show(reader, request_id)).card.request.id == request_id
            continue
        with pytest.raises(NotFound) as foreign:
            await world.services.request_queries.show(reader, request_id)
        with pytest.raises(NotFound) as unknown:
            await world.services.request_queries.show(reader, RequestId(4711))
        assert str(foreign.value) == str(unknown.value)


async def test_whoever_has_a_card_in_front_of_them_knows_of_the_request(world: World) -> None:
    request = await world.request(await world.asked())
    known = world.services.request_queries.known
    assert await known(world.grace.chat, request.id, digest(request)) == request
    assert await known(world.bob.chat, request.id, "an old one") == request
    for request_id in (request.id, RequestId(4711)):
        with pytest.raises(NotFound):
            await known(world.grace.chat, request_id, "made up")


async def test_who_is_no_approver_any_more_sees_it_no_more(world: World) -> None:
    request_id = await world.asked()
    world.principals.leave("Payments Leads", world.bob.id)
    with pytest.raises(NotFound):
        await world.services.request_queries.show(world.bob.chat, request_id)


async def test_the_requester_sees_it_whatever_became_of_the_policies(world: World) -> None:
    request_id = await world.asked()
    await world.set_policies(PolicyBook())
    assert (await world.services.request_queries.show(world.ada.chat, request_id)).card.request.id == request_id


@pytest.mark.parametrize(
    ("who", "decide", "cancel", "revoke_scheduled"),
    [
        ("ada", False, True, True),
        ("bob", True, False, True),
        ("erin", False, False, False),
        ("frank", False, False, True),
    ],
)
async def test_a_reader_is_offered_what_the_reader_may_do(
    world: World, who: str, decide: bool, cancel: bool, revoke_scheduled: bool
) -> None:
    reader = getattr(world, who).chat
    request_id = await world.asked(start_at=world.clock.now() + HOUR)
    view = await world.services.request_queries.show(reader, request_id)
    assert (view.may_decide, view.may_cancel, view.may_revoke) == (decide, cancel, False)
    await world.decide(world.carol, request_id)
    view = await world.services.request_queries.show(reader, request_id)
    assert (view.may_decide, view.may_cancel, view.may_revoke) == (False, cancel, revoke_scheduled)


async def test_who_has_voted_or_comes_too_late_is_not_offered_to_decide(world: World) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked()
    await world.decide(world.bob, request_id)
    assert not (await world.services.request_queries.show(world.bob.chat, request_id)).may_decide
    await world.decide(world.carol, request_id, REJECT)
    assert not (await world.services.request_queries.show(world.dan.chat, request_id)).may_decide


async def test_a_request_is_shown_with_its_events_and_its_card(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    view = await world.services.request_queries.show(world.ada.chat, request_id)
    assert len(view.events) == 1
    assert view.place is not None
    assert view.place.conversation == "C-PAY"


async def test_a_card_in_somebody_elses_conversation_is_no_place_to_go(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=()))
    request_id = await world.asked()
    await world.settle()
    view = await world.services.request_queries.show(world.ada.chat, request_id)
    assert view.place is None


async def test_own_requests_come_newest_first_ten_a_page(world: World) -> None:
    asked = await world.asked_often(PAGE + 3)
    await world.asked(world.dan)
    first = await world.services.request_queries.own(world.ada.chat)
    assert ([r.id for r in first.requests], first.more) == (asked[:-11:-1], True)
    second = await world.services.request_queries.own(world.ada.chat, before=first.requests[-1].id)
    assert ([r.id for r in second.requests], second.more) == (asked[2::-1], False)
    assert (await world.services.request_queries.own(world.grace.chat)).requests == ()


async def test_only_ones_own_is_ones_own(world: World) -> None:
    request_id = await world.asked()
    assert (await world.services.request_queries.own_one(world.ada.chat, request_id)).id == request_id
    for who in (world.bob, world.frank, world.erin):
        with pytest.raises(NotFound):
            await world.services.request_queries.own_one(who.chat, request_id)


async def test_deciders_are_named_without_the_requester(world: World) -> None:
    request = await world.request(await world.asked(world.dan))
    deciders = await world.services.request_queries.deciders(request)
    assert (list(deciders.people), deciders.quorum) == (["Bob Kahn", "Carol Shaw"], 1)


@pytest.mark.parametrize(
    ("who", "personas"),
    [
        ("ada", {Persona.REQUESTER}),
        ("bob", {Persona.APPROVER}),
        ("dan", {Persona.REQUESTER, Persona.APPROVER}),
        ("erin", {Persona.AUDITOR}),
        ("frank", {Persona.ADMIN}),
        ("grace", set()),
    ],
)
async def test_everybody_learns_who_they_are_here(world: World, who: str, personas: set[Persona]) -> None:
    standing = await world.services.request_queries.standing(getattr(world, who).chat)
    assert standing.personas == personas
    assert standing.person.id == getattr(world, who).id


async def test_an_outsider_is_told_nothing(world: World) -> None:
    request_id = await world.asked()
    world.chat.change(world.bob.chat, is_guest=True)
    for look in (world.services.request_queries.own, world.services.request_queries.standing):
        with pytest.raises(Refused):
            await look(world.bob.chat)
    with pytest.raises(Refused):
        await world.services.request_queries.show(world.bob.chat, request_id)


async def test_a_request_is_shown_while_aws_cannot_tell_who_decides(world: World) -> None:
    request_id = await world.asked()
    world.principals.members_down = UpstreamBusy("away")
    view = await world.services.request_queries.show(world.ada.chat, request_id)
    assert list(view.card.approver_names) == []


async def test_what_was_asked_for_together_is_ended_together_by_whoever_may_and_as_far_as_it_is_live(
    world: World,
) -> None:
    numbers = await world.asked_together(TARGET, Target(STAGING, READ), Target(PROD, READ))

    async def offered(reader: Member, number: RequestId) -> list[RequestId]:
        view = await world.services.request_queries.show(reader.chat, number)
        return [one.id for one in view.end_all]

    assert await offered(world.ada, numbers[0]) == [], "she withdraws what has not begun"
    for number in numbers[:2]:
        await world.decide(world.bob, number)
    assert await offered(world.bob, numbers[0]) == numbers[:2], "approved by now"
    await world.settle()
    for reader in (world.ada, world.bob, world.frank):
        assert await offered(reader, numbers[1]) == numbers[:2]
        assert await offered(reader, numbers[2]) == [], "this one is not live"
    assert await offered(world.erin, numbers[0]) == [], "who looks ends nothing"
    await world.revoke(world.ada, numbers[1])
    assert await offered(world.ada, numbers[0]) == [], "there is no other left"
