"""Policies are kept revision by revision; the first start fills in what the environment names."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.adapters.storage.engine import Database
from core.domain.errors import Conflict, NotFound, Reason, UpstreamBusy
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.services.context.organization_cache import REFRESH_AFTER
from core.services.policies.store import INSTALLATION, compare
from tests.services.company import HOUR, MANAGEMENT, MINUTE, PROD, SANDBOX
from tests.services.world import World

AUTHOR = Actor("operator ada")


@pytest.fixture
async def unconfigured(database: Database) -> World:
    """On the first start, on both databases."""
    return World(database)


async def test_a_book_becomes_the_next_revision_and_what_it_changes_is_audited(world: World) -> None:
    book = world.book(max_duration=2 * HOUR)
    after = await world.services.policies.apply(
        replace(book, approval=()), based_on=1, author=AUTHOR, why="shorter days"
    )
    assert after.revision == 2
    assert await world.services.policies.current() == after
    event = (await world.events())[-1]
    assert (event["action"], event["policy_revision"]) == ("policies.changed", 2)
    facts = event["facts"]
    assert (facts["why"], facts["added"], facts["changed"]) == ("shorter days", [], ["settings.max_duration"])
    assert facts["removed"] == ["approval.payments-leads"]


async def test_the_trail_holds_every_field_before_and_after(world: World) -> None:
    """Rule 23: what a policy said can be read from the chain, whatever becomes of the table of revisions."""
    before = world.book()
    wider = replace(before.eligibility[0], accounts=frozenset({SANDBOX}))
    after = replace(world.book(max_duration=2 * HOUR), eligibility=(wider, *before.eligibility[1:]), approval=())
    await world.services.policies.apply(after, based_on=1, author=AUTHOR)
    fields = {(each.pop("part"), each.pop("field")): each for each in (await world.events())[-1]["facts"]["fields"]}
    assert fields["settings", "max_duration"] == {"before": "9h", "after": "2h"}
    assert fields["eligibility.payments-engineers", "accounts"] == {"gained": [SANDBOX], "lost": []}
    assert fields["approval.payments-leads", "approver_groups"] == {"gained": [], "lost": ["group-Payments Leads"]}
    assert len(fields) == len({("settings", "max_duration"), *fields})


async def test_a_book_that_changes_nothing_is_no_revision(world: World) -> None:
    assert (await world.services.policies.apply(world.book(), based_on=1, author=AUTHOR)).revision == 1
    assert await world.actions() == ["policies.changed"]


async def test_who_read_an_older_book_is_told_that_it_was_changed(world: World) -> None:
    await world.set_policies(world.book(max_duration=HOUR))
    with pytest.raises(Conflict):
        await world.services.policies.apply(PolicyBook(), based_on=1, author=AUTHOR)
    assert (await world.services.policies.current()).revision == 2


async def test_a_file_has_not_seen_what_people_changed_in_chat_since_the_last_file(world: World) -> None:
    policies = world.services.policies
    by_hand = Actor("Frank Rosen", world.frank.id, world.frank.chat)
    for hours, author in ((2, by_hand), (3, AUTHOR), (4, by_hand), (5, by_hand)):
        current = await policies.current()
        await policies.apply(world.book(max_duration=hours * HOUR), based_on=current.revision, author=author)
    assert [entry.revision.book.revision for entry in await policies.unseen(None)] == [5, 4]
    assert [entry.revision.book.revision for entry in await policies.unseen(2)] == [5, 4, 3]
    assert await policies.unseen(5) == ()


async def test_of_two_who_change_at_once_one_wins(world_on_both: World) -> None:
    world = world_on_both
    books = [world.book(max_duration=timedelta(hours=n)) for n in range(1, 6)]
    tries = (world.services.policies.apply(book, based_on=1, author=AUTHOR) for book in books)
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 4
    assert (await world.services.policies.current()).revision == 2


def test_a_difference_names_settings_and_policies() -> None:
    assert compare(PolicyBook(), PolicyBook(revision=7)).is_empty


@pytest.mark.parametrize("admins", ["Admins", "group-Admins"], ids=["name", "id"])
async def test_the_first_start_sets_the_groups_that_the_environment_names(unconfigured: World, admins: str) -> None:
    policies = unconfigured.services.policies
    book = await policies.install(admins, "Auditors")
    assert (book.revision, book.settings.admin_group, book.settings.auditor_group) == (
        1,
        "group-Admins",
        "group-Auditors",
    )
    assert book.labels == {"group-Admins": "Admins", "group-Auditors": "Auditors"}
    assert (await policies.install("Payments", "Auditors")) == await policies.current() == book
    (event,) = await unconfigured.events()
    assert event["actor"]["name"] == INSTALLATION.name


async def test_a_group_that_is_made_after_the_first_start_makes_nobody_an_admin(unconfigured: World) -> None:
    """Or whoever may make groups in the directory would only have to wait for a misspelt name."""
    policies = unconfigured.services.policies
    assert (await policies.install("Later", "Auditors")).settings.auditor_group == "group-Auditors"
    unconfigured.principals.group("Later")
    book = await policies.install("Later", "Auditors")
    assert (book.settings.admin_group, book.revision) == (None, 1)


async def test_of_groups_that_are_all_missing_it_is_kept_that_they_were_looked_for(unconfigured: World) -> None:
    policies = unconfigured.services.policies
    await policies.install("Later", "Later too")
    for name in ("Later", "Later too"):
        unconfigured.principals.group(name)
    book = await policies.install("Later", "Later too")
    assert (book.settings.admin_group, book.settings.auditor_group, book.revision) == (None, None, 1)
    (entry,) = (await policies.history()).entries
    assert entry.revision.why == "first start, without Later, Later too: no such group"


async def test_a_misspelt_name_can_be_mended_before_anybody_has_set_policies(unconfigured: World) -> None:
    policies = unconfigured.services.policies
    await policies.install("Amdins", "Auditors")
    book = await policies.install("Admins", "Auditors")
    assert (book.settings.admin_group, book.settings.auditor_group) == ("group-Admins", "group-Auditors")


async def test_while_identity_center_does_not_answer_the_first_start_is_still_to_come(unconfigured: World) -> None:
    policies = unconfigured.services.policies
    unconfigured.principals.down = UpstreamBusy("AWS is away")
    with pytest.raises(UpstreamBusy):
        await policies.install("Admins", "Auditors")
    unconfigured.principals.down = None
    assert (await policies.install("Admins", "Auditors")).settings.admin_group == "group-Admins"


async def test_what_a_person_has_set_no_start_changes(unconfigured: World) -> None:
    policies = unconfigured.services.policies
    await policies.apply(
        PolicyBook(settings=replace(PolicyBook().settings, max_duration=HOUR)), based_on=0, author=AUTHOR
    )
    book = await policies.install("Admins", "Auditors")
    assert (book.revision, book.settings.admin_group) == (1, None)


async def test_a_first_start_without_names_changes_nothing(unconfigured: World) -> None:
    assert (await unconfigured.services.policies.install("", "")).revision == 0
    assert await unconfigured.actions() == []


# --- the organization --------------------------------------------------------------------------------


async def test_a_snapshot_is_read_anew_when_it_is_old_and_not_before(world: World) -> None:
    organizations = world.services.organizations
    reads = world.reader.reads
    await organizations.refresh()
    world.clock.move(REFRESH_AFTER - MINUTE)
    await organizations.refresh()
    assert world.reader.reads == reads
    world.clock.move(MINUTE)
    await asyncio.gather(*(organizations.refresh() for _ in range(3)))
    assert world.reader.reads > reads
    await organizations.refresh(force=True)


async def test_another_replica_takes_the_snapshot_over(world: World) -> None:
    reads = world.reader.reads
    world.start()
    assert PROD in (await world.services.organizations.current()).accounts
    await world.services.organizations.refresh()
    assert world.reader.reads == reads


async def test_without_aws_the_last_snapshot_serves(world: World) -> None:
    world.clock.move(2 * HOUR)
    world.reader.down = UpstreamBusy("away")
    with pytest.raises(UpstreamBusy):
        await world.services.organizations.refresh()
    assert PROD in (await world.services.organizations.current()).accounts


async def test_an_organization_that_was_never_read_is_busy(unconfigured: World) -> None:
    with pytest.raises(UpstreamBusy):
        await unconfigured.services.organizations.current()


# --- explaining --------------------------------------------------------------------------------------


async def test_an_explanation_names_policies_limit_and_deciders(world: World) -> None:
    told = await world.services.explainer.explain("ADA@example.com", PROD, "PowerUserAccess")
    assert told.judgement.allowed
    assert (told.account.name, told.account_path) == ("Payments Prod", ("Workloads", "Payments"))
    assert told.judgement.eligibility is not None
    assert told.judgement.eligibility.policies == ("payments-engineers",)
    assert [principal.name for principal in told.approvers] == ["Bob Kahn", "Carol Shaw", "Dan Bricklin"]


async def test_an_explanation_of_a_no_says_why(world: World) -> None:
    told = await world.services.explainer.explain("grace@example.com", SANDBOX, "PowerUserAccess")
    assert [refusal.reason for refusal in told.judgement.refusals] == [Reason.NOT_ELIGIBLE]
    assert (told.covering, told.naming) == (("sandbox",), ())


async def test_an_explanation_says_that_a_target_is_barred_also_to_whom_no_policy_names(world: World) -> None:
    told = await world.services.explainer.explain("grace@example.com", MANAGEMENT, "PowerUserAccess")
    assert told.barred is not None
    assert told.barred.reason is Reason.MANAGEMENT_ACCOUNT


async def test_an_account_is_explained_by_its_name_too(world: World) -> None:
    told = await world.services.explainer.explain("ada@example.com", '"payments prod"', "ReadOnlyAccess")
    assert told.account.id == PROD
    elsewhere = await world.services.explainer.explain("ada@example.com", SANDBOX, "ReadOnlyAccess")
    assert (elsewhere.covering, elsewhere.naming) == ((), ("payments-engineers", "sandbox"))


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("nobody@example.com", PROD, "PowerUserAccess"), "no Identity Center user nobody@example.com"),
        (("ada@example.com", "000000000000", "PowerUserAccess"), "000000000000"),
        (("ada@example.com", PROD, "Nothing"), "Nothing"),
    ],
)
async def test_an_explanation_names_what_it_does_not_know(
    world: World, words: tuple[str, str, str], missing: str
) -> None:
    with pytest.raises(NotFound, match=missing):
        await world.services.explainer.explain(*words)


async def test_an_explanation_tells_who_is_disabled_from_who_is_unknown(world: World) -> None:
    world.principals.disable(world.ada.id)
    with pytest.raises(NotFound, match=r"ada@example\.com is disabled"):
        await world.services.explainer.explain("ada@example.com", PROD, "PowerUserAccess")
