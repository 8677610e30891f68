"""The HTTP API with a token: what it does, and what it refuses, over HTTP."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from multidict import CIMultiDict

from core.domain.machines import LIFETIMES, Scope
from core.domain.organization import Target
from core.domain.policy import Bundle
from core.domain.settings import PolicyChanges
from handlers.api.callers import Caller
from handlers.api.calls import Call
from tests.services.api import Api, api_of
from tests.services.company import ADMIN, POWER, PROD, READ
from tests.services.group_world import OPERATORS, with_groups
from tests.services.world import World

FORM = {
    "account": "Payments Prod",
    "permission_set": "PowerUserAccess",
    "duration": "1h30",
    "justification": "mend the stuck pipeline",
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with api_of(world) as found:
        yield found


async def token(api: Api, *scopes: Scope, name: str = "nightly job") -> str:
    world = api.world
    world.principals.join("Payments", world.frank.id)
    new = await world.services.administration.tokens.make(world.frank.chat, name, scopes or tuple(Scope), LIFETIMES[1])
    return f"Bearer {new.secret}"


async def test_a_request_is_filed_listed_shown_and_withdrawn(api: Api) -> None:
    bearer = await token(api)
    filed = await api.call("POST", "/requests", bearer, FORM, Idempotency_Key="run 1")
    again = await api.call("POST", "/requests", bearer, FORM, Idempotency_Key="run 1")
    assert (filed.status, filed.text) == (201, again.text)
    assert filed.json["said"] == "Sent. R-1001 waits for approval."
    request = filed.json["request"]
    assert (request["status"], request["filed_by_token"], request["minutes"]) == ("pending", "nightly job", 90)
    listed = await api.call("GET", "/requests", bearer)
    assert [each["id"] for each in listed.json["requests"]] == ["R-1001"]
    shown = await api.call("GET", "/requests/R-1001", bearer)
    assert "Frank Rosen (by token): asked" in shown.json["history"][0]
    assert (shown.json["may_cancel"], shown.json["may_end"]) == (True, False)
    withdrawn = await api.call("POST", "/requests/R-1001/cancel", bearer, {"reason": "not needed"})
    assert (withdrawn.status, withdrawn.json["said"]) == (200, "Withdrawn: R-1001.")
    late = await api.call("POST", "/requests/R-1001/end", bearer, {})
    assert (late.status, late.headers["Content-Type"]) == (409, "application/problem+json; charset=utf-8")


@pytest.mark.parametrize("sent", [b"\xff", "\u00e9".encode()])
async def test_a_header_of_any_bytes_belongs_to_an_act(api: Api, sent: bytes) -> None:
    headers = {"Idempotency-Key": "1", "If-Match": sent.decode(errors="surrogateescape")}  # as aiohttp reads it
    request: Any = SimpleNamespace(method="POST", path_qs="/api/v1/requests", headers=CIMultiDict(headers))
    caller = Caller(api.world.ada.chat, None)
    assert Call(api.world.services, api.world.clock, caller, request, b"").key.endswith(":1")


async def test_a_key_that_was_used_for_another_act_keeps_none_from_being_done(api: Api) -> None:
    """A job may give each of its calls its own number: the end must not be answered with what the start came to."""
    bearer = await token(api)
    read = await api.call("GET", "/policies", bearer)
    filed = await api.call("POST", "/requests", bearer, FORM, Idempotency_Key="job 7")
    other = await api.call("POST", "/requests", bearer, {**FORM, "duration": "45m"}, Idempotency_Key="job 7")
    assert [each.json["request"]["id"] for each in (filed, other)] == ["R-1001", "R-1002"]
    changed, etag = read.text.replace("max_duration: 4h", "max_duration: 2h").encode(), read.headers["ETag"]
    for _ in range(2):  # the answer to the first was lost
        put = await api.call("PUT", "/policies?why=shorter", bearer, changed, If_Match=etag, Idempotency_Key="job 7")
        assert put.status == 200
    stale = await api.call(
        "PUT", "/policies?why=shorter", bearer, read.text.encode(), If_Match=etag, Idempotency_Key="8"
    )
    now = (await api.call("GET", "/policies", bearer)).headers["ETag"]
    back = await api.call("PUT", "/policies?why=shorter", bearer, read.text.encode(), If_Match=now, Idempotency_Key="8")
    assert (stale.status, back.status) == (412, 200), "the same document on top of another revision is another act"
    withdrawn = await api.call("POST", "/requests/R-1001/cancel", bearer, {}, Idempotency_Key="job 7")
    assert withdrawn.json["said"] == "Withdrawn: R-1001."
    assert (await api.call("GET", "/requests/R-1001", bearer)).json["status"] == "cancelled"


async def test_pages_go_on_where_the_last_one_ended(api: Api) -> None:
    bearer = await token(api)
    for minutes in range(15, 27):
        assert (await api.call("POST", "/requests", bearer, {**FORM, "duration": f"{minutes}m"})).status == 201
    for path in ("/requests?", "/requests?search=frank&"):
        first = await api.call("GET", path, bearer)
        second = await api.call("GET", f"{path}before={first.json['next']}", bearer)
        found = [each["id"] for each in (*first.json["requests"], *second.json["requests"])]
        assert found == [f"R-{number}" for number in range(1012, 1000, -1)]
        assert second.json["next"] is None or path.startswith("/requests?search")


async def test_refusals_name_the_field_in_the_words_of_chat(api: Api) -> None:
    bearer = await token(api)
    wrong = await api.call("POST", "/requests", bearer, {**FORM, "duration": "soon", "account": "Vault of others"})
    assert (wrong.status, [each["field"] for each in wrong.json["errors"]]) == (422, ["account", "duration"])
    longer = await api.call("POST", "/requests", bearer, {**FORM, "duration": "9h"})
    assert longer.json["detail"] == "The maximum here is 4 h (policy payments-engineers). Ask for that or less."
    for body, status in (
        ({**FORM, "requester": "somebody else"}, 400),
        ({**FORM, "duration": 90}, 400),
        ({**FORM, "start": "tomorrow"}, 400),
        ({**FORM, "start": "2026-11-30T09:00:00"}, 400),
        ({**FORM, "start": "0001-01-01T00:00:00+14:00"}, 400),
        ({**FORM, "start": "9999-12-31T23:59:59-14:00"}, 400),
        ({**FORM, "start": "9999-12-31T23:59:59Z"}, 422),
        ({**FORM, "duration": "9" * 290 + "h"}, 422),
        (b"{", 400),
        (b"[" * 60_000, 400),
        ({**FORM, "justification": "x" * 70_000}, 413),
    ):
        assert (await api.call("POST", "/requests", bearer, body)).status == status


async def test_each_call_asks_for_its_scope(api: Api) -> None:
    none_of_them = {
        Scope.READ_REQUESTS: ("GET", "/requests"),
        Scope.FILE_REQUESTS: ("POST", "/requests"),
        Scope.END_ACCESS: ("POST", "/requests/R-1001/end"),
        Scope.READ_POLICIES: ("GET", "/policies"),
        Scope.WRITE_POLICIES: ("PUT", "/policies"),
        Scope.READ_AUDIT: ("GET", "/audit"),
    }
    for scope, (method, path) in none_of_them.items():
        bearer = await token(api, *(set(Scope) - {scope}), name=scope.value)
        refused = await api.call(method, path, bearer)
        assert (refused.status, refused.reasons) == (403, ["token_out_of_scope"])
    assert (await api.world.actions()).count("token.out_of_scope") == len(Scope)


async def test_without_proof_or_with_a_wrong_one_nobody_is_let_in(api: Api) -> None:
    bearer = await token(api)
    (known,) = await api.world.services.administration.tokens.known(api.world.frank.chat)
    for proof in (
        None,
        "",
        "Basic YTpi",
        "Bearer",
        "Bearer tb_" + "x" * 43,
        "bearer " + bearer[7:],
        "TeamBot-AWS e30=",
    ):
        assert (await api.call("GET", "/requests", proof)).status == 401
    await api.world.services.administration.tokens.revoke(api.world.frank.chat, known.id)
    refused = await api.call("GET", "/requests", bearer)
    assert (refused.status, refused.reasons) == (401, ["token_revoked"])
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_flood_is_turned_away_before_anything_is_looked_up(api: Api) -> None:
    bearer = await token(api)
    answers = [await api.call("GET", "/whoami", bearer) for _ in range(62)]
    assert [each.status for each in answers] == [200] * 60 + [429] * 2
    assert (answers[-1].headers["Retry-After"], answers[-1].json["status"]) == ("1", 429)
    guesses = [await api.call("GET", "/whoami", f"Bearer tb_{number:043}") for number in range(25)]
    assert {each.status for each in guesses[-5:]} == {429}
    other = await token(api, name="another")
    assert (await api.call("GET", "/whoami", other)).status == 429  # from there nobody new for a moment
    api.world.clock.move(LIFETIMES[0])
    assert (await api.call("GET", "/whoami", bearer)).status == 200


async def test_guesses_from_an_address_do_not_keep_out_a_token_that_is_known(api: Api) -> None:
    bearer = await token(api)
    assert (await api.call("GET", "/whoami", bearer)).status == 200
    for number in range(30):
        await api.call("GET", "/whoami", f"Bearer tb_{number:043}")
    assert (await api.call("GET", "/whoami", bearer)).status == 200


async def test_whoami_says_whom_it_acts_for(api: Api) -> None:
    found = await api.call("GET", "/whoami", await token(api, Scope.READ_REQUESTS))
    assert found.json == {
        "user_id": "user-frank",
        "name": "Frank Rosen",
        "user_name": "frank@example.com",
        "personas": ["admin", "requester"],
        "token": "nightly job",
        "scopes": ["requests:read"],
    }


async def test_the_trail_is_streamed_from_a_place_on_so_many_at_a_time(api: Api) -> None:
    bearer = await token(api)
    first = await api.call("GET", "/audit?limit=1", bearer)
    (line,) = map(json.loads, first.text.splitlines())
    assert (line["seq"], first.headers["Content-Type"]) == (1, "application/x-ndjson")
    rest = await api.call("GET", "/audit?after=1", bearer)
    assert [json.loads(each)["seq"] for each in rest.text.splitlines()] == list(
        range(2, 2 + len(rest.text.splitlines()))
    )
    for query in ("after=-1", "after=x", "limit=0", "limit=10001", "after=" + "9" * 30):
        assert (await api.call("GET", f"/audit?{query}", bearer)).status == 400
    api.world.principals.leave("Admins", api.world.frank.id)
    assert (await api.call("GET", "/audit", bearer)).status == 403


async def test_policies_are_read_checked_and_put_with_their_revision(api: Api) -> None:
    bearer = await token(api)
    read = await api.call("GET", "/policies", bearer)
    etag, changed = read.headers["ETag"], read.text.replace("max_duration: 4h", "max_duration: 2h").encode()
    checked = await api.call("POST", "/policies/check", bearer, changed)
    assert (checked.json["valid"], checked.json["changed"]) == (True, ["eligibility.payments-engineers"])
    async with api.world.database.open() as unit:
        assert await unit.drafts.get(1) is None  # a program that checks all day fills no database
    wrong = await api.call("POST", "/policies/check", bearer, b"version: 1\nsetings: {}\n")
    assert (wrong.status, wrong.json["valid"], wrong.json["problems"][0]["line"]) == (200, False, 2)
    assert (await api.call("PUT", "/policies?why=shorter", bearer, changed)).status == 428
    assert (await api.call("PUT", "/policies?why=shorter", bearer, changed, If_Match='"0"')).status == 412
    for nothing in ("", "?why=", "?why=%00", "?why=%E2%80%8B"):
        assert (await api.call("PUT", f"/policies{nothing}", bearer, changed, If_Match=etag)).reasons == ["why_missing"]
    saved = await api.call("PUT", "/policies?why=shorter", bearer, changed, If_Match=etag)
    assert (saved.status, saved.headers["ETag"]) == (200, f'"{saved.json["revision"]}"')
    assert (await api.call("PUT", "/policies?why=shorter", bearer, changed, If_Match=etag)).status == 412


async def test_a_change_that_widens_waits_for_another_admin_and_not_for_a_token(api: Api) -> None:
    world = api.world
    world.hire("Olga Admin", "Admins")
    await world.set_policies(world.book(policy_changes=PolicyChanges.SECOND_ADMIN))
    bearer = await token(api)
    read = await api.call("GET", "/policies", bearer)
    wider = read.text.replace("max_duration: 4h", "max_duration: 8h").encode()
    assert (await api.call("POST", "/policies/check", bearer, wider)).json["waits_for_another_admin"]
    put = await api.call("PUT", "/policies?why=longer", bearer, wider, If_Match=read.headers["ETag"])
    assert put.status == 202
    assert (await api.call("GET", "/policies", bearer)).text == read.text


async def test_nothing_else_is_there_and_no_other_site_is_answered(api: Api) -> None:
    bearer = await token(api)
    for method, path in (("POST", "/requests/R-1001/approve"), ("POST", "/tokens"), ("GET", "/settings")):
        missing = await api.call(method, path, bearer)
        assert (missing.status, missing.headers["Content-Type"].partition(";")[0]) == (404, "application/problem+json")
    other = await api.call("PATCH", "/requests", bearer)
    assert (other.status, other.json["status"], other.headers["Allow"]) == (405, 405, "GET, HEAD, POST")
    preflight = await api.call("OPTIONS", "/requests", Origin="https://evil.example")
    assert (preflight.status, [name for name in preflight.headers if "control-allow" in name.lower()]) == (405, [])
    form = await api.call("POST", "/requests", bearer, FORM, Content_Type="text/plain")
    assert form.status == 415


# --- groups and bundles ---


REST = {"duration": "1h", "justification": "mend the stuck pipeline"}
MINE, ALSO_MINE, NOT_MINE = Target(PROD, POWER), Target(PROD, READ), Target(PROD, ADMIN)


async def opened(world: World) -> None:
    """A group may be joined, and there are bundles: of what may be asked for in part, and not at all."""
    world.principals.group("Operators")
    bundles = (Bundle("incident", (MINE, NOT_MINE, ALSO_MINE)), Bundle("night", (MINE,)), Bundle("closed", (NOT_MINE,)))
    await world.set_policies(replace(with_groups(world), bundles=bundles))


async def test_what_may_be_asked_for_is_listed_and_nothing_else(api: Api) -> None:
    bearer = await token(api, Scope.FILE_REQUESTS)
    assert (await api.call("GET", "/targets", bearer)).json["groups"] == []
    await opened(api.world)
    found = (await api.call("GET", "/targets", bearer)).json
    assert {"id": PROD, "name": "Payments Prod", "path": ["Workloads", "Payments"]} in found["accounts"]
    assert [each["name"] for each in found["groups"]] == ["Operators"]
    assert [(each["name"], len(each["targets"]), each["left_out"]) for each in found["bundles"]] == [
        ("incident", 2, 1),
        ("night", 1, 0),
    ]
    assert found["bundles"][1]["targets"][0]["permission_set"] == {"id": POWER, "name": "PowerUserAccess"}
    narrowed = (await api.call("GET", f"/targets?account={PROD}&search=power", bearer)).json
    assert [each["name"] for each in narrowed["permission_sets"]] == ["PowerUserAccess"]
    assert narrowed["bundles"] == []
    for nowhere in ("account=555555555550", "account=", "permission_set=nothing", "search=vault%20of%20others"):
        listed = (await api.call("GET", f"/targets?{nowhere}", bearer)).json
        assert [] in (listed["accounts"], listed["permission_sets"]), nowhere
    stranger = await token(api, Scope.READ_REQUESTS, name="reads")
    assert (await api.call("GET", "/targets", stranger)).reasons == ["token_out_of_scope"]


@pytest.mark.parametrize("called", ["Operators", "operators", OPERATORS])
async def test_membership_of_a_group_is_asked_for(api: Api, called: str) -> None:
    bearer = await token(api)
    await opened(api.world)
    filed = await api.call("POST", "/requests", bearer, {**REST, "group": called})
    assert (filed.status, filed.json["said"]) == (201, "Sent. R-1001 waits for approval.")
    request = filed.json["request"]
    assert (request["group"], request["account"]) == ({"id": OPERATORS, "name": "Operators"}, None)
    assert filed.json["requests"] == [request]


async def test_a_bundle_is_asked_for_as_far_as_it_is_the_callers(api: Api) -> None:
    bearer = await token(api)
    await opened(api.world)
    filed = [
        await api.call("POST", "/requests", bearer, {**REST, "bundle": "Incident"}, Idempotency_Key="1")
        for _ in range(2)
    ]
    for each in filed:
        assert (each.status, [one["id"] for one in each.json["requests"]]) == (201, ["R-1001", "R-1002"])
        assert each.json["request"]["id"] == "R-1001"
        assert each.json["said"] == "Sent: R-1001, R-1002. ⚠️ 1 target of that bundle is left out: you can't ask for it."
        assert each.json["left_out"] == 1
    requests = await api.world.requests()
    assert {each.target for each in requests} == {MINE, ALSO_MINE}
    assert {each.filed_by_token for each in requests} == {"nightly job"}
    one = await api.call("POST", "/requests", bearer, {**REST, "bundle": "night", "start": "2026-03-03T09:00:00Z"})
    assert (one.status, len(one.json["requests"]), one.json["left_out"]) == (201, 1, 0)


async def test_a_group_or_bundle_that_is_not_the_callers_is_refused_like_one_that_is_none(api: Api) -> None:
    bearer = await token(api)
    before = [await api.call("POST", "/requests", bearer, {**REST, "group": "Operators"})]
    await opened(api.world)
    groups = [await api.call("POST", "/requests", bearer, {**REST, "group": each}) for each in ("Admins", "Nobody")]
    bundles = [await api.call("POST", "/requests", bearer, {**REST, "bundle": each}) for each in ("closed", "nothing")]
    for several, field in ((before + groups, "group"), (bundles, "bundle")):
        assert {(each.status, each.text) for each in several} == {(422, several[0].text)}
        assert several[0].json["errors"][0]["field"] == field
    mixed: dict[str, Any]
    for mixed in (
        {},
        {"group": "Operators", "bundle": "night"},
        {"account": PROD, "bundle": "night"},
        {"permission_set": "ReadOnlyAccess", "group": "Operators"},
        {"targets": []},
        {"account": PROD, "permission_set": READ, "targets": [{"account": PROD, "permission_set": READ}]},
    ):
        wrong = await api.call("POST", "/requests", bearer, {**REST, **mixed})
        assert (wrong.status, "one of these" in wrong.json["detail"]) == (400, True)
    assert not await api.world.requests()


@pytest.mark.parametrize("second", [False, True])
async def test_a_change_whose_token_is_revoked_while_it_is_judged_is_not_saved(
    api: Api, monkeypatch: pytest.MonkeyPatch, second: bool
) -> None:
    world = api.world
    world.principals.join("Admins", world.grace.id)
    if second:
        await world.set_policies(world.book(policy_changes=PolicyChanges.SECOND_ADMIN))
    bearer, revision = await token(api), (await world.services.policies.current()).revision
    read = await api.call("GET", "/policies", bearer)
    (used,) = await world.services.administration.tokens.known(world.frank.chat)
    waits = world.services.policies.waits

    async def revoked_meanwhile(*judged: Any) -> Any:
        await world.services.administration.tokens.revoke(world.frank.chat, used.id)
        return await waits(*judged)

    monkeypatch.setattr(world.services.policies, "waits", revoked_meanwhile)
    longer = read.text.replace("max_duration: 4h", "max_duration: 6h").encode()
    put = await api.call("PUT", "/policies?why=longer", bearer, longer, If_Match=read.headers["ETag"])
    assert put.reasons == ["token_revoked"]
    assert (await world.services.policies.current()).revision == revision
    assert "policies.proposed" not in await world.actions()
