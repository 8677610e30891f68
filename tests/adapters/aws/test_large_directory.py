"""A directory that cannot be listed every minute: it is listed slowly, and who is asked about is looked up alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ticks import PEOPLE_LISTED_EVERY
from core.adapters.aws import user_listing
from core.adapters.aws.directory import MAX_AGE, RESCAN_AFTER, IdentityStoreDirectory
from core.adapters.aws.session import AwsSession
from core.adapters.aws.user_listing import listed_every
from core.domain.ids import GroupId, PrincipalId
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import Company, IdentityUser, example_company
from tests.fakes.clock import FakeClock

TICK = timedelta(seconds=PEOPLE_LISTED_EVERY)
PAGES = 3


@pytest.fixture
def company() -> Company:
    """The example company with 250 people more: three pages."""
    example = example_company()
    people = tuple(IdentityUser(f"p{n}", "Person", f"{n}", f"p{n}@example.com") for n in range(250))
    return replace(example, users=example.users + people)


@pytest.fixture(autouse=True)
def few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call in two minutes: three pages are many."""
    monkeypatch.setattr(user_listing, "CALLS_A_MINUTE", 0.5)


@pytest.fixture
def ada(company: Company) -> PrincipalId:
    return PrincipalId(company.user("ada@example.com").id)


def names(aws: LocalAws) -> list[str]:
    return [call.operation for call in aws.calls(service="identitystore")]


@pytest.fixture
async def listed_a_while_ago(directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock) -> None:
    await directory.refresh()
    clock.move(MAX_AGE)
    aws.forget()


def test_a_small_directory_is_listed_as_ever_and_a_large_one_takes_a_twentieth_of_the_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(user_listing, "CALLS_A_MINUTE", 60)
    assert [listed_every(users, TICK) for users in (0, 300, 4_500)] == [TICK] * 3
    assert listed_every(40_000, TICK) == timedelta(seconds=400)


async def test_it_is_listed_no_oftener_than_its_calls_allow(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock
) -> None:
    for _ in range(80):  # an hour
        await directory.refresh()
        clock.move(TICK)

    assert len(aws.calls("ListUsers")) == 10 * PAGES  # every 6 minutes, at the next tick
    assert len(aws.calls("ListGroups")) == 10


async def test_whoever_is_asked_about_is_known_as_of_this_minute(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, company: Company, ada: PrincipalId
) -> None:
    payments = GroupId(company.group("Payments").id)
    await directory.refresh()
    aws.disable_user("ada@example.com")
    aws.remove_member("Payments", "ada@example.com")
    clock.move(MAX_AGE)

    assert [each.enabled for each in await directory.principals_of_email("ADA@example.com")] == [False]
    assert [each.enabled for each in [await directory.principal(ada)] if each] == [False]
    assert payments not in await directory.groups_of(ada)
    assert aws.calls("ListUsers")[PAGES:] == []


@pytest.mark.usefixtures("listed_a_while_ago")
async def test_a_form_waits_for_one_look_up_which_serves_for_a_minute(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, ada: PrincipalId
) -> None:
    for _ in range(3):
        await directory.principals_of_email("ada@example.com")
        await directory.groups_of(ada)
        clock.move(MAX_AGE / 4)

    assert sorted(names(aws)) == ["DescribeUser", "ListGroupMembershipsForMember"]


@pytest.mark.usefixtures("listed_a_while_ago")
@pytest.mark.parametrize("fresh", [True, False])
async def test_somebody_new_is_found_at_once_and_nobody_is_a_reason_to_list_everybody(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, fresh: bool
) -> None:
    aws.add_user(IdentityUser("new", "New", "Person", "new@example.com"))

    (found,) = await directory.principals_of_email("New@example.com", fresh=fresh)
    assert found.user_name == "new"
    clock.move(RESCAN_AFTER)
    assert list(await directory.principals_of_email("stranger@example.com", fresh=fresh)) == []
    assert list(await directory.principals_of_external_id("stranger", fresh=fresh)) == []
    assert aws.calls("ListUsers") == []


@pytest.mark.usefixtures("listed_a_while_ago")
async def test_names_to_choose_from_are_those_of_the_last_listing(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company
) -> None:
    assert len(await directory.everybody()) == len(company.users)
    assert names(aws) == []


async def test_an_index_of_people_who_have_not_changed_is_not_made_again(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock
) -> None:
    await directory.refresh()
    first = directory._users.last
    clock.move(timedelta(hours=1))
    await directory.refresh()
    assert directory._users.last is first
    aws.disable_user("ada@example.com")
    clock.move(timedelta(hours=1))
    await directory.refresh()
    assert directory._users.last is not first


async def taken_over(directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, session: AwsSession) -> None:
    """Know what another process has listed, and ask nothing."""
    other = IdentityStoreDirectory(session, clock)
    await other.refresh()
    assert other.listing is not None
    await directory.take_over(other.listing)
    aws.forget()


async def test_a_young_listing_of_another_process_serves_like_its_own(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, session: AwsSession, ada: PrincipalId
) -> None:
    await taken_over(directory, aws, clock, session)
    assert [each.id for each in await directory.principals_of_email("ada@example.com")] == [ada]
    assert len(await directory.groups()) == len(example_company().groups)
    assert names(aws) == []


async def test_nobody_waits_for_a_listing_where_an_older_one_is_known(
    directory: IdentityStoreDirectory,
    aws: LocalAws,
    clock: FakeClock,
    session: AwsSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(user_listing, "CALLS_A_MINUTE", 60)
    await taken_over(directory, aws, clock, session)
    clock.move(timedelta(days=1))
    aws.disable_user("ada@example.com")
    aws.add_user(IdentityUser("bob.in.capitals", "Bob", "Two", "BOB@example.com"))

    assert [each.enabled for each in await directory.principals_of_email("Ada@example.com")] == [False]
    assert "ListUsers" not in names(aws)
    await directory.refresh()
    aws.forget()
    assert len(await directory.principals_of_email("bob@example.com")) == 2
    assert names(aws) == []


async def test_after_a_clock_was_set_back_what_another_process_lists_is_taken_over(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, session: AwsSession, ada: PrincipalId
) -> None:
    await directory.refresh()
    clock.move(-timedelta(hours=1))
    await taken_over(directory, aws, clock, session)
    assert [each.id for each in await directory.principals_of_email("ada@example.com")] == [ada]
    assert names(aws) == []
