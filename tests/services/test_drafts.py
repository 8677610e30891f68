"""Policies are changed by drafts: judged, looked at, saved once, and never over what somebody else has done."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Field, Reason, Refused
from core.domain.ids import AccountId, ConversationId, GroupId, PrincipalId
from core.domain.outcome import Outcome, Result
from core.domain.policy import EVERY_PERMISSION_SET, EligibilityPolicy, PolicyBook
from core.domain.policy_impact import RequestImpact
from core.ports import Conversation, Draft
from core.services.policies.admin_gate import AdminContext
from core.services.policies.catalogue import CatalogueEntry
from core.services.policies.drafts import KEEP, DraftPreview
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, PROD, READ, SANDBOX, VAULT, Member
from tests.services.world import World

NEW_CHANNEL = ConversationId("C-NEW")


@pytest.fixture(autouse=True)
def channels(world: World) -> None:
    world.chat.conversations[PAYMENTS_CHANNEL] = Conversation(PAYMENTS_CHANNEL, "payments")
    world.chat.conversations[NEW_CHANNEL] = Conversation(NEW_CHANNEL, "new", bot_is_member=False)


async def admin(world: World, who: Member | None = None) -> AdminContext:
    return await world.services.administration.admins.require((who or world.frank).chat)


async def drafted(world: World, book: PolicyBook, who: Member | None = None, based_on: int | None = None) -> Draft:
    sitting = await admin(world, who)
    return await world.services.administration.drafts.keep(sitting, book, based_on or sitting.book.revision)


async def previewed(world: World, book: PolicyBook) -> DraftPreview:
    draft = await drafted(world, book)
    return await world.services.administration.drafts.preview(world.frank.chat, draft.id)


async def save(world: World, draft: Draft, who: Member | None = None, why: str = "because") -> Outcome:
    return await world.done(world.saving(draft.id, who, why))


def grown(world: World, **changes: object) -> PolicyBook:
    """The book with a third eligibility policy: Grace's group may read in the vault."""
    vault = EligibilityPolicy(
        "vault",
        groups=frozenset({world.principals.group("Readers")}),
        accounts=frozenset({VAULT}),
        permission_sets=frozenset({READ}),
    )
    book = world.book()
    return replace(book, revision=1, eligibility=(*book.eligibility, replace(vault, **changes)))  # type: ignore[arg-type]


async def refused(world: World, book: PolicyBook, who: Member | None = None) -> list[tuple[Reason, str | None]]:
    draft = await drafted(world, book, who)
    outcome = await save(world, draft, who)
    faults = (await world.services.administration.drafts.look(await admin(world, who), draft)).faults
    assert (outcome.result, outcome.refusals) == (Result.DECLINED, faults)
    return [(refusal.reason, refusal.field) for refusal in faults]


# --- who ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "bob", "erin", "grace"])
async def test_only_admins_enter(world: World, who: str) -> None:
    with pytest.raises(Refused) as caught:
        await admin(world, getattr(world, who))
    assert caught.value.refusal.reason is Reason.NOT_PERMITTED


async def test_who_is_admin_is_read_anew_for_each_act(world: World) -> None:
    world.principals.remember()
    world.principals.leave("Admins", world.frank.id)
    with pytest.raises(Refused):
        await admin(world)


@pytest.mark.parametrize("thing", CatalogueEntry)
async def test_nobody_else_is_offered_anything(world: World, thing: CatalogueEntry) -> None:
    with pytest.raises(Refused):
        await world.services.administration.catalogue.find(world.erin.chat, thing, "")


@pytest.mark.parametrize(
    ("thing", "typed", "found"),
    [
        (CatalogueEntry.USERS, "kah", ["Bob Kahn"]),
        (CatalogueEntry.USERS, "bob@example", ["Bob Kahn"]),
        (CatalogueEntry.GROUPS, "lead", ["Payments Leads"]),
        (CatalogueEntry.ACCOUNTS, "1111", ["Payments Prod"]),
        (CatalogueEntry.ACCOUNTS, "workloads pay", ["Payments Prod", "Payments Staging", "Vault"]),
        (CatalogueEntry.OUS, "pay", ["Workloads / Payments"]),
        (CatalogueEntry.OUS, "root", ["Root (every account)"]),
        (CatalogueEntry.DIRECT_OUS, "pay", ["Workloads / Payments"]),
        (CatalogueEntry.DIRECT_OUS, "root", ["Root (accounts in no OU)"]),
        (CatalogueEntry.PERMISSION_SETS, "read", ["ReadOnlyAccess"]),
        (CatalogueEntry.PERMISSION_SETS, "*", []),
        (CatalogueEntry.OPENED_SETS, "read", ["ReadOnlyAccess"]),
        (CatalogueEntry.OPENED_SETS, "*", ["Every permission set"]),
    ],
)
async def test_an_admin_finds_things_by_name_id_and_path(
    world: World, thing: CatalogueEntry, typed: str, found: list[str]
) -> None:
    named = await world.services.administration.catalogue.find(world.frank.chat, thing, typed)
    assert [each.text for each in named] == found


# --- drafts and previews -----------------------------------------------------------------------------


async def test_a_preview_says_who_gains_what(world: World) -> None:
    world.principals.join("Readers", world.grace.id)
    preview = await previewed(world, grown(world))
    (gained,) = preview.effects.gained
    assert (gained.people, gained.targets) == ((world.grace.id,), 1)
    assert [part.name for part in preview.changes] == ["vault"]
    assert preview.may_be_saved
    assert (await world.services.policies.current()).revision == 1


async def test_who_is_gone_gains_and_loses_nothing(world: World) -> None:
    """The name of nobody told apart by an id would only be a riddle."""
    (engineers, sandbox), gone = world.book().eligibility, PrincipalId("gone")
    named = replace(engineers, groups=frozenset(), users=frozenset({gone, world.ada.id}))
    await world.set_policies(replace(world.book(), eligibility=(named, sandbox)))
    preview = await previewed(world, replace(world.book(), revision=2, eligibility=(sandbox,)))
    assert [shift.people for shift in preview.effects.lost] == [(world.ada.id,)]


async def test_what_is_gone_is_called_as_when_it_was_named(world: World) -> None:
    draft = await drafted(world, grown(world))
    names = (await admin(world)).names
    without = replace(names, organization=replace(names.organization, accounts={}, ous={}))
    assert without.of(Field.ACCOUNTS, VAULT, draft.book).text == names.organization.accounts[VAULT].name


async def test_a_preview_names_pending_requests_that_are_touched(world: World) -> None:
    number = await world.asked()
    preview = await previewed(world, replace(world.book(), eligibility=world.book().eligibility[1:]))
    (touched,) = preview.effects.touched
    assert (touched.request.id, touched.how) == (number, (RequestImpact.NOT_ELIGIBLE,))


async def test_a_preview_names_accounts_that_nobody_decides_about(world: World) -> None:
    preview = await previewed(world, replace(world.book(), approval=()))
    assert set(preview.effects.undecidable) == {PROD, "222222222222", VAULT}


async def test_a_preview_says_who_decides_afterwards(world: World) -> None:
    """Deleting the policy that takes two and names Erin leaves one approval of others: that is no small thing."""
    leads = world.book().approval[0]
    two = replace(
        leads,
        name="takes-two",
        approver_users=frozenset({world.erin.id}),
        approvals_required=2,
        channels=(NEW_CHANNEL,),
    )
    await world.set_policies(replace(world.book(), approval=(leads, two)))
    preview = await previewed(world, replace(world.book(), revision=2))
    (told,) = preview.effects.redecided
    assert (told.before.quorum, told.after.quorum, told.lost) == (2, 1, (world.erin.id,))
    assert (told.channels_lost, told.is_weaker, told.askable) == ((NEW_CHANNEL,), True, True)
    assert told.examples[0].account == PROD


async def test_a_preview_says_what_comes_without_approval_and_for_how_long(world: World) -> None:
    world.principals.join("Readers", world.grace.id)
    (given,) = (await previewed(world, grown(world, approval_required=False))).effects.given
    assert (given.people, given.limit) == ((world.grace.id,), 9 * HOUR)


async def test_a_preview_says_who_becomes_admin(world: World) -> None:
    world.principals.join("Readers", world.frank.id)
    settings = replace(world.book().settings, admin_group=world.principals.group("Readers"))
    world.principals.join("Admins", world.erin.id)
    (role,) = (await previewed(world, replace(world.book(), revision=1, settings=settings))).effects.roles
    assert (role.field, role.gained, role.lost) == (Field.ADMIN_GROUP, (), (world.erin.id,))


async def test_a_revision_that_is_not_there_is_not_restored(world: World) -> None:
    with pytest.raises(Refused) as refused:
        await world.services.administration.drafts.restore(await admin(world), 99)
    assert [refusal.reason for refusal in refused.value.refusals] == [Reason.REVISION_UNKNOWN]


async def test_the_bot_joins_a_public_channel_when_it_is_saved(world: World) -> None:
    book = world.book_with_approval(channels=(PAYMENTS_CHANNEL, NEW_CHANNEL))
    draft = await drafted(world, book)
    preview = await world.services.administration.drafts.preview(world.frank.chat, draft.id)
    assert ([channel.name for channel in preview.joins], preview.posts) == (["new"], ())
    assert not world.chat.conversations[NEW_CHANNEL].bot_is_member
    assert (await save(world, draft)).result is Result.SAVED
    assert world.chat.conversations[NEW_CHANNEL].bot_is_member


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"is_archived": True}, Reason.CHANNEL_ARCHIVED),
        ({"is_shared_outside": True}, Reason.CHANNEL_SHARED),
        ({"exists": False}, Reason.CHANNEL_UNKNOWN),
        ({"is_private": True}, Reason.CHANNEL_UNKNOWN),
    ],
)
async def test_a_channel_in_which_no_card_can_stand_is_refused(
    world: World, facts: dict[str, bool], reason: Reason
) -> None:
    found = world.chat.conversations[NEW_CHANNEL]
    world.chat.conversations[NEW_CHANNEL] = replace(found, **facts)  # type: ignore[arg-type]
    book = world.book_with_approval(channels=(NEW_CHANNEL,))
    assert await refused(world, book) == [(reason, Field.CHANNELS)]


async def test_what_is_not_there_is_refused_when_it_is_named_anew_and_kept_when_it_was(world: World) -> None:
    ghost = AccountId("000000000000")
    assert await refused(world, grown(world, accounts=frozenset({ghost}))) == [(Reason.IS_GONE, Field.ACCOUNTS)]
    before = world.book()
    haunted = replace(before.eligibility[0], accounts=frozenset({ghost}))
    await world.set_policies(replace(before, eligibility=(haunted,)))
    draft = await drafted(world, replace(before, eligibility=(replace(haunted, max_duration=HOUR),)))
    assert (await save(world, draft)).result is Result.SAVED


async def test_a_quorum_that_the_groups_cannot_reach_is_refused(world: World) -> None:
    assert await refused(world, world.book_with_approval(approvals_required=4)) == [
        (Reason.QUORUM_OF_POLICY, Field.APPROVALS_REQUIRED)
    ]


async def test_a_group_that_is_empty_today_is_a_warning_and_saved(world: World) -> None:
    empty = world.principals.group("Joiners")
    book = world.book_with_approval(approver_groups=frozenset({empty}), approvals_required=2)
    shown = await previewed(world, book)
    assert (shown.faults, shown.empty_groups) == ((), ((book.approval[0].name, (empty,)),))
    assert (await save(world, shown.draft)).result is Result.SAVED


async def test_every_permission_set_beside_others_is_refused_and_alone_it_opens_them_all(world: World) -> None:
    beside = grown(world, permission_sets=frozenset({EVERY_PERMISSION_SET, READ}))
    assert await refused(world, beside) == [(Reason.EVERY_BESIDE_OTHERS, Field.PERMISSION_SETS)]
    who = frozenset({world.ada.id})
    alone = await previewed(world, grown(world, users=who, permission_sets=frozenset({EVERY_PERMISSION_SET})))
    one = await previewed(world, grown(world, users=who))
    assert (alone.faults, one.faults) == ((), ())
    assert sum(shift.targets for shift in alone.effects.gained) > sum(shift.targets for shift in one.effects.gained)


async def test_a_draft_is_nobody_elses(world: World) -> None:
    world.principals.join("Admins", world.erin.id)
    draft = await drafted(world, grown(world))
    with pytest.raises(Refused) as caught:
        await world.services.administration.drafts.preview(world.erin.chat, draft.id)
    assert caught.value.refusal.reason is Reason.DRAFT_FORGOTTEN
    assert (await save(world, draft, world.erin)).result is Result.DECLINED


async def test_what_nobody_has_saved_is_forgotten_after_a_day(world: World) -> None:
    draft = await drafted(world, grown(world))
    world.clock.move(KEEP - MINUTE)
    await world.services.administration.drafts.forget()
    assert (await world.services.administration.drafts.preview(world.frank.chat, draft.id)).may_be_saved
    world.clock.move(2 * MINUTE)
    await world.services.administration.drafts.forget()
    with pytest.raises(Refused):
        await world.services.administration.drafts.preview(world.frank.chat, draft.id)


# --- saving ------------------------------------------------------------------------------------------


async def test_saving_makes_a_revision_with_author_and_reason_and_holds_at_once(world: World) -> None:
    world.principals.join("Readers", world.grace.id)
    outcome = await save(world, await drafted(world, grown(world)), why="Grace mends the vault")
    assert (outcome.result, outcome.revision) == (Result.SAVED, 2)
    page = await world.services.policies.history()
    entry = page.entries[0]
    assert (entry.revision.author.principal_id, entry.revision.why) == (world.frank.id, "Grace mends the vault")
    assert [part.name for part in entry.changes] == ["vault"]
    event = (await world.events())[-1]
    assert (event["action"], event["facts"]["why"]) == ("policies.changed", "Grace mends the vault")
    assert [choice.account.id for choice in await world.services.form_options.accounts(world.grace.chat, "")] == [VAULT]


async def test_a_click_delivered_twice_saves_once(world: World) -> None:
    draft = await drafted(world, grown(world))
    command = world.saving(draft.id, key="twice")
    assert await world.done(command) == await world.done(command)
    assert (await world.services.policies.current()).revision == 2


async def test_a_reason_is_needed(world: World) -> None:
    outcome = await save(world, await drafted(world, grown(world)), why="  ")
    assert [refusal.reason for refusal in outcome.refusals] == [Reason.WHY_MISSING]


async def test_who_is_no_admin_any_more_saves_nothing(world: World) -> None:
    draft = await drafted(world, grown(world))
    world.principals.leave("Admins", world.frank.id)
    assert (await save(world, draft)).result is Result.DECLINED
    assert (await world.services.policies.current()).revision == 1


async def test_of_two_admins_the_second_sees_the_firsts_change_and_both_get_theirs(world: World) -> None:
    world.principals.join("Admins", world.erin.id)
    mine = await drafted(world, grown(world))
    hers = await drafted(world, world.book_with_approval(approvals_required=2), world.erin)
    assert (await save(world, hers, world.erin)).result is Result.SAVED
    assert (await save(world, mine)).result is Result.OUTDATED
    assert (await world.services.policies.current()).revision == 2

    preview = await world.services.administration.drafts.preview(world.frank.chat, mine.id)
    (meanwhile,) = preview.meanwhile
    assert meanwhile.revision.author.name == "Erin Gray"
    assert [part.name for part in meanwhile.changes] == ["payments-leads"]
    assert [part.name for part in preview.changes] == ["vault"]
    assert (await save(world, preview.draft)).revision == 3
    book = await world.services.policies.current()
    assert book.approval[0].approvals_required == 2
    assert [policy.name for policy in book.eligibility] == ["payments-engineers", "sandbox", "vault"]


async def test_two_admins_on_one_policy_keep_what_both_have_added(world: World) -> None:
    world.principals.join("Admins", world.erin.id)
    engineers, sandbox = world.book().eligibility
    mine = await drafted(
        world, replace(world.book(), eligibility=(replace(engineers, accounts=frozenset({SANDBOX})), sandbox))
    )
    hers = await drafted(
        world,
        replace(world.book(), eligibility=(replace(engineers, max_duration=2 * HOUR), sandbox)),
        world.erin,
    )
    await save(world, hers, world.erin)
    preview = await world.services.administration.drafts.preview(world.frank.chat, mine.id)
    (policy,) = [policy for policy in preview.draft.book.eligibility if policy.name == "payments-engineers"]
    assert (policy.accounts, policy.max_duration) == (frozenset({SANDBOX}), 2 * HOUR)


async def test_a_new_policy_under_a_name_that_was_taken_meanwhile_cannot_be_saved(world: World) -> None:
    mine = await drafted(world, grown(world))
    await world.set_policies(grown(world, max_duration=HOUR))
    preview = await world.services.administration.drafts.preview(world.frank.chat, mine.id)
    assert [fault.reason for fault in preview.faults] == [Reason.NAME_TAKEN]
    assert not preview.may_be_saved


async def test_any_revision_is_restored_by_preview_and_save(world: World) -> None:
    await save(world, await drafted(world, grown(world)))
    draft = await world.services.administration.drafts.restore(await admin(world), 1)
    preview = await world.services.administration.drafts.preview(world.frank.chat, draft.id)
    assert [part.name for part in preview.changes] == ["vault"]
    assert (await save(world, draft)).revision == 3
    book = await world.services.policies.current()
    assert book.eligibility == world.book().eligibility


async def test_a_restored_revision_that_names_what_is_gone_says_so(world: World) -> None:
    first = await world.services.policies.current()
    await world.set_policies(replace(first, eligibility=first.eligibility[1:]))
    del world.principals.names[GroupId("group-Payments")]
    draft = await world.services.administration.drafts.restore(await admin(world), 1)
    preview = await world.services.administration.drafts.preview(world.frank.chat, draft.id)
    assert [(fault.reason, fault.detail) for fault in preview.faults] == [(Reason.IS_GONE, "group-Payments")]


async def test_history_comes_in_pages_of_ten(world: World) -> None:
    for minutes in range(15, 30):
        await world.set_policies(world.book(reminder_after=timedelta(minutes=minutes + 1)))
    page = await world.services.policies.history()
    assert [entry.revision.book.revision for entry in page.entries] == list(range(16, 6, -1))
    older = await world.services.policies.history(before=7)
    assert [entry.revision.book.revision for entry in older.entries] == list(range(6, 0, -1))
    assert (page.more, older.more) == (True, False)


# --- nobody is locked out ----------------------------------------------------------------------------


async def test_an_admin_cannot_give_away_the_own_seat(world: World) -> None:
    for group in (world.principals.group("Payments"), world.principals.group("Empty"), None):
        book = world.book()
        changed = replace(book, settings=replace(book.settings, admin_group=group))
        assert await refused(world, changed) == [(Reason.ADMINS_LOCKED_OUT, Field.ADMIN_GROUP)]


async def test_another_group_with_the_author_in_it_may_be_chosen(world: World) -> None:
    world.principals.join("Platform", world.frank.id)
    book = world.book()
    changed = replace(book, settings=replace(book.settings, admin_group=world.principals.group("Platform")))
    assert (await save(world, await drafted(world, changed))).result is Result.SAVED
    world.principals.join("Admins", world.erin.id)
    with pytest.raises(Refused):
        await admin(world, world.erin)


async def test_who_has_left_the_new_group_since_the_preview_saves_nothing(world: World) -> None:
    world.principals.join("Platform", world.frank.id)
    book = world.book()
    draft = await drafted(
        world, replace(book, settings=replace(book.settings, admin_group=world.principals.group("Platform")))
    )
    world.principals.leave("Platform", world.frank.id)
    outcome = await save(world, draft)
    assert [refusal.reason for refusal in outcome.refusals] == [Reason.ADMINS_LOCKED_OUT]
    event = (await world.events())[-1]
    assert (event["action"], event["facts"]["reasons"]) == ("policies.refused", ["admins_locked_out"])
