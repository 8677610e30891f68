"""Nothing is decided or changed in silence: every act has its line in the audit channel, every revision its readers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from core.adapters.storage.engine import Database
from core.domain.commands import CloseRequest, CommandKind, DecidePolicies
from core.domain.notice_content import ApprovalCounted, PoliciesChanged
from core.domain.notices import Notice
from core.domain.organization import Target
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.request import Actor
from core.domain.told_changes import ToldPart
from tests.contents import content_of
from tests.services.company import (
    ADMIN,
    APPROVE,
    AUDIT_CHANNEL,
    HOUR,
    POWER,
    PROD,
    READ,
    REJECT,
    ROOT,
    VAULT,
    Member,
)
from tests.services.world import World

OPERATOR = Actor("operator root")


async def save(world: World, book: PolicyBook, who: Member | None = None) -> None:
    sitting = await world.services.administration.admins.require((who or world.frank).chat)
    draft = await world.services.administration.drafts.keep(sitting, book, sitting.book.revision)
    await world.done(world.saving(draft.id, who, "tidy up"))


def told(world: World, to: str) -> list[Notice]:
    return [said.notice for said in world.messenger.said if said.to == to and said.notice.topic == "policies_changed"]


def parts(notice: Notice) -> tuple[ToldPart, ...]:
    return content_of(notice, PoliciesChanged).change.parts


async def by_form(world: World) -> None:
    await save(world, replace(world.book(max_duration=12 * HOUR), revision=1))


async def by_file(world: World) -> None:
    await world.services.policies.apply(
        world.book(max_duration=12 * HOUR), based_on=1, author=OPERATOR, why="apply p.yaml"
    )


async def by_restoring(world: World) -> None:
    await world.set_policies(world.book(max_duration=12 * HOUR))
    sitting = await world.services.administration.admins.require(world.frank.chat)
    draft = await world.services.administration.drafts.restore(sitting, 1)
    await world.done(world.saving(draft.id, why="back"))


@pytest.mark.parametrize("change", [by_form, by_file, by_restoring])
async def test_every_revision_is_told_to_the_audit_channel_and_to_the_other_admins(
    world: World, change: Callable[[World], Awaitable[None]]
) -> None:
    world.principals.join("Admins", world.erin.id)
    await change(world)
    await world.settle()
    (line,), (message,) = told(world, AUDIT_CHANNEL), told(world, "UERIN")
    said = content_of(line, PoliciesChanged).change
    assert line.content == message.content
    assert said.by
    assert said.why
    assert [part.fields[0].field for part in said.parts] == ["max_duration"]
    assert len(told(world, "UFRANK")) == (1 if change is by_file else 0)
    assert await world.undeliverable() == 0


async def test_the_first_start_is_told_too(database: Database) -> None:
    world = World(database)
    await world.services.organizations.refresh()
    await world.services.policies.install("Admins", "Auditors")
    await world.settle()
    (line,) = told(world, AUDIT_CHANNEL)
    change = content_of(line, PoliciesChanged).change
    assert (change.by, change.why) == ("installation", "first start")
    assert len(told(world, "UFRANK")) == 1


async def test_what_changes_nothing_is_told_to_nobody(world: World) -> None:
    await world.services.policies.apply(world.book(), based_on=1, author=OPERATOR)
    await world.settle()
    assert world.messenger.said == []


async def test_who_is_no_admin_any_more_by_a_change_hears_of_it(world: World) -> None:
    """Somebody who makes a group of their own the admins must not be the only one who is told."""
    mine = world.principals.group("Mine")
    world.principals.join("Mine", world.frank.id)
    world.principals.join("Admins", world.erin.id)
    book = world.book()
    await save(world, replace(book, revision=1, settings=replace(book.settings, admin_group=mine)))
    await world.settle()
    assert len(told(world, "UERIN")) == 1
    assert told(world, "UFRANK") == []


async def test_who_takes_access_and_gives_it_back_leaves_two_lines_that_name_it(world: World) -> None:
    """An admin unprotects an account, lets himself in without approval, and restores everything."""
    guarded = world.book(protected_accounts=frozenset({VAULT}))
    await world.set_policies(replace(guarded, labels={VAULT: "Vault"}))
    before = await world.services.policies.current()
    own = EligibilityPolicy("tidy", users=frozenset({world.frank.id}), ous=frozenset({ROOT}), approval_required=False)
    own = replace(own, permission_sets=frozenset({ADMIN}))
    await save(world, replace(before, settings=world.book().settings, eligibility=(*before.eligibility, own)))
    await save(world, replace(before, revision=3))
    await world.settle()
    there, back = told(world, AUDIT_CHANNEL)
    assert [(part.name, part.change) for part in parts(there)] == [("", "changed"), ("tidy", "added")]
    assert [(part.name, part.change) for part in parts(back)] == [("", "changed"), ("tidy", "removed")]
    named = {field.field: field for part in parts(there) for field in part.fields}
    assert named["protected_accounts"].lost == ("Vault",)
    assert named["users"].gained == ("frank@example.com",)


@pytest.mark.parametrize("verdicts", [(APPROVE,), (APPROVE, APPROVE), (REJECT,), (APPROVE, REJECT)])
async def test_every_vote_has_its_line(world: World, verdicts: tuple[object, ...]) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    number = await world.asked()
    for who, verdict in zip((world.bob, world.carol), verdicts, strict=False):
        await world.decide(who, number, APPROVE if verdict is APPROVE else REJECT)
    await world.settle()
    words = {APPROVE: "approval_counted", REJECT: "rejected"}
    expected = [words[APPROVE if verdict is APPROVE else REJECT] for verdict in verdicts]
    if verdicts == (APPROVE, APPROVE):
        expected[1] = "approved"
    assert world.messenger.topics(AUDIT_CHANNEL)[1 : 1 + len(expected)] == expected
    first = next(said for said in world.messenger.said if said.to == AUDIT_CHANNEL and said.notice.topic == expected[0])
    assert expected[0] == "rejected" or content_of(first.notice, ApprovalCounted).by == "Bob Kahn"


SILENT = {CommandKind.EXPORT, CommandKind.TAKE_FILE}
"""Told to whoever asked, and on record: nothing is decided by it."""


async def submitting(world: World) -> None:
    await world.asked()


async def submitting_together(world: World) -> None:
    await world.asked_together(Target(PROD, POWER), Target(PROD, READ))


async def deciding(world: World) -> None:
    await world.decide(world.bob, await world.asked())


async def cancelling(world: World) -> None:
    await world.cancel(world.ada, await world.asked())


async def revoking(world: World) -> None:
    await world.revoke(world.bob, await world.active())


async def closing_by_hand(world: World) -> None:
    request_id = await world.active()
    world.go_to((await world.request(request_id)).end_at or world.clock.now())
    await world.services.schedule.end()
    await world.done(world.ending(CloseRequest, world.frank, request_id, "AWS support says so"))


async def rejecting_a_change(world: World) -> None:
    filed = await world.services.policies.propose(
        world.book(max_duration=12 * HOUR), based_on=1, author=OPERATOR, why="", because=()
    )
    await world.done(DecidePolicies(world.frank.chat, world.key(), proposal=filed.id, approve=False))


ACTS: dict[CommandKind, tuple[Callable[[World], Awaitable[None]], str]] = {
    CommandKind.SUBMIT: (submitting, "submitted"),
    CommandKind.SUBMIT_TOGETHER: (submitting_together, "submitted"),
    CommandKind.DECIDE: (deciding, "approved"),
    CommandKind.CANCEL: (cancelling, "cancelled"),
    CommandKind.REVOKE: (revoking, "being_ended"),
    CommandKind.CLOSE: (closing_by_hand, "ended"),
    CommandKind.SAVE_POLICIES: (by_form, "policies_changed"),
    CommandKind.DECIDE_POLICIES: (rejecting_a_change, "policies_unchanged"),
}


def test_every_kind_of_act_is_looked_at_here() -> None:
    assert set(CommandKind) == {*ACTS, *SILENT}


@pytest.mark.parametrize("kind", ACTS)
async def test_every_act_has_its_line_in_the_audit_channel(world: World, kind: CommandKind) -> None:
    do, topic = ACTS[kind]
    await do(world)
    await world.settle()
    assert topic in world.messenger.topics(AUDIT_CHANNEL)
