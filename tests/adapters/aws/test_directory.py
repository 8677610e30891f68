import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.adapters.aws.directory import MAX_AGE, RESCAN_AFTER, IdentityStoreDirectory
from core.adapters.aws.user_index import principal_of
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import GroupId, PrincipalId
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import Company, Group, IdentityUser, example_company
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from mypy_boto3_identitystore.type_defs import UserTypeDef

NOBODY = PrincipalId("90676c1a2b-00000000-0000-0000-0000-000000000000")
NO_GROUP = GroupId(NOBODY)


@pytest.fixture
def company() -> Company:
    """The example company with 250 people more, all of them in one group, and one of them in 130 groups."""
    example = example_company()
    people = tuple(IdentityUser(f"p{n}", "Person", f"{n}", f"p{n}@example.com") for n in range(250))
    crowd = Group("Crowd", tuple(person.user_name for person in people))
    clubs = tuple(Group(f"Club {n:03}", ("p7",)) for n in range(130))
    twins = tuple(IdentityUser(f"twin{n}", "Sam", "Same", f"twin{n}@example.com") for n in range(2))
    return replace(example, users=example.users + people + twins, groups=(*example.groups, crowd, *clubs))


def group_id(company: Company, name: str) -> GroupId:
    return GroupId(company.group(name).id)


def user_id(company: Company, name: str) -> PrincipalId:
    return PrincipalId(company.user(name).id)


fresh_or_cached = pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "cached"])


@fresh_or_cached
@pytest.mark.parametrize(
    ("email", "user_names"),
    [
        ("ada@example.com", {"ada@example.com"}),
        ("  ADA@Example.COM ", {"ada@example.com"}),
        ("victor@example.com", {"v.ruiz"}),
        ("V.Ruiz", {"v.ruiz"}),
        ("Wendy@example.com", {"wendy@example.com"}),
        ("zoe@example.com", {"zoe", "zoe-admin"}),
        ("ZOE@EXAMPLE.COM", {"zoe", "zoe-admin"}),
        ("P249@example.com", {"p249"}),
        ("nobody@example.com", set()),
        ("", set()),
        ("not an address; surely \u0000", set()),
    ],
)
async def test_everybody_of_an_address_is_found_without_regard_to_case(
    directory: IdentityStoreDirectory, email: str, user_names: set[str], fresh: bool
) -> None:
    found = await directory.principals_of_email(email, fresh=fresh)

    assert {principal.user_name for principal in found} == user_names
    assert len(found) == len(user_names)


@fresh_or_cached
async def test_a_disabled_user_is_found_and_said_to_be_disabled(
    directory: IdentityStoreDirectory, company: Company, fresh: bool
) -> None:
    by_email = await directory.principals_of_email("heidi@example.com", fresh=fresh)
    by_id = await directory.principal(user_id(company, "heidi@example.com"), fresh=fresh)

    assert [principal.enabled for principal in by_email] == [False]
    assert list(by_email) == [by_id]


async def test_a_fresh_answer_knows_of_a_user_disabled_a_moment_ago(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company
) -> None:
    await directory.refresh()
    aws.disable_user("ada@example.com")
    ada = user_id(company, "ada@example.com")

    assert [p.enabled for p in await directory.principals_of_email("Ada@example.com", fresh=True)] == [False]
    assert [p.enabled for p in [await directory.principal(ada, fresh=True)] if p] == [False]
    assert [p.enabled for p in await directory.principals_of_email("ada@example.com")] == [True]


async def test_an_address_that_was_taken_away_leads_nowhere_when_asked_afresh(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock
) -> None:
    await directory.refresh()
    aws.set_email("v.ruiz", "other@example.com")

    assert await directory.principals_of_email("victor@example.com", fresh=True) == []
    clock.move(RESCAN_AFTER)
    assert await directory.principals_of_email("victor@example.com", fresh=True) == []


async def test_a_new_user_is_found_at_once_as_spelled_and_after_a_rescan_in_any_case(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock
) -> None:
    await directory.refresh()
    aws.add_user(IdentityUser("new", "New", "Person", "New.Person@example.com"))

    assert len(await directory.principals_of_email("New.Person@example.com", fresh=True)) == 1
    assert await directory.principals_of_email("new.person@example.com", fresh=True) == []
    clock.move(RESCAN_AFTER)
    assert len(await directory.principals_of_email("new.person@example.com", fresh=True)) == 1


async def test_users_are_not_scanned_at_every_question_about_a_stranger(
    directory: IdentityStoreDirectory, aws: LocalAws
) -> None:
    for _ in range(5):
        assert await directory.principals_of_email("stranger@example.com", fresh=True) == []

    assert len(aws.calls("ListUsers")) == 3  # 269 users, once


async def test_what_is_cached_is_a_minute_old_at_most(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, company: Company
) -> None:
    ada, payments = user_id(company, "ada@example.com"), group_id(company, "Payments")
    await directory.principals_of_email("ada@example.com")
    assert payments in await directory.groups_of(ada)
    assert ada in await directory.members_of(payments)
    aws.disable_user("ada@example.com")
    aws.remove_member("Payments", "ada@example.com")
    clock.move(MAX_AGE - timedelta(seconds=1))
    assert payments in await directory.groups_of(ada)
    clock.move(timedelta(seconds=1))

    assert [p.enabled for p in await directory.principals_of_email("ada@example.com")] == [False]
    assert payments not in await directory.groups_of(ada)
    assert ada not in await directory.members_of(payments)


async def test_a_refresh_spares_those_who_ask_the_wait(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock
) -> None:
    await directory.refresh()
    clock.move(MAX_AGE - timedelta(seconds=10))
    await directory.refresh()
    scans = len(aws.calls("ListUsers"))
    clock.move(timedelta(seconds=30))
    await directory.principals_of_email("ada@example.com")
    await directory.groups()

    assert (scans, len(aws.calls("ListUsers"))) == (6, 6)


async def test_a_burst_of_type_ahead_makes_one_call(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company
) -> None:
    ada = user_id(company, "ada@example.com")
    await asyncio.gather(*(directory.groups_of(ada) for _ in range(50)))
    await asyncio.gather(*(directory.principals_of_email("ada@example.com") for _ in range(50)))

    assert len(aws.calls("ListGroupMembershipsForMember")) == 1
    assert len(aws.calls("ListUsers")) == 3  # its three pages, once


@fresh_or_cached
async def test_members_on_every_page_are_found(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company, fresh: bool
) -> None:
    members = await directory.members_of(group_id(company, "Crowd"), fresh=fresh)

    assert members == {user_id(company, f"p{n}") for n in range(250)}
    assert len(aws.calls("ListGroupMemberships")) == 3


@fresh_or_cached
async def test_groups_on_every_page_are_found(directory: IdentityStoreDirectory, company: Company, fresh: bool) -> None:
    groups = await directory.groups_of(user_id(company, "p7"), fresh=fresh)

    assert len(groups) == 131
    assert {group.id for group in await directory.groups()} == {GroupId(group.id) for group in company.groups}
    assert {group.name for group in await directory.groups()} == {group.name for group in company.groups}


async def test_a_fresh_answer_knows_of_a_membership_of_a_moment_ago(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company
) -> None:
    ivan, leads = user_id(company, "ivan@example.com"), group_id(company, "Payments Leads")
    assert leads not in await directory.groups_of(ivan)
    assert ivan not in await directory.members_of(leads)
    aws.add_member("Payments Leads", "ivan@example.com")

    assert leads in await directory.groups_of(ivan, fresh=True)
    assert ivan in await directory.members_of(leads, fresh=True)


@fresh_or_cached
async def test_who_and_what_does_not_exist_is_nobody_and_nothing(
    directory: IdentityStoreDirectory, fresh: bool
) -> None:
    assert await directory.principal(NOBODY, fresh=fresh) is None
    assert await directory.groups_of(NOBODY, fresh=fresh) == frozenset()
    assert await directory.members_of(NO_GROUP, fresh=fresh) == frozenset()


async def test_a_user_added_since_the_last_scan_is_known_by_id(
    directory: IdentityStoreDirectory, aws: LocalAws
) -> None:
    await directory.refresh()
    added = aws.add_user(IdentityUser("new", "New", "Person", "new@example.com"))
    found = await directory.principal(PrincipalId(added.id))

    assert found is not None
    assert (found.name, found.emails) == ("New Person", ("new@example.com",))


@pytest.mark.parametrize(
    "operation", ["ListUsers", "ListGroups", "GetUserId", "DescribeUser", "ListGroupMembershipsForMember"]
)
@pytest.mark.parametrize(("fault", "expected"), [("server_error", UpstreamBusy), ("access_denied", UpstreamRefused)])
async def test_a_look_up_that_fails_is_an_error_and_never_an_empty_answer(
    directory: IdentityStoreDirectory, aws: LocalAws, company: Company, operation: str, fault: str, expected: type
) -> None:
    aws.faults.add(fault, operation=operation)
    questions = (
        lambda: directory.principals_of_email("Ada@example.com", fresh=True),
        lambda: directory.principals_of_email("stranger@example.com", fresh=True),
        lambda: directory.groups_of(user_id(company, "ada@example.com"), fresh=True),
        directory.groups,
    )

    async def ask_all() -> None:
        for question in questions:
            await question()

    with pytest.raises(expected, match=f"^{operation}: "):
        await ask_all()


def test_only_whose_status_says_so_is_enabled_and_without_a_display_name_one_has_a_name() -> None:
    told: UserTypeDef = {
        "IdentityStoreId": "d-1",
        "UserId": "u",
        "UserArn": "",
        "Revision": "1",
        "UserName": "ada",
        "Name": {"GivenName": "Ada", "FamilyName": "Lovelace"},
        "ExternalIds": [{"Issuer": "https://idp.example", "Id": "00u1"}],
    }
    user = principal_of(told)

    assert not user.enabled
    assert principal_of({**told, "UserStatus": "ENABLED"}).enabled
    assert not principal_of({**told, "UserStatus": "DISABLED"}).enabled
    assert user.external_ids == ("https://idp.example 00u1",)
    assert user.name == "Ada Lovelace"
    assert user.emails == ()


async def test_two_people_of_one_name_are_told_apart_by_their_user_names(directory: IdentityStoreDirectory) -> None:
    names = {person.user_name: person.name for person in await directory.everybody()}
    assert (names["twin0"], names["twin1"]) == ("Sam Same (twin0)", "Sam Same (twin1)")
    assert names["ada@example.com"] == "Ada Lovelace"
    (described,) = await directory.principals_of_email("twin1@example.com", fresh=True)
    assert described.name == "Sam Same (twin1)"


async def test_somebody_whom_a_scan_has_seen_is_identified_by_one_call_and_an_address_that_moved_leads_where_it_is(
    directory: IdentityStoreDirectory, aws: LocalAws
) -> None:
    await directory.refresh()
    aws.forget()

    assert len(await directory.principals_of_email("ada@example.com", fresh=True)) == 1
    assert [call.operation for call in aws.calls()] == ["DescribeUser"]

    aws.set_email("v.ruiz", "before@example.com")
    aws.set_email("wendy@example.com", "victor@example.com")
    found = await directory.principals_of_email("victor@example.com", fresh=True)
    assert [principal.user_name for principal in found] == ["wendy@example.com"]


async def test_whoever_has_the_address_as_user_name_is_found_where_its_owner_is_disabled(
    directory: IdentityStoreDirectory, aws: LocalAws
) -> None:
    aws.add_user(IdentityUser("victor@example.com", "Another", "Victor", "another@example.com"))
    await directory.refresh()
    aws.disable_user("v.ruiz")

    found = await directory.principals_of_email("victor@example.com", fresh=True)

    assert {(principal.user_name, principal.enabled) for principal in found} == {
        ("v.ruiz", False),
        ("victor@example.com", True),
    }


async def test_what_was_asked_for_after_a_click_answers_it_and_what_was_asked_for_before_does_not(
    directory: IdentityStoreDirectory, aws: LocalAws, clock: FakeClock, company: Company
) -> None:
    await directory.refresh()
    ada, clicked_at = user_id(company, "ada@example.com"), clock.now()
    clock.move(timedelta(milliseconds=10))
    await directory.principals_of_email("ada@example.com", fresh=True, since=clicked_at)
    await directory.groups_of(ada, fresh=True, since=clicked_at)
    aws.forget()

    assert len(await directory.principals_of_email("ada@example.com", fresh=True, since=clicked_at)) == 1
    assert (await directory.principal(ada, fresh=True, since=clicked_at)) is not None
    assert await directory.groups_of(ada, fresh=True, since=clicked_at)
    assert aws.calls() == []

    aws.disable_user("ada@example.com")
    aws.remove_member("Payments", "ada@example.com")
    clock.move(timedelta(milliseconds=10))
    now = clock.now()
    assert [p.enabled for p in await directory.principals_of_email("ada@example.com", fresh=True, since=now)] == [False]
    assert group_id(company, "Payments") not in await directory.groups_of(ada, fresh=True, since=now)
