"""A message whose buttons have lost their use is drawn anew: no buttons, and what is so now."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from core.domain.assignment import ALARM_AFTER
from core.domain.commands import CloseRequest, DecidePolicies
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.notice_content import (
    AboutPolicies,
    Overdue,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    PolicyChange,
)
from core.domain.notices import Content, Notice, Topic
from core.domain.policy import PolicyBook
from core.domain.request import Status
from core.domain.settings import PolicyChanges
from core.ports import Conversation
from core.services.policies.store import PROPOSAL_KEPT
from core.services.runtime.retries import KEPT
from tests.contents import content_of
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, SECOND
from tests.services.world import World

STUCK = UpstreamRefused("DeleteAccountAssignment: AccessDeniedException: no", code="AccessDeniedException")


# --- changes of policies ---------------------------------------------------------------------------


@pytest.fixture
async def admins(world: World) -> World:
    """Three of them; a change that widens waits for a second one."""
    world.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments")
    world.principals.join("Admins", world.erin.id)
    world.principals.join("Admins", world.grace.id)
    await world.set_policies(book(world))
    return world


def book(world: World, **settings: Any) -> PolicyBook:
    return world.book(**{"policy_changes": PolicyChanges.SECOND_ADMIN, **settings})


async def file(world: World) -> int:
    sitting = await world.services.administration.admins.require(world.frank.chat)
    wanted = book(world, max_duration=12 * HOUR)
    draft = await world.services.administration.drafts.keep(sitting, wanted, sitting.book.revision)
    await world.done(world.saving(draft.id))
    return (await world.services.administration.proposals.waiting())[-1].id


async def decide(world: World, proposal: int, *, approve: bool) -> None:
    await world.done(DecidePolicies(world.erin.chat, world.key(), proposal=proposal, approve=approve))


async def approved(world: World, proposal: int) -> None:
    await decide(world, proposal, approve=True)


async def rejected(world: World, proposal: int) -> None:
    await decide(world, proposal, approve=False)


async def expired(world: World, _: int) -> None:
    world.clock.move(PROPOSAL_KEPT)
    await world.services.administration.proposals.tidy()


async def overtaken(world: World, _: int) -> None:
    await world.set_policies(book(world, max_duration=HOUR))
    await world.services.administration.proposals.tidy()


End = Callable[[World, int], Awaitable[None]]
ENDS: dict[End, Callable[[PolicyChange, int], Content]] = {
    approved: lambda change, _: PoliciesChanged(replace(change, revision=3), "Erin Gray"),
    rejected: lambda change, number: PoliciesUnchanged(change, number, "rejected", "Erin Gray"),
    expired: lambda change, number: PoliciesUnchanged(change, number, "expired", ""),
    overtaken: lambda change, number: PoliciesUnchanged(change, number, "outdated", ""),
}


def waiting(world: World, who: str) -> list[Notice]:
    """The notices that were sent to somebody as waiting, as they read now."""
    told = [said for said in world.messenger.said if said.notice.topic is Topic.POLICIES_WAITING and said.to == who]
    assert len(told) <= 1
    now = [
        said.notice
        for said in world.messenger.messages.values()
        if said.to == who and isinstance(said.notice.content, AboutPolicies)
    ]
    return now[:1]


@pytest.mark.parametrize("end", ENDS)
async def test_every_admin_reads_what_became_of_the_change(admins: World, end: End) -> None:
    proposal = await file(admins)
    await admins.settle()
    await end(admins, proposal)
    await admins.settle()
    for who in ("UERIN", "UGRACE"):
        (now,) = waiting(admins, who)
        (line,) = [said.notice for said in admins.messenger.said if said.to == AUDIT_CHANNEL][:1]
        change = content_of(line, PoliciesWaiting).change
        assert change.why == "because"
        assert now.content == ENDS[end](change, proposal)


async def test_a_change_that_was_decided_before_anybody_could_be_told_is_not_put_to_them(admins: World) -> None:
    admins.says_nothing = True
    proposal = await file(admins)
    await rejected(admins, proposal)
    admins.says_nothing = False
    await admins.settle()
    assert "policies_waiting" not in admins.messenger.topics("UGRACE")
    assert await admins.undeliverable() == 0


async def test_a_message_that_was_on_its_way_when_it_was_decided_is_drawn_anew(admins: World) -> None:
    proposal = await file(admins)

    async def meanwhile(call: str) -> None:
        if call == "tell":
            admins.messenger.before = None
            await rejected(admins, proposal)

    admins.messenger.before = meanwhile
    await admins.settle()
    for who in ("UERIN", "UGRACE"):
        assert [now.topic for now in waiting(admins, who)] in ([], [Topic.POLICIES_UNCHANGED])
    assert waiting(admins, "UERIN") or waiting(admins, "UGRACE")


async def test_one_that_cannot_be_drawn_anew_keeps_no_other_from_it(admins: World) -> None:
    proposal = await file(admins)
    await admins.settle()
    admins.messenger.fails_for["UERIN"] = UpstreamBusy("away")
    await rejected(admins, proposal)
    for _ in range(3):
        await admins.services.dispatcher.deliver()
    assert waiting(admins, "UGRACE")[0].topic is Topic.POLICIES_UNCHANGED
    assert waiting(admins, "UERIN")[0].topic is Topic.POLICIES_WAITING
    admins.messenger.fails_for.clear()
    await admins.settle()
    assert waiting(admins, "UERIN")[0].topic is Topic.POLICIES_UNCHANGED


async def test_one_that_was_deleted_is_left_alone(admins: World) -> None:
    proposal = await file(admins)
    await admins.settle()
    admins.messenger.messages.clear()
    await rejected(admins, proposal)
    await admins.settle()
    assert admins.messenger.topics("UGRACE") == ["policies_waiting"]
    assert await admins.undeliverable() == 0


async def test_where_messages_stand_is_forgotten_after_a_while(admins: World) -> None:
    await file(admins)
    await admins.settle()
    admins.clock.move(KEPT + SECOND)
    await admins.services.dispatcher.forget()
    async with admins.open_unit() as unit:
        assert await unit.sent.forget(admins.clock.now()) == 0


# --- ends that take too long -----------------------------------------------------------------------


async def stuck(world: World) -> RequestId:
    request_id = await world.active()
    world.go_to((await world.request(request_id)).end_at or world.clock.now())
    world.cloud.begin_fails.extend([STUCK] * 10_000)
    await world.tick()
    await world.pass_time(ALARM_AFTER + MINUTE)
    assert await world.status(request_id) is Status.REVOKING
    return request_id


def alarms(world: World) -> list[tuple[str, str]]:
    """The alarms about the end that were sent to the admin, as they read now: topic, and the state of the request."""
    topics = {Topic.OVERDUE, Topic.LATE_END, Topic.LEFT_BEHIND}
    told = [said for said in world.messenger.messages.values() if said.to == "UFRANK" and said.notice.topic in topics]
    return [(said.notice.topic.value, said.status) for said in told]


async def test_an_admin_is_told_what_aws_says_and_again_when_it_is_over(world: World) -> None:
    request_id = await stuck(world)
    (alarm,) = [said.notice for said in world.messenger.said if said.to == "UFRANK"]
    assert (alarm.topic, alarm.request_id) == (Topic.OVERDUE, request_id)
    assert content_of(alarm, Overdue).because == str(STUCK)
    assert alarms(world) == [("overdue", "revoking")]
    world.cloud.begin_fails.clear()
    await world.settle()
    assert alarms(world) == [("overdue", "ended"), ("late_end", "ended")]


async def test_an_end_that_a_hand_closed_is_told_with_what_is_left(world: World) -> None:
    request_id = await stuck(world)
    await world.done(world.ending(CloseRequest, world.frank, request_id, "AWS support says so"))
    await world.tick()
    await world.tick()
    assert alarms(world) == [("overdue", "ended"), ("left_behind", "ended")]


async def test_an_end_that_was_over_before_anybody_could_be_told_is_told_once(world: World) -> None:
    world.says_nothing = True
    await stuck(world)
    world.cloud.begin_fails.clear()
    await world.settle()
    world.says_nothing = False
    await world.settle()
    assert alarms(world) == [("late_end", "ended")]


async def test_what_aws_has_taken_and_not_finished_is_said_to_be_so(world: World) -> None:
    request_id = await world.active()
    world.cloud.held = True  # AWS takes operations, and finishes none
    world.go_to((await world.request(request_id)).end_at or world.clock.now())
    await world.tick()
    await world.pass_time(ALARM_AFTER + MINUTE)
    (alarm,) = [said.notice for said in world.messenger.said if said.to == "UFRANK"]
    assert alarm.content == Overdue("", asked=True)


async def test_an_end_in_time_is_no_news_to_the_admins(world: World) -> None:
    request_id = await world.active()
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert alarms(world) == []
