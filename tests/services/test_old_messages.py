"""Direct messages about a request: one where several would come within seconds, and edited when they are old truths."""

from datetime import timedelta

from core.domain.errors import Side, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.notices import Topic
from core.domain.old_messages import TOGETHER
from core.domain.request import Status
from tests.fakes.chat import Said
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, REJECT, SECOND
from tests.services.world import World


def read(world: World, who: str) -> list[tuple[Topic, str]]:
    """Somebody's direct messages about requests, oldest first: the topic of each, and the status it was drawn in."""
    return [(said.notice.topic, str(said.status)) for said in messages(world, who)]


def messages(world: World, who: str) -> list[Said]:
    return [said for said in world.messenger.messages.values() if said.to == who and said.notice.request_id]


async def test_sent_approved_and_active_within_seconds_are_one_message(world: World) -> None:
    request_id = await world.active()
    await world.settle()
    assert await world.status(request_id) is Status.ACTIVE
    assert read(world, "UADA") == [(Topic.ACTIVE, Status.ACTIVE)]


async def test_what_comes_later_is_a_message_of_its_own_and_the_former_says_what_is_so(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    world.clock.move(TOGETHER + SECOND)
    await world.decide(world.bob, request_id)
    await world.settle()
    submitted, *later = read(world, "UADA")
    assert submitted[0] is Topic.SUBMITTED
    assert submitted[1] != Status.PENDING
    assert [topic for topic, _ in later] == [Topic.ACTIVE] or [topic for topic, _ in later] == [Topic.APPROVED]


async def test_a_rejection_comes_as_a_message_of_its_own_however_soon(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    await world.decide(world.bob, request_id, REJECT)
    await world.settle()
    assert read(world, "UADA") == [(Topic.SUBMITTED, Status.REJECTED), (Topic.REJECTED, Status.REJECTED)]


async def test_messages_about_active_access_are_edited_at_its_end(world: World) -> None:
    await world.active()
    await world.settle()
    await world.pass_time(50 * MINUTE)
    await world.settle()
    assert read(world, "UADA") == [(Topic.ACTIVE, Status.ACTIVE), (Topic.ENDING_SOON, Status.ACTIVE)]
    await world.pass_time(20 * MINUTE)
    await world.settle()
    assert read(world, "UADA") == [
        (Topic.ACTIVE, Status.ENDED),
        (Topic.ENDING_SOON, Status.ENDED),
        (Topic.ENDED, Status.ENDED),
    ]


async def reminded(world: World) -> RequestId:
    request_id = await world.asked()
    await world.settle()
    await world.pass_time(16 * MINUTE)
    await world.settle()
    assert (Topic.REMINDER, Status.PENDING) in read(world, "UBOB")
    return request_id


async def test_a_reminder_is_edited_when_somebody_else_has_decided(world: World) -> None:
    request_id = await reminded(world)
    await world.decide(world.carol, request_id, REJECT)
    await world.settle()
    assert read(world, "UBOB") == [(Topic.REMINDER, Status.REJECTED)]


async def test_a_reminder_is_edited_when_the_request_expires(world: World) -> None:
    await reminded(world)
    await world.pass_time(timedelta(hours=4))
    await world.settle()
    assert {status for _, status in read(world, "UBOB")} == {Status.EXPIRED}


async def test_a_reminder_that_no_channel_took_before_the_decision_is_not_posted_after_it(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    world.messenger.fails_for[PAYMENTS_CHANNEL] = UpstreamBusy("internal_error", side=Side.CHAT)
    world.clock.move(16 * MINUTE)
    await world.tick()
    await world.decide(world.bob, request_id, REJECT)
    world.messenger.fails_for.clear()
    await world.settle()
    assert world.messenger.topics(f"thread:{PAYMENTS_CHANNEL}") == [Topic.REJECTED]


async def undecidable(world: World) -> RequestId:
    request_id = await world.asked()
    await world.settle()
    for who in (world.bob, world.carol, world.dan):
        world.principals.leave("Payments Leads", who.id)
    await world.services.schedule.tell_undecidable()
    return request_id


async def test_that_nobody_can_approve_is_not_said_when_somebody_has_joined_before_it_could_be_sent(
    world: World,
) -> None:
    await undecidable(world)
    world.principals.join("Payments Leads", world.carol.id)
    await world.services.schedule.tell_undecidable()
    await world.settle()
    assert Topic.UNDECIDABLE not in {*world.messenger.topics("UADA"), *world.messenger.topics("UFRANK")}


async def test_that_nobody_can_approve_is_edited_when_somebody_who_joined_has_decided(world: World) -> None:
    request_id = await undecidable(world)
    await world.settle()
    assert read(world, "UFRANK") == [(Topic.UNDECIDABLE, Status.PENDING)]
    world.principals.join("Payments Leads", world.carol.id)
    await world.decide(world.carol, request_id, REJECT)
    await world.settle()
    assert read(world, "UFRANK") == [(Topic.UNDECIDABLE, Status.REJECTED)]


async def test_a_message_that_was_deleted_is_not_edited_but_said_again(world: World) -> None:
    request_id = await world.asked()
    await world.settle()
    world.messenger.messages.clear()
    await world.decide(world.bob, request_id)
    await world.settle()
    assert len(read(world, "UADA")) == 1
    assert await world.undeliverable() == 0


async def test_a_message_that_was_on_its_way_when_access_ended_is_edited(world: World) -> None:
    revoked: list[int] = []

    async def meanwhile(call: str) -> None:
        (request,) = await world.requests()
        if call == "tell" and request.status is Status.ACTIVE and not revoked:
            revoked.append(request.id)
            await world.revoke(world.bob, request.id)

    await world.set_policies(world.book(approval_required=False))
    world.says_nothing = True
    await world.active()
    world.says_nothing = False
    world.messenger.before = meanwhile
    await world.settle()
    assert revoked
    assert {status for _, status in read(world, "UADA")} == {Status.REVOKED}


async def test_a_message_that_was_on_its_way_when_it_was_approved_is_not_undone_by_a_late_edit(world: World) -> None:
    approved: list[int] = []
    edits_fail = True

    async def meanwhile(call: str) -> None:
        if call == "tell" and not approved:
            (request,) = await world.requests()
            approved.append(request.id)
            await world.decide(world.bob, request.id)
        if call == "edit" and edits_fail:
            raise UpstreamBusy("away", side=Side.CHAT)

    world.messenger.before = meanwhile
    await world.asked()
    await world.settle()
    edits_fail = False
    await world.pass_time(MINUTE)
    await world.settle()
    assert approved
    assert read(world, "UADA") == [(Topic.ACTIVE, Status.ACTIVE)]


async def test_an_edit_that_the_platform_does_not_take_now_is_made_later_and_nothing_is_said_twice(
    world: World,
) -> None:
    request_id = await world.asked()
    await world.settle()
    world.messenger.fails_for["UADA"] = UpstreamBusy("away")
    await world.decide(world.bob, request_id, REJECT)
    for _ in range(3):
        await world.services.dispatcher.deliver()
    world.messenger.fails_for.clear()
    await world.settle()
    assert read(world, "UADA") == [(Topic.SUBMITTED, Status.REJECTED), (Topic.REJECTED, Status.REJECTED)]


async def test_what_needs_no_approval_and_is_called_off_says_so_in_its_first_message(world: World) -> None:
    await world.set_policies(world.book(approval_required=False))
    request_id = await world.asked(start_at=world.clock.now() + HOUR)
    await world.settle()
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert read(world, "UADA")[0] == (Topic.SUBMITTED, Status.REVOKED)
