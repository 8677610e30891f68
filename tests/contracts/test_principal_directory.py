"""The behaviour that core may rely on when it asks who somebody is in Identity Center."""

from collections.abc import Awaitable, Callable

import pytest

from core.domain.errors import UpstreamBusy
from core.domain.ids import GroupId, PrincipalId
from core.ports import PrincipalDirectory
from tests.contracts.benches import PrincipalBench

NOBODY = "90676c1a2b-00000000-0000-0000-0000-000000000000"

both = pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "cached"])


@both
@pytest.mark.parametrize("email", ["ada@example.com", " ADA@Example.COM "])
async def test_a_user_is_found_by_address_without_regard_to_case(
    principals: PrincipalBench, email: str, fresh: bool
) -> None:
    (found,) = await principals.port.principals_of_email(email, fresh=fresh)
    assert (found.id, found.name, found.emails) == (principals.ada, "Ada Lovelace", ("ada@example.com",))
    assert found.enabled


@both
@pytest.mark.parametrize("email", ["nobody@example.com", "", "   "])
async def test_an_unknown_address_is_nobodys(principals: PrincipalBench, email: str, fresh: bool) -> None:
    assert list(await principals.port.principals_of_email(email, fresh=fresh)) == []


async def test_everybody_of_an_address_is_found(principals: PrincipalBench) -> None:
    principals.set_email(principals.bob, "ADA@example.com")
    found = await principals.port.principals_of_email("ada@example.com", fresh=True)
    assert {principal.id for principal in found} == {principals.ada, principals.bob}


async def test_a_user_without_that_address_is_found_by_user_name(principals: PrincipalBench) -> None:
    principals.set_email(principals.ada, "lovelace@example.com")
    for address in ("ada@example.com", "lovelace@example.com"):
        (found,) = await principals.port.principals_of_email(address, fresh=True)
        assert found.id == principals.ada


@both
async def test_a_user_is_found_by_the_id_of_its_identity_provider(principals: PrincipalBench, fresh: bool) -> None:
    principals.provision(principals.ada, "41c58b1f-0000-4000-8000-00000000ADA0")
    (found,) = await principals.port.principals_of_external_id("41c58b1f-0000-4000-8000-00000000ADA0", fresh=fresh)
    assert found.id == principals.ada
    assert list(await principals.port.principals_of_external_id("41c58b1f", fresh=fresh)) == []
    assert list(await principals.port.principals_of_external_id(" ", fresh=fresh)) == []


async def test_what_the_identity_provider_says_by_now_counts(principals: PrincipalBench) -> None:
    principals.provision(principals.ada, "object-of-ada")
    await principals.port.refresh()
    principals.provision(principals.ada, "another-object")
    principals.disable(principals.bob)
    principals.provision(principals.bob, "object-of-ada")
    (found,) = await principals.port.principals_of_external_id("object-of-ada", fresh=True)
    assert (found.id, found.enabled) == (principals.bob, False)


async def test_a_disabled_user_is_found_and_said_to_be_disabled(principals: PrincipalBench) -> None:
    principals.disable(principals.ada)
    (found,) = await principals.port.principals_of_email("ada@example.com", fresh=True)
    assert not found.enabled
    known = await principals.port.principal(principals.ada, fresh=True)
    assert known is not None
    assert not known.enabled


@both
async def test_a_user_is_found_by_id_and_nobody_by_an_unknown_one(principals: PrincipalBench, fresh: bool) -> None:
    found = await principals.port.principal(principals.ada, fresh=fresh)
    assert found is not None
    assert found.id == principals.ada
    assert await principals.port.principal(PrincipalId(NOBODY), fresh=fresh) is None


@both
async def test_groups_and_members_agree(principals: PrincipalBench, fresh: bool) -> None:
    assert principals.group in await principals.port.groups_of(principals.bob, fresh=fresh)
    assert principals.group not in await principals.port.groups_of(principals.ada, fresh=fresh)
    assert principals.bob in await principals.port.members_of(principals.group, fresh=fresh)


@both
async def test_who_does_not_exist_is_in_no_group_and_a_group_that_does_not_exist_is_empty(
    principals: PrincipalBench, fresh: bool
) -> None:
    assert await principals.port.groups_of(PrincipalId(NOBODY), fresh=fresh) == frozenset()
    assert await principals.port.members_of(GroupId(NOBODY), fresh=fresh) == frozenset()


async def test_fresh_is_what_is_so_now(principals: PrincipalBench) -> None:
    await principals.port.groups_of(principals.ada)
    await principals.port.members_of(principals.group)
    principals.join(principals.ada)
    assert principals.group in await principals.port.groups_of(principals.ada, fresh=True)
    assert principals.ada in await principals.port.members_of(principals.group, fresh=True)
    principals.leave(principals.ada)
    assert principals.group not in await principals.port.groups_of(principals.ada, fresh=True)
    assert principals.ada not in await principals.port.members_of(principals.group, fresh=True)


async def test_groups_have_names(principals: PrincipalBench) -> None:
    assert {group.id: group.name for group in await principals.port.groups()}[principals.group] == "Payments Leads"


ASKING: list[Callable[[PrincipalDirectory, PrincipalId, GroupId], Awaitable[object]]] = [
    lambda port, _ada, _group: port.principals_of_email("ada@example.com", fresh=True),
    lambda port, ada, _group: port.principal(ada, fresh=True),
    lambda port, ada, _group: port.groups_of(ada, fresh=True),
    lambda port, _ada, group: port.members_of(group, fresh=True),
    lambda port, _ada, _group: port.groups(),
    lambda port, _ada, _group: port.refresh(),
]


@pytest.mark.parametrize("ask", ASKING, ids=["email", "id", "groups of", "members", "groups", "refresh"])
async def test_while_it_is_away_nothing_is_known(
    principals: PrincipalBench, ask: Callable[[PrincipalDirectory, PrincipalId, GroupId], Awaitable[object]]
) -> None:
    principals.go_down()
    with pytest.raises(UpstreamBusy):
        await ask(principals.port, principals.ada, principals.group)
