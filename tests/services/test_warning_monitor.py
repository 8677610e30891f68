"""Standing warnings are looked for in the background, and shown from memory to admins alone."""

from dataclasses import replace

import pytest

from core.domain.assignment import ALARM_AFTER, LISTS_LAG
from core.domain.commands import RevokeAccess
from core.domain.errors import Field, Refused, UpstreamBusy
from core.domain.ids import AccountId, ConversationId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.policy import Bundle, PolicyBook
from core.domain.policy_validation import Obstacle
from core.domain.policy_warnings import WarningKind
from core.domain.replicas import ALIVE_WITHIN, Replica
from core.domain.setup import SetupFinding
from core.ports import Conversation
from core.services.notifications.home_screens import KEPT_FOR
from core.services.policies.warning_monitor import CHANNELS_AT_A_TIME, CHECKED_EVERY, CHECKED_SOONER
from tests.services.commits import seen_after_commits
from tests.services.company import MINUTE, OLD, PAYMENTS_CHANNEL, PROD, READ, SECOND, TARGET
from tests.services.world import World
from tests.strategies import OF_TEAMS


async def kinds(world: World) -> list[WarningKind]:
    await world.services.administration.warnings.look()
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    return [warning.kind for warning in report.warnings]


@pytest.fixture(autouse=True)
def channel(world: World) -> None:
    world.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments")


async def test_before_the_first_look_nothing_is_said(world: World) -> None:
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is None


async def test_where_nothing_is_wrong_nothing_is_told(world: World) -> None:
    assert await kinds(world) == []


async def test_only_admins_are_told(world: World) -> None:
    with pytest.raises(Refused):
        await world.services.administration.warnings.report(world.erin.chat)


async def test_a_group_that_was_deleted_and_people_who_left_are_told(world: World) -> None:
    del world.principals.names[GroupId("group-Payments")]
    for who in (world.bob, world.carol, world.dan):
        world.principals.disable(who.id)
    assert await kinds(world) == [WarningKind.QUORUM, WarningKind.GONE, WarningKind.GONE]


async def test_an_approver_who_was_deleted_makes_no_quorum(world: World) -> None:
    (leads,) = world.book().approval
    named = replace(leads, approver_groups=frozenset(), approver_users=frozenset({world.bob.id}))
    await world.set_policies(replace(world.book(), approval=(named,)))
    del world.principals.users[world.bob.id]
    assert await kinds(world) == [WarningKind.QUORUM, WarningKind.GONE]


async def test_a_target_of_a_bundle_that_is_gone_is_told_with_its_place(world: World) -> None:
    no_set = Target(PROD, PermissionSetArn("ps-nothing"))
    incident = Bundle("incident", (TARGET, Target(OLD, READ), no_set, Target(AccountId("000000000000"), READ)))
    await world.set_policies(replace(world.book(), bundles=(incident,)))
    await world.services.administration.warnings.look()
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert [(each.kind, each.policy, each.place, each.field, each.ids) for each in report.warnings] == [
        (WarningKind.GONE, "incident", 2, Field.ACCOUNTS, (OLD,)),
        (WarningKind.GONE, "incident", 3, Field.PERMISSION_SETS, ("ps-nothing",)),
        (WarningKind.GONE, "incident", 4, Field.ACCOUNTS, ("000000000000",)),
    ]


async def test_a_channel_that_was_archived_is_told_and_no_more_once_it_is_back(world: World) -> None:
    found = world.chat.conversations[PAYMENTS_CHANNEL]
    world.chat.conversations[PAYMENTS_CHANNEL] = replace(found, is_archived=True)
    assert await kinds(world) == [WarningKind.CHANNEL]
    world.chat.conversations[PAYMENTS_CHANNEL] = found
    assert await kinds(world) == []


async def test_a_channel_of_a_platform_that_is_not_configured_is_told_without_asking_anybody(world: World) -> None:
    await world.set_policies(world.book_with_approval(channels=(PAYMENTS_CHANNEL, OF_TEAMS)))
    assert await kinds(world) == [WarningKind.CHANNEL]
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert [(one.ids, one.obstacle) for one in report.warnings] == [((OF_TEAMS,), Obstacle.NOT_CONFIGURED)]


async def test_of_many_channels_a_few_are_asked_about_at_a_time(world: World) -> None:
    many = tuple(ConversationId(f"C-{n:03}") for n in range(CHANNELS_AT_A_TIME * 2))
    await world.set_policies(world.book_with_approval(channels=many))
    assert len(await kinds(world)) == CHANNELS_AT_A_TIME
    assert len(await kinds(world)) == len(many)
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert {warning.obstacle for warning in report.warnings} == {Obstacle.UNKNOWN}


async def test_a_revocation_that_takes_too_long_is_told(world: World) -> None:
    number = await world.active()
    world.cloud.down = UpstreamBusy("away")
    await world.done(world.ending(RevokeAccess, world.ada, number))
    world.clock.move(ALARM_AFTER + MINUTE)
    assert await kinds(world) == [WarningKind.OVERDUE]


async def test_access_that_somebody_took_away_is_told_until_it_is_back_or_over(world: World) -> None:
    number = await world.active()
    world.clock.move(LISTS_LAG)
    world.cloud.remove(world.ada.id, TARGET)
    for _ in range(2):
        await world.services.drift.look_again()
        await world.settle()
        world.clock.move(2 * MINUTE)
    assert await kinds(world) == [WarningKind.LOST]
    world.cloud.make(world.ada.id, TARGET)
    await world.services.drift.look_again()
    await world.settle()
    assert await kinds(world) == []
    world.cloud.remove(world.ada.id, TARGET)
    await world.services.drift.look_again()
    await world.settle()
    assert await kinds(world) == [WarningKind.LOST]
    await world.revoke(world.ada, number)
    await world.settle()
    assert await kinds(world) == []


async def test_that_access_is_lost_is_told_in_the_moment_in_which_it_is_noted(world: World) -> None:
    """A process that dies in between would leave it to be told once more, or never."""
    await world.active()
    world.clock.move(LISTS_LAG)
    world.cloud.remove(world.ada.id, TARGET)

    async def noted_and_told() -> tuple[bool, int]:
        return not (await world.assignment()).ours, (await world.actions()).count("drift.found")

    seen = seen_after_commits(world, noted_and_told)
    await world.services.drift.look_again()
    await world.settle()
    assert set(seen) == {(False, 0), (True, 1)}


async def test_while_the_directory_is_away_the_last_report_stands_or_less_is_said(world: World) -> None:
    await world.set_policies(replace(PolicyBook(), settings=world.book().settings))
    assert await kinds(world) == []
    world.principals.down = UpstreamBusy("away")
    await world.services.administration.warnings.look()
    world.principals.down = None
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert report.warnings == ()


async def test_a_replica_whose_clock_is_wrong_is_told_for_as_long_as_it_lives(world: World) -> None:
    async with world.open_unit() as unit:
        await unit.replicas.put(Replica("b", clock_ahead=45 * SECOND), world.clock.now(), is_news=False)
        await unit.commit()
    assert await kinds(world) == [WarningKind.CLOCK]
    world.clock.move(ALIVE_WITHIN)
    assert await kinds(world) == []


async def test_what_is_missing_from_the_set_up_is_told_until_it_is_there(world: World) -> None:
    missing = SetupFinding("Identity Center, granting", "the role lacks sso:CreateAccountAssignment")
    world.self_check.finds = (missing,)
    assert await kinds(world) == [WarningKind.SETUP]
    world.self_check.finds = ()
    assert await kinds(world) == [WarningKind.SETUP], "not checked again at every look"
    world.clock.move(CHECKED_SOONER)
    assert await kinds(world) == []


async def test_a_set_up_that_is_well_is_checked_now_and_then(world: World) -> None:
    for _ in range(3):
        await kinds(world)
    assert world.self_check.asked == 1
    world.clock.move(CHECKED_EVERY)
    await kinds(world)
    assert world.self_check.asked == 2


async def test_the_set_up_is_told_while_nothing_else_can_be_looked_for(world: World) -> None:
    world.cloud.down = world.principals.down = UpstreamBusy("denied")
    world.self_check.finds = (SetupFinding("AWS credentials", "denied"),)
    await world.services.administration.warnings.look()
    world.principals.down = None
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    assert [warning.setup for warning in report.warnings] == [*world.self_check.finds]


async def test_while_the_set_up_cannot_be_checked_what_was_found_is_kept(world: World) -> None:
    world.self_check.finds = (SetupFinding("Slack scopes", "lacks commands"),)
    assert await kinds(world) == [WarningKind.SETUP]
    world.self_check.down = UpstreamBusy("away")
    world.clock.move(CHECKED_EVERY)
    assert await kinds(world) == [WarningKind.SETUP]


async def redrawn(world: World) -> int:
    """The number of times that frank's Home has been drawn anew so far, after another look."""
    await world.services.administration.warnings.look()
    return world.screens.redrawn.count(world.frank.chat)


async def test_an_open_home_of_an_admin_is_drawn_anew_when_a_warning_comes_or_goes_and_at_no_other_time(
    world: World,
) -> None:
    for who in (world.frank, world.ada):
        await world.services.homes.note(who.chat, who.id, "", "")
    assert await redrawn(world) == 0
    number = await world.active()
    world.cloud.down = UpstreamBusy("away")
    await world.done(world.ending(RevokeAccess, world.ada, number))
    world.clock.move(ALARM_AFTER + MINUTE)
    assert await redrawn(world) == 1
    await world.tick()  # the request is another one now: it has been alarmed of
    assert await redrawn(world) == 1
    world.cloud.down = None
    await world.settle()
    others = world.screens.redrawn.count(world.ada.chat)
    assert await redrawn(world) == 2
    assert world.screens.redrawn.count(world.ada.chat) == others, "she is no admin"


async def test_a_home_that_nobody_has_open_is_not_drawn(world: World) -> None:
    await world.services.homes.note(world.frank.chat, world.frank.id, "", "")
    world.clock.move(KEPT_FOR + MINUTE)
    world.principals.disable(world.bob.id)
    world.principals.disable(world.carol.id)
    world.principals.disable(world.dan.id)
    assert await kinds(world)
    assert await redrawn(world) == 0


async def test_what_could_not_be_drawn_for_want_of_the_directory_is_drawn_after_the_next_look(world: World) -> None:
    await world.services.homes.note(world.frank.chat, world.frank.id, "", "")
    world.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments", is_archived=True)
    members_of, world.principals.members_of = world.principals.members_of, away  # type: ignore[method-assign]
    assert await redrawn(world) == 0
    world.principals.members_of = members_of  # type: ignore[method-assign]
    assert await redrawn(world) == 1


async def away(*_: object, **__: object) -> frozenset[PrincipalId]:
    raise UpstreamBusy("away")
