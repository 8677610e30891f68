"""Several targets in one call of the HTTP API: decided like the form in chat, and each refused one is named."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.errors import Reason
from core.domain.machines import LIFETIMES, Scope
from core.domain.organization import Target
from core.domain.outcome import Result
from tests.services.api import Answer, Api, api_of
from tests.services.company import ADMIN, MANAGEMENT, OLD, POWER, PROD, READ, SANDBOX, STAGING, VAULT
from tests.services.quick import QuickSqlite
from tests.services.world import World, opened

PROD_POWER, PROD_READ, STAGING_READ = Target(PROD, POWER), Target(PROD, READ), Target(STAGING, READ)
MINE = (PROD_POWER, PROD_READ, STAGING_READ, Target(STAGING, POWER), Target(SANDBOX, POWER))
NOT_MINE = (Target(VAULT, ADMIN), Target(OLD, POWER), Target(SANDBOX, READ), Target(MANAGEMENT, POWER))
NAMES = {PROD: "Payments Prod", STAGING: "payments staging", READ: "ReadOnlyAccess", POWER: "ps-power"}
REST = {"duration": "1h", "justification": "mend the stuck pipeline"}
SESSION = f"arn:aws:sts::{SANDBOX}:assumed-role/AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/ada@example.com"


def written(targets: Sequence[Target], names: Mapping[str, str] = NAMES) -> list[dict[str, str]]:
    return [
        {
            "account": names.get(each.account, each.account),
            "permission_set": names.get(each.permission_set, each.permission_set),
        }
        for each in targets
    ]


async def prepared(world: World, most: int, asked: bool, held: bool, **_: str) -> None:
    world.says_nothing = True
    await world.set_policies(world.book(max_open_requests=most))
    if asked:
        await world.asked(target=STAGING_READ)
    if held:
        world.cloud.make(world.ada.id, PROD_READ)


async def stored(world: World) -> list[tuple[Any, ...]]:
    return [
        (one.id, one.target, one.status, one.duration, one.justification, one.submission, one.card, one.channels)
        for one in await world.requests()
    ]


async def by_form(world: World, targets: Sequence[Target], minutes: int) -> list[tuple[str, str | None, str]]:
    """Each refusal: why, on which field, and of which target. Nothing, if all of it was filed."""
    outcome = await world.done(world.form_for(world.ada, targets, minutes=minutes))
    unique = [*dict.fromkeys(targets)]
    return [
        (no.reason.value, no.field, str(unique[no.place - 1]) if no.place else "")
        for no in ([] if outcome.result is Result.SUBMITTED else outcome.refusals)
    ]


async def by_api(api: Api, targets: Sequence[Target], minutes: int) -> list[tuple[str, str | None, str]]:
    body = {**REST, "duration": f"{minutes}m", "targets": written(targets)}
    answer = await api.signed(api.sts.session(SESSION), "POST", "/requests", body)
    assert answer.status in (201, 422), answer.text
    return [
        (each["reason"], each["field"], str(targets[each["target"]]) if each["target"] is not None else "")
        for each in answer.json.get("errors", [])
    ]


@settings(max_examples=settings().max_examples // 10, suppress_health_check=list(HealthCheck))
@given(
    targets=st.lists(st.sampled_from(MINE * 3 + NOT_MINE), min_size=1, max_size=7),
    minutes=st.sampled_from((60, 60, 60, 300)),
    most=st.sampled_from((20, 20, 3)),
    asked=st.booleans(),
    held=st.booleans(),
)
async def test_the_api_and_the_form_decide_alike(
    quick_sqlite: QuickSqlite, targets: list[Target], minutes: int, **there: Any
) -> None:
    async with opened(quick_sqlite.fresh()) as world:
        await prepared(world, **there)
        refused, made = await by_form(world, targets, minutes), await stored(world)
    async with opened(quick_sqlite.fresh()) as world, api_of(world) as api:
        await prepared(world, **there)
        told = await by_api(api, targets, minutes)
        assert await stored(world) == made
    not_mine = {str(each) for each in targets if each in NOT_MINE}
    if not_mine:  # a name that is not the caller's to ask for is not even understood (rule 22)
        assert refused
        assert {(why, of) for why, _, of in told} == {("not_eligible", of) for of in not_mine}
    else:
        assert told == refused


async def token(world: World) -> str:
    world.principals.join("Payments", world.frank.id)
    new = await world.services.administration.tokens.make(world.frank.chat, "nightly job", tuple(Scope), LIFETIMES[1])
    return f"Bearer {new.secret}"


async def filing(api: Api, bearer: str, targets: Sequence[Target], **headers: str) -> Answer:
    return await api.call("POST", "/requests", bearer, {**REST, "targets": written(targets)}, **headers)


async def test_a_request_for_each_is_filed_once_under_one_key(world: World) -> None:
    async with api_of(world) as api:
        bearer, both = await token(world), (PROD_POWER, STAGING_READ)
        answers = [await filing(api, bearer, both, Idempotency_Key="run 1") for _ in range(2)]
        assert {(each.status, each.text) for each in answers} == {(201, answers[0].text)}
        assert answers[0].json["said"] == "Sent: R-1001, R-1002."
        assert [each["id"] for each in answers[0].json["requests"]] == ["R-1001", "R-1002"]
        other = await filing(api, bearer, (*both, PROD_READ), Idempotency_Key="run 1")
        assert other.reasons == ["asked_already"] * 2, "another list is another act"
        made = await world.requests()
        assert {(each.submission, each.filed_by_token) for each in made} == {(made[0].submission, "nightly job")}
        assert len(made) == 2
        await world.settle()
        (card,) = [each for each in world.messenger.cards.values() if each.request.id in {one.id for one in made}]
        assert len(card.others) == 1


async def test_each_that_is_refused_is_named_by_its_place_and_nothing_is_filed(world: World) -> None:
    async with api_of(world) as api:
        bearer = await token(world)
        world.cloud.make(world.frank.id, PROD_READ)
        wanted = (PROD_POWER, PROD_POWER, PROD_READ, STAGING_READ)
        held = await filing(api, bearer, wanted)
        assert [(each["target"], each["field"]) for each in held.json["errors"]] == [(2, "permission_set")]
        assert held.json["errors"][0]["said"].startswith("ReadOnlyAccess in Payments Prod: You already have this")
        vault = await filing(api, bearer, (*wanted, Target(VAULT, ADMIN)))
        assert [(each["target"], each["field"]) for each in vault.json["errors"]] == [(4, "permission_set")]
        assert vault.json["detail"].startswith(f"{ADMIN} in {VAULT}: ")
        eleven = await filing(api, bearer, (PROD_POWER,) * 11)
        assert [(each["reason"], each["field"], each["target"]) for each in eleven.json["errors"]] == [
            (Reason.TOO_MANY_TARGETS, "targets", None)
        ]
        assert "at most 10 targets" in eleven.json["detail"]
        assert not await world.requests()


@pytest.mark.parametrize(
    "wrong", [{"account": PROD}, {"account": PROD, "permission_set": 7}, {"group": "Operators"}, PROD, None]
)
async def test_a_list_of_something_else_is_refused_by_where_it_is_wrong(world: World, wrong: Any) -> None:
    async with api_of(world) as api:
        answer = await api.call(
            "POST", "/requests", await token(world), {**REST, "targets": [*written([PROD_POWER]), wrong]}
        )
        assert answer.status == 400
        assert all(each["field"].startswith("targets.1") for each in answer.json["errors"])
