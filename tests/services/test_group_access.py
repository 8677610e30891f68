"""Membership of a group for a window: the life of a request, by the same rules as access to an account."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.aws.memberships import PREFIX
from core.domain.assignment import LISTS_LAG, OperationKind
from core.domain.errors import Field, Reason
from core.domain.ids import GroupId, PrincipalId
from core.domain.notices import Topic
from core.domain.organization import MEMBERSHIP, Target, membership_of
from core.domain.outcome import Result
from core.domain.people import Group
from core.domain.request import LeftBehind, Status, extension_start
from core.domain.settings import UnknownAssignments
from core.services.queries.command_line import ParsedGroupLine
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, SECOND
from tests.services.group_world import JOINING, OPERATORS, with_groups
from tests.services.world import World


@pytest.fixture
async def world(world: World) -> World:
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    return world


async def test_a_membership_is_asked_for_approved_made_and_taken_away(world: World) -> None:
    number = await world.active(target=JOINING, minutes=60)
    request = await world.request(number)
    assert (request.account_name, request.permission_set_name) == ("Operators", "Membership")
    assert request.session_duration == 13 * HOUR, "AWS notices within an hour, and no session is longer than 12 h"
    assert request.channels == (PAYMENTS_CHANNEL,)
    assert world.holds(target=JOINING)
    await world.pass_time(61 * MINUTE)
    await world.settle()
    assert await world.status(number) is Status.ENDED
    assert not world.holds(target=JOINING)
    granted = next(each for each in await world.events(number) if each["action"] == "request.granted")
    assert granted["facts"]["aws_request_id"].startswith(PREFIX), "named as AWS names it"
    assert granted["facts"]["permission_set"] == MEMBERSHIP


async def test_one_look_at_a_list_that_is_behind_disowns_no_membership(world: World) -> None:
    """Rule 20: another server of AWS does not show it at the very moment when its extension begins."""
    first = await world.active(target=JOINING, minutes=60)
    start_at = extension_start(await world.request(first), world.clock.now())
    second = await world.approved(target=JOINING, minutes=60, start_at=start_at)
    await world.pass_time(54 * MINUTE)
    looks, asked = iter([False]), world.cloud.is_assigned

    async def behind(principal: PrincipalId, target: Target, *, made: str = "", **more: bool) -> bool:
        listed = await asked(principal, target, made=made, **more)
        return next(looks, listed) if made else listed

    world.cloud.is_assigned = behind  # type: ignore[method-assign]
    await world.pass_time(5 * MINUTE)
    assert await world.status(second) is Status.ACTIVE
    await world.pass_time(61 * MINUTE)
    await world.settle()
    assert await world.status(second) is Status.ENDED
    assert not world.holds(target=JOINING)


async def test_two_requests_that_overlap_share_a_membership_and_the_last_ends_it(world: World) -> None:
    first = await world.active(target=JOINING, minutes=60)
    second = await world.active(target=JOINING, minutes=120)
    await world.pass_time(61 * MINUTE)
    await world.settle()
    ended = await world.request(first)
    assert (ended.status, ended.continued_by) == (Status.ENDED, second)
    assert world.holds(target=JOINING)
    await world.revoke(world.bob, second)
    await world.settle()
    assert await world.status(second) is Status.REVOKED
    assert not world.holds(target=JOINING)
    assert [kind for kind, _ in world.cloud.begun] == [OperationKind.CREATE, OperationKind.DELETE]


async def test_an_extension_goes_on_without_a_break(world: World) -> None:
    first = await world.active(target=JOINING, minutes=60)
    end_at = (await world.request(first)).end_at
    assert end_at is not None
    more = await world.approved(target=JOINING, minutes=60, start_at=end_at - 5 * MINUTE)
    assert (await world.request(more)).extends == first
    await world.pass_time(62 * MINUTE)
    await world.settle()
    assert (await world.status(first), await world.status(more)) == (Status.ENDED, Status.ACTIVE)
    assert [kind for kind, _ in world.cloud.begun] == [OperationKind.CREATE]


async def test_who_is_a_member_already_is_refused_and_stays_one(world: World) -> None:
    world.cloud.make(world.ada.id, JOINING)
    outcome = await world.submit(world.ada, JOINING)
    assert [each.reason for each in outcome.refusals] == [Reason.ALREADY_MEMBER]
    assert world.holds(target=JOINING)


@pytest.mark.parametrize("behind", [timedelta(), LISTS_LAG - SECOND])
async def test_a_membership_that_turns_up_before_the_grant_fails_the_request_and_stays(
    world: World, behind: timedelta
) -> None:
    """Shown by the lists, or told by AWS alone to whoever would make it."""
    number = await world.asked(target=JOINING)
    world.cloud.lists_behind = behind
    world.cloud.make(world.ada.id, JOINING)
    await world.decide(world.bob, number)
    await world.settle()
    await world.pass_time(2 * LISTS_LAG)
    await world.settle()
    request = await world.request(number)
    assert (request.status, request.failure) == (Status.FAILED, Reason.ALREADY_MEMBER.value)
    assert world.cloud.assigned[world.ada.id, JOINING] == "hand"
    assert not world.cloud.taken_from_others


async def test_what_somebody_made_in_place_of_ours_is_never_deleted(world: World) -> None:
    number = await world.active(target=JOINING, minutes=60)
    world.cloud.remove(world.ada.id, JOINING)
    world.cloud.make(world.ada.id, JOINING)
    await world.pass_time(61 * MINUTE)
    await world.settle()
    assert await world.status(number) is Status.ENDED
    assert world.cloud.assigned[world.ada.id, JOINING] == "hand"
    assert not world.cloud.taken_from_others


@pytest.mark.parametrize("lost", [True, False])
async def test_what_somebody_made_in_place_of_ours_is_not_taken_for_what_the_next_request_asked_for(
    world: World, lost: bool
) -> None:
    """Ours is known by its name and theirs has another, so a lost answer says nothing of theirs (rule 19)."""
    first = await world.active(target=JOINING, minutes=60)
    world.cloud.remove(world.ada.id, JOINING)
    world.cloud.make(world.ada.id, JOINING)
    await world.pass_time(2 * LISTS_LAG)
    second = await world.asked(target=JOINING, minutes=60)
    world.cloud.answers_lost.append(lost)
    await world.decide(world.bob, second)
    await world.pass_time(2 * HOUR)
    await world.settle()
    assert (await world.request(second)).failure == Reason.ALREADY_MEMBER.value
    assert await world.status(first) is Status.ENDED
    assert world.cloud.assigned[world.ada.id, JOINING] == "hand"
    assert not world.cloud.taken_from_others


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("behind", [timedelta(), LISTS_LAG - SECOND])
async def test_a_lost_answer_to_the_creation_leaves_nothing_behind(world: World, lost: bool, behind: timedelta) -> None:
    world.cloud.lists_behind = behind
    world.cloud.answers_lost.append(lost)
    number = await world.approved(target=JOINING, minutes=120)
    await world.settle()
    await world.pass_time(30 * MINUTE)
    await world.settle()
    assert await world.status(number) is Status.ACTIVE
    await world.revoke(world.bob, number)
    await world.settle()
    await world.pass_time(4 * LISTS_LAG)
    await world.settle()
    assert await world.status(number) is Status.REVOKED
    assert not world.holds(target=JOINING)


@pytest.mark.parametrize("lost", [True, False])
@pytest.mark.parametrize("behind", [timedelta(), LISTS_LAG - SECOND])
async def test_a_lost_answer_to_the_deletion_is_asked_for_again(world: World, lost: bool, behind: timedelta) -> None:
    number = await world.active(target=JOINING, minutes=120)
    world.cloud.lists_behind = behind
    world.cloud.answers_lost.append(lost)
    await world.revoke(world.bob, number)
    await world.settle()
    await world.pass_time(4 * LISTS_LAG)
    await world.settle()
    assert await world.status(number) is Status.REVOKED
    assert not world.holds(target=JOINING)
    assert not world.cloud.taken_from_others


async def test_lists_that_lag_hide_no_membership_from_its_end(world: World) -> None:
    """It is deleted by the name that AWS gave it, whatever the lists say yet."""
    world.cloud.lists_behind = LISTS_LAG - SECOND
    number = await world.approved(target=JOINING, minutes=120)
    await world.settle()
    assert await world.status(number) is Status.ACTIVE
    await world.revoke(world.bob, number)
    await world.settle()
    assert not world.holds(target=JOINING)
    await world.pass_time(2 * LISTS_LAG)
    await world.settle()
    assert await world.status(number) is Status.REVOKED


async def test_a_group_that_becomes_synchronized_while_access_is_live_keeps_being_tried_and_alarms(
    world: World,
) -> None:
    number = await world.active(target=JOINING, minutes=60)
    world.cloud.synchronized.add(OPERATORS)
    await world.pass_time(70 * MINUTE)
    assert await world.status(number) is Status.REVOKING
    assert Topic.OVERDUE.value in world.messenger.topics(world.frank.chat.user)
    await world.pass_time(2 * HOUR)
    assert await world.status(number) is Status.REVOKING, "it is never given up (rule 17)"
    world.cloud.synchronized.clear()
    await world.pass_time(2 * HOUR)
    await world.settle()
    assert await world.status(number) is Status.ENDED
    assert not world.holds(target=JOINING)


async def test_a_user_who_is_gone_ends_the_request_although_the_row_stays(world: World) -> None:
    number = await world.active(target=JOINING, minutes=60)
    world.cloud.synchronized.add(OPERATORS)
    del world.principals.users[world.ada.id]
    await world.pass_time(61 * MINUTE + 3 * LISTS_LAG)
    request = await world.request(number)
    assert (request.status, request.left_behind) == (Status.ENDED, LeftBehind.PRINCIPAL_GONE)


async def test_no_account_that_is_missing_makes_a_membership_of_no_use(world: World) -> None:
    """A group stands in no account: that none is known by its id says nothing."""
    number = await world.active(target=JOINING, minutes=60)
    world.cloud.synchronized.add(OPERATORS)
    await world.pass_time(61 * MINUTE + 6 * LISTS_LAG)
    assert await world.status(number) is Status.REVOKING


async def test_a_membership_that_went_missing_is_told_and_not_made_again(world: World) -> None:
    number = await world.active(target=JOINING, minutes=240)
    world.cloud.remove(world.ada.id, JOINING)
    for _ in range(3):
        await world.pass_time(2 * LISTS_LAG)
        await world.services.drift.look_again()
        await world.settle()
    assert "drift.found" in await world.actions(number)
    assert not world.holds(target=JOINING)
    assert len(world.cloud.begun) == 1


async def test_members_of_a_target_group_are_reported_and_removed_by_no_setting(world: World) -> None:
    await world.set_policies(with_groups(world, unknown_assignments=UnknownAssignments.REMOVE))
    world.cloud.make(world.grace.id, JOINING)
    for _ in range(12):
        await world.services.drift.sweep()
        await world.pass_time(6 * MINUTE)
        await world.settle()
    found = [each for each in await world.services.drift.found() if each.target == JOINING]
    assert [each.principal for each in found] == [world.grace.id]
    assert found[0].told_at is not None
    assert world.cloud.assigned[world.grace.id, JOINING] == "hand"


async def test_a_group_that_decides_here_is_joined_by_nobody_however_the_policies_were_stored(world: World) -> None:
    """A book that was stored before, or by another hand: the verdict does not rest on its having been checked."""
    for name in ("Payments", "Payments Leads", "Admins", "Auditors"):
        group = world.principals.group(name)
        await world.set_policies(with_groups(world, group))
        outcome = await world.submit(world.ada, membership_of(group))
        assert Reason.GROUP_HAS_POWER in [each.reason for each in outcome.refusals], name


async def test_a_group_that_comes_to_decide_is_granted_to_nobody_who_has_asked(world: World) -> None:
    number = await world.asked(target=JOINING)
    book = with_groups(world)
    await world.set_policies(
        replace(
            book, approval=(replace(book.approval[0], approver_groups=book.approval[0].approver_groups | {OPERATORS}),)
        )
    )
    outcome = await world.decide(world.bob, number)
    assert outcome.result is Result.DISALLOWED
    assert not world.cloud.begun


async def test_a_synchronized_group_is_refused_with_the_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def groups() -> Sequence[Group]:
        return [Group(OPERATORS, "Operators", is_synchronized=True)]

    monkeypatch.setattr(world.principals, "groups", groups)
    outcome = await world.submit(world.ada, JOINING)
    assert [each.reason for each in outcome.refusals] == [Reason.GROUP_SYNCHRONIZED]


async def test_nothing_is_granted_while_it_is_switched_off_and_what_is_live_ends(world: World) -> None:
    number = await world.active(target=JOINING, minutes=60)
    await world.set_policies(replace(with_groups(world), settings=replace(world.book().settings, group_targets=False)))
    outcome = await world.submit(world.dan, JOINING)
    assert [each.reason for each in outcome.refusals] == [Reason.GROUPS_OFF]
    await world.pass_time(61 * MINUTE)
    await world.settle()
    assert await world.status(number) is Status.ENDED
    assert not world.holds(target=JOINING)


async def test_a_group_that_nobody_knows_is_told_like_one_that_is_not_open(world: World) -> None:
    for group in (GroupId("group-nowhere"), world.principals.group("Secret")):
        outcome = await world.submit(world.ada, membership_of(group))
        assert [each.reason for each in outcome.refusals] == [Reason.NOT_ELIGIBLE]


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        ("group Operators 1h the site is down", ParsedGroupLine(OPERATORS, HOUR, "the site is down")),
        ("new group operators 1h the site is down", ParsedGroupLine(OPERATORS, HOUR, "the site is down")),
        ("group Payments Ops 1 h the site", ParsedGroupLine(None, HOUR, "the site", {Field.GROUP: "Payments Ops"})),
        ("group Ops the site is down", ParsedGroupLine(None, None, "the site is down", {Field.GROUP: "Ops"})),
        ("group Operators 2 days 4", ParsedGroupLine(OPERATORS, None, "", {Field.DURATION: "2 days 4"})),
        ("111111111111 ReadOnlyAccess", None),
        ("new 111111111111 ReadOnlyAccess", None),
    ],
)
async def test_a_line_about_a_group_is_understood(line: str, understood: ParsedGroupLine | None, world: World) -> None:
    assert await world.services.request_line.read_group(world.ada.chat, line) == understood
