"""The identity store."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import Company

Call = Callable[..., Awaitable[dict[str, Any]]]
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def store(call: Call, company: Company) -> Ask:
    async def ask(method: str, /, **arguments: Any) -> dict[str, Any]:
        return await call("identitystore", method, IdentityStoreId=company.identity_store_id, **arguments)

    return ask


@pytest.fixture
def refused_store(refused: Call, company: Company) -> Ask:
    async def ask(method: str, /, **arguments: Any) -> dict[str, Any]:
        return await refused("identitystore", method, IdentityStoreId=company.identity_store_id, **arguments)

    return ask


def _by(path: str, value: str) -> dict[str, Any]:
    return {"AlternateIdentifier": {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}}


@pytest.mark.parametrize(
    ("path", "value", "user"),
    [
        ("userName", "ada@example.com", "ada@example.com"),
        ("emails.value", "ada@example.com", "ada@example.com"),
        ("emails.value", "victor@example.com", "v.ruiz"),
        ("userName", "wendy@example.com", "wendy@example.com"),
    ],
)
async def test_a_user_is_found_by_name_and_by_address(
    store: Ask, company: Company, path: str, value: str, user: str
) -> None:
    assert (await store("get_user_id", **_by(path, value)))["UserId"] == company.user(user).id


async def test_a_user_who_is_not_there_is_not_found(aws: LocalAws, store: Ask, refused_store: Ask) -> None:
    for wanted in (_by("emails.value", "judy@example.com"), _by("userName", "judy@example.com")):
        refusal = await refused_store("get_user_id", **wanted)
        assert (refusal["Code"], refusal["ResourceType"]) == ("ResourceNotFoundException", "USER")
    assert (await refused_store("get_user_id", **_by("nickName", "ada")))["Code"] == "ValidationException"
    shouted = _by("emails.value", "ADA@example.com")
    assert (await refused_store("get_user_id", **shouted))["Code"] == "ResourceNotFoundException"
    aws.conduct.email_lookup_ignores_case = True
    assert await store("get_user_id", **shouted)


async def test_a_user_is_described_with_status_and_address(aws: LocalAws, store: Ask, company: Company) -> None:
    ada = company.user("ada@example.com")
    described = await store("describe_user", UserId=ada.id)
    assert described["UserStatus"] == "ENABLED"
    assert described["DisplayName"] == "Ada Lovelace"
    assert described["Emails"] == [{"Value": "ada@example.com", "Type": "work", "Primary": True}]
    heidi = company.user("heidi@example.com")
    assert (await store("describe_user", UserId=heidi.id))["UserStatus"] == "DISABLED"
    assert "Emails" not in await store("describe_user", UserId=company.user("wendy@example.com").id)
    aws.disable_user("ada@example.com")
    aws.enable_user("heidi@example.com")
    assert (await store("describe_user", UserId=ada.id))["UserStatus"] == "DISABLED"
    assert (await store("describe_user", UserId=heidi.id))["UserStatus"] == "ENABLED"


async def test_users_are_listed_in_pages_with_their_status(store: Ask, company: Company) -> None:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = await store("list_users", MaxResults=7, **token)
        found += answer["Users"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert [user["UserName"] for user in found] == [user.user_name for user in company.users]
    assert [user["UserName"] for user in found if user["UserStatus"] == "DISABLED"] == ["heidi@example.com"]
    one = await store("list_users", Filters=[{"AttributePath": "UserName", "AttributeValue": "zoe"}])
    assert [user["UserName"] for user in one["Users"]] == ["zoe"]


async def test_groups_are_found_described_and_listed(store: Ask, refused_store: Ask, company: Company) -> None:
    leads = company.group("Payments Leads")
    assert (await store("get_group_id", **_by("displayName", "Payments Leads")))["GroupId"] == leads.id
    described = await store("describe_group", GroupId=leads.id)
    assert (described["DisplayName"], described["Description"]) == ("Payments Leads", "Approve for payments")
    listed = await store("list_groups")
    assert [group["DisplayName"] for group in listed["Groups"]] == [group.name for group in company.groups]
    refusal = await refused_store("get_group_id", **_by("displayName", "payments leads"))
    assert (refusal["Code"], refusal["ResourceType"]) == ("ResourceNotFoundException", "GROUP")


async def test_memberships_are_listed_from_both_sides(store: Ask, company: Company) -> None:
    bob = {"UserId": company.user("bob@example.com").id}
    payments, leads = company.group("Payments").id, company.group("Payments Leads").id
    of_group = await store("list_group_memberships", GroupId=leads)
    assert [row["MemberId"]["UserId"] for row in of_group["GroupMemberships"]] == [
        company.user(f"{name}@example.com").id for name in ("bob", "carol", "dan")
    ]
    of_bob = await store("list_group_memberships_for_member", MemberId=bob)
    assert {row["GroupId"] for row in of_bob["GroupMemberships"]} == {payments, leads}
    answer = await store("is_member_in_groups", MemberId=bob, GroupIds=[leads, company.group("Nobody").id])
    assert [row["MembershipExists"] for row in answer["Results"]] == [True, False]


async def test_memberships_come_and_go(aws: LocalAws, store: Ask, refused_store: Ask, company: Company) -> None:
    one = {
        "GroupId": company.group("Nobody").id,
        "MemberId": {"UserId": company.user("ada@example.com").id},
    }
    made = await store("create_group_membership", **one)
    duplicate = await refused_store("create_group_membership", **one)
    assert (duplicate["Code"], duplicate["Reason"]) == ("ConflictException", "UNIQUENESS_CONSTRAINT_VIOLATION")
    await store("delete_group_membership", MembershipId=made["MembershipId"])
    gone = await refused_store("delete_group_membership", MembershipId=made["MembershipId"])
    assert gone["Code"] == "ResourceNotFoundException"
    aws.add_member("Nobody", "ada@example.com")
    assert await store("get_group_membership_id", **one)
    aws.remove_member("Nobody", "ada@example.com")
    assert (await refused_store("get_group_membership_id", **one))["Code"] == "ResourceNotFoundException"


async def test_names_and_addresses_are_unique_whatever_their_case(store: Ask, refused_store: Ask) -> None:
    def user(user_name: str, email: str) -> dict[str, Any]:
        name = {"GivenName": "New", "FamilyName": "User"}
        return {"UserName": user_name, "Name": name, "DisplayName": "New User", "Emails": [{"Value": email}]}

    made = await store("create_user", **user("new", "new@example.com"))
    assert (await store("describe_user", UserId=made["UserId"]))["UserStatus"] == "ENABLED"
    for other in (user("NEW", "other@example.com"), user("other", "New@example.com")):
        assert (await refused_store("create_user", **other))["Code"] == "ConflictException"
    assert (await refused_store("create_group", DisplayName="Payments"))["Code"] == "ConflictException"
    await store("delete_user", UserId=made["UserId"])
    assert (await refused_store("describe_user", UserId=made["UserId"]))["Code"] == "ResourceNotFoundException"


async def test_an_address_can_be_changed(store: Ask, company: Company) -> None:
    ada = company.user("ada@example.com")
    new = [{"AttributePath": "emails", "AttributeValue": [{"Value": "ada@new.example", "Type": "work"}]}]
    await store("update_user", UserId=ada.id, Operations=new)
    assert (await store("get_user_id", **_by("emails.value", "ada@new.example")))["UserId"] == ada.id


async def test_an_unknown_store_is_not_found(refused: Call) -> None:
    refusal = await refused("identitystore", "list_users", IdentityStoreId="d-0000000000")
    assert (refusal["Code"], refusal["ResourceType"]) == ("ResourceNotFoundException", "IDENTITY_STORE")
