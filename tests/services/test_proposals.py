"""With a second admin a change that widens waits for somebody who is not its author; one that narrows does not."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core.domain.commands import DecidePolicies
from core.domain.errors import Conflict, Field, Reason
from core.domain.outcome import Outcome, Result
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.domain.settings import PolicyChanges, Requirement
from core.domain.widening import Widening
from core.ports import Conversation, Proposal, ProposalState
from core.services.policies.store import PROPOSAL_KEPT
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, Member
from tests.services.world import World

SECOND = PolicyChanges.SECOND_ADMIN


@pytest.fixture(autouse=True)
async def two_admins(world: World) -> None:
    world.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments")
    world.principals.join("Admins", world.erin.id)
    await world.set_policies(world.book(policy_changes=SECOND))


def book(world: World, **settings: Any) -> PolicyBook:
    return world.book(**{"policy_changes": SECOND, **settings})


async def save(world: World, wanted: PolicyBook, who: Member | None = None) -> Outcome:
    sitting = await world.services.administration.admins.require((who or world.frank).chat)
    draft = await world.services.administration.drafts.keep(sitting, wanted, sitting.book.revision)
    return await world.done(world.saving(draft.id, who))


async def filed(world: World, wanted: PolicyBook | None = None, who: Member | None = None) -> Proposal:
    assert (await save(world, wanted or book(world, max_duration=12 * HOUR), who)).result is Result.PROPOSED
    return (await world.services.administration.proposals.waiting())[-1]


async def decide(world: World, who: Member, proposal: Proposal, *, approve: bool = True) -> Outcome:
    return await world.done(DecidePolicies(who.chat, world.key(), proposal=proposal.id, approve=approve))


async def revision(world: World) -> int:
    return (await world.services.policies.current()).revision


async def state(world: World, proposal: Proposal) -> ProposalState:
    return (await world.services.administration.proposals.one(proposal.id)).state


def reasons(outcome: Outcome) -> list[Reason]:
    return [refusal.reason for refusal in outcome.refusals]


async def test_what_widens_waits_and_is_told_and_what_another_admin_approves_is_in_effect(world: World) -> None:
    before = await revision(world)
    proposal = await filed(world)
    await world.settle()
    assert await revision(world) == before
    assert world.messenger.topics(AUDIT_CHANNEL) == world.messenger.topics("UERIN") == ["policies_waiting"]
    assert world.messenger.topics("UFRANK") == []
    assert (await world.actions())[-1] == "policies.proposed"
    outcome = await decide(world, world.erin, proposal)
    assert (outcome.result, outcome.revision) == (Result.SAVED, before + 1)
    assert (await world.services.policies.current()).settings.max_duration == 12 * HOUR
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["policies_changed"]
    event = (await world.events())[-1]
    assert (event["actor"]["principal_id"], event["facts"]["approved_by"]["principal_id"]) == (
        world.frank.id,
        world.erin.id,
    )
    assert await state(world, proposal) is ProposalState.APPROVED


async def test_what_only_narrows_is_in_effect_at_once(world: World) -> None:
    assert (await save(world, book(world, max_duration=HOUR))).result is Result.SAVED
    assert (await save(world, book(world, max_duration=HOUR, ticket=Requirement.REQUIRED))).result is Result.SAVED
    assert await world.services.administration.proposals.waiting() == ()


async def test_its_author_does_not_approve_it_by_whatever_chat_account(world: World) -> None:
    proposal = await filed(world)
    assert reasons(await decide(world, world.frank, proposal)) == [Reason.OWN_CHANGE]
    assert await state(world, proposal) is ProposalState.WAITING
    event = (await world.events())[-1]
    assert (event["action"], event["actor"]["principal_id"]) == ("policies.refused", world.frank.id)
    assert event["facts"] == {"proposal": proposal.id, "verdict": "approve", "reasons": ["own_change"]}


def disabled(world: World) -> None:
    world.principals.disable(world.frank.id)


def out_of_the_group(world: World) -> None:
    world.principals.leave("Admins", world.frank.id)


def deactivated_in_chat(world: World) -> None:
    world.chat.change(world.frank.chat, is_deactivated=True)


@pytest.mark.parametrize("lost", [disabled, out_of_the_group, deactivated_in_chat])
async def test_what_somebody_filed_who_is_no_admin_any_more_is_not_approved(
    world: World, lost: Callable[[World], None]
) -> None:
    world.principals.join("Admins", world.grace.id)
    before, proposal = await revision(world), await filed(world)
    lost(world)
    assert reasons(await decide(world, world.erin, proposal)) == [Reason.AUTHOR_NO_ADMIN]
    assert (await revision(world), await state(world, proposal)) == (before, ProposalState.WAITING)
    assert (await decide(world, world.erin, proposal, approve=False)).result is Result.PROPOSAL_REJECTED


@pytest.mark.parametrize("who", ["ada", "bob", "grace"])
async def test_nobody_but_an_admin_decides(world: World, who: str) -> None:
    proposal = await filed(world)
    for approve in (True, False):
        outcome = await decide(world, getattr(world, who), proposal, approve=approve)
        assert reasons(outcome) == [Reason.NOT_PERMITTED]
    event = (await world.events())[-1]
    assert (event["action"], event["actor"]["principal_id"]) == ("policies.refused", getattr(world, who).id)
    assert event["facts"]["reasons"] == ["not_permitted"]
    assert await state(world, proposal) is ProposalState.WAITING


@pytest.mark.parametrize("who", ["erin", "frank"])
async def test_a_rejection_is_told_and_final_and_an_author_may_take_it_back(world: World, who: str) -> None:
    proposal = await filed(world)
    assert (await decide(world, getattr(world, who), proposal, approve=False)).result is Result.PROPOSAL_REJECTED
    assert reasons(await decide(world, world.erin, proposal)) == [Reason.CHANGE_CLOSED]
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["policies_unchanged"]
    assert world.messenger.topics(AUDIT_CHANNEL) == ["policies_waiting", "policies_unchanged"]
    assert "policies.proposal_closed" in await world.actions()


async def test_what_another_change_has_overtaken_is_refused_and_told(world: World) -> None:
    proposal = await filed(world)
    await save(world, book(world, max_duration=HOUR), world.erin)
    assert reasons(await decide(world, world.erin, proposal)) == [Reason.CHANGE_OUTDATED]
    assert await state(world, proposal) is ProposalState.OUTDATED
    await world.settle()
    assert "policies_unchanged" in world.messenger.topics("UFRANK")
    assert (await world.services.policies.current()).settings.max_duration == HOUR


async def test_what_nobody_decides_is_dropped_after_a_week(world: World) -> None:
    proposal = await filed(world)
    world.clock.move(PROPOSAL_KEPT - MINUTE)
    await world.services.administration.proposals.tidy()
    assert await state(world, proposal) is ProposalState.WAITING
    world.clock.move(2 * MINUTE)
    assert reasons(await decide(world, world.erin, proposal)) == [Reason.CHANGE_CLOSED]
    assert await state(world, proposal) is ProposalState.EXPIRED


async def test_the_round_closes_what_is_over_once(world: World) -> None:
    proposal = await filed(world)
    await world.set_policies(book(world, max_duration=HOUR))
    for _ in range(2):
        await world.services.administration.proposals.tidy()
    assert await state(world, proposal) is ProposalState.OUTDATED
    await world.settle()
    assert world.messenger.topics("UFRANK") == ["policies_unchanged"]


async def test_the_second_admin_is_not_switched_off_by_one(world: World) -> None:
    proposal = await filed(world, world.book())
    assert (await world.services.policies.current()).settings.policy_changes is SECOND
    assert (await decide(world, world.erin, proposal)).result is Result.SAVED
    assert (await world.services.policies.current()).settings.policy_changes is PolicyChanges.DIRECT


async def test_an_admin_does_not_make_a_group_of_their_own_the_admins(world: World) -> None:
    mine = world.principals.group("Mine")
    for who in (world.frank, world.grace):
        world.principals.join("Mine", who.id)
    before = book(world)
    proposal = await filed(world, replace(before, settings=replace(before.settings, admin_group=mine)))
    assert await state(world, proposal) is ProposalState.WAITING


async def test_nobody_lets_changes_wait_for_somebody_who_is_not_there(world: World) -> None:
    await world.set_policies(world.book())
    world.principals.leave("Admins", world.erin.id)
    outcome = await save(world, book(world))
    assert reasons(outcome) == [Reason.SECOND_ADMIN_MISSING]


async def test_another_admin_group_is_refused_when_nobody_else_is_in_it(world: World) -> None:
    world.principals.join("Alone", world.frank.id)
    before = book(world)
    alone = replace(before.settings, admin_group=world.principals.group("Alone"))
    outcome = await save(world, replace(before, settings=alone))
    assert reasons(outcome) == [Reason.SECOND_ADMIN_MISSING]
    assert outcome.refusals[0].field is Field.ADMIN_GROUP


async def test_a_change_that_nobody_else_could_approve_is_refused_in_the_preview_and_at_its_saving(
    world: World,
) -> None:
    """Others have left the group, or are disabled, since the setting was made: what narrows is still saved."""
    world.principals.disable(world.erin.id)
    wanted = book(world, max_duration=12 * HOUR)
    sitting = await world.services.administration.admins.require(world.frank.chat)
    drafting = world.services.administration.drafts
    draft = await drafting.keep(sitting, wanted, sitting.book.revision)
    preview = await drafting.look(sitting, draft)
    assert [fault.reason for fault in preview.faults] == [Reason.SECOND_ADMIN_MISSING]
    assert not preview.may_be_saved
    assert reasons(await save(world, wanted)) == [Reason.SECOND_ADMIN_MISSING]
    assert (await save(world, book(world, max_duration=HOUR))).result is Result.SAVED
    world.principals.remember()
    world.principals.join("Admins", world.grace.id)
    await filed(world, wanted)


async def test_a_second_admin_who_has_just_joined_is_known_in_the_preview(world: World) -> None:
    world.principals.leave("Admins", world.erin.id)
    await world.set_policies(world.book())
    sitting = await world.services.administration.admins.require(world.frank.chat)
    drafting = world.services.administration.drafts
    draft = await drafting.keep(sitting, book(world), sitting.book.revision)
    assert [fault.reason for fault in (await drafting.look(sitting, draft)).faults] == [Reason.SECOND_ADMIN_MISSING]
    world.principals.remember()
    world.principals.join("Admins", world.erin.id)
    assert (await drafting.look(sitting, draft)).faults == ()


async def test_the_command_line_files_it_as_well(world: World) -> None:
    policies, wanted = world.services.policies, book(world, max_duration=12 * HOUR)
    before = await policies.current()
    organization = await world.services.organizations.current()
    because = await policies.waits(before, wanted, organization)
    assert because == (Widening.MORE_TIME, Widening.SETTINGS)
    author = Actor("operator root")
    proposal = await policies.propose(wanted, based_on=before.revision, author=author, why="apply", because=because)
    with pytest.raises(Conflict):
        await policies.propose(wanted, based_on=before.revision - 1, author=author, why="apply", because=because)
    await world.settle()
    assert world.messenger.topics("UFRANK") == world.messenger.topics("UERIN") == ["policies_waiting"]
    assert (await decide(world, world.frank, proposal)).result is Result.SAVED


async def test_of_two_who_decide_at_once_one_does(world_on_both: World) -> None:
    world = world_on_both
    world.principals.join("Admins", world.erin.id)
    world.principals.join("Admins", world.grace.id)
    await world.set_policies(world.book(policy_changes=SECOND))
    proposal = await filed(world)
    first = await decide(world, world.erin, proposal)
    second = await decide(world, world.grace, proposal, approve=False)
    assert (first.result, reasons(second)) == (Result.SAVED, [Reason.CHANGE_CLOSED])
