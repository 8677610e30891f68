"""Calls that people sign at a terminal with their own AWS credentials: who is let in, and every way that is closed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from botocore.credentials import Credentials
from sqlalchemy import func, select

from core.adapters.storage.machine_tables import SignedCallRow
from core.domain.errors import Refused
from core.domain.signed_calls import GOOD_FOR, REMEMBERED, SIGNED_HEADERS, CallerIdentity, read_session
from tests.services.api import ADDRESS, Api, api_of, authorization, proof
from tests.services.company import MANAGEMENT, OLD, PROD, SANDBOX
from tests.services.world import World

FORM = {
    "account": "111111111111",
    "permission_set": "PowerUserAccess",
    "duration": "1h",
    "justification": "mend the stuck pipeline",
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[Api]:
    async with api_of(world) as found:
        yield found


def arn(user_name: str = "ada@example.com", account: str = SANDBOX, role: str = "AWSReservedSSO_ReadOnlyAccess") -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}_0123456789abcdef/{user_name}"


def ada(api: Api) -> Credentials:
    return api.sts.session(arn())


async def test_a_person_asks_looks_and_ends_at_a_terminal(api: Api) -> None:
    session, world = ada(api), api.world
    filed = await api.signed(session, "POST", "/requests", FORM)
    assert (filed.status, filed.json["said"]) == (201, "Sent. R-1001 waits for approval.")
    request = await world.request((await world.requests())[0].id)
    assert (request.requester, request.filed_by_token) == (world.ada.id, "")
    shown = await api.signed(session, "GET", "/requests/R-1001")
    assert "Ada Lovelace (at a terminal): asked" in shown.json["history"][0]
    await world.decide(world.bob, request.id)
    await world.settle()
    ended = await api.signed(session, "POST", "/requests/R-1001/end", {"reason": "done"})
    assert ended.status == 200
    await world.settle()
    assert not world.holds()
    assert (await world.request(request.id)).revoked_by == "Ada Lovelace (at a terminal)"
    assert await world.undeliverable() == 0
    assert world.messenger.topics("UADA")[-1] == "revoked"


async def test_nobody_does_more_at_a_terminal_than_ask_for_themselves(api: Api) -> None:
    """Not even an admin, an auditor or an approver."""
    world = api.world
    request_id = await world.active(world.ada)
    for who in (world.frank, world.erin, world.bob):
        session = api.sts.session(arn(who.principal.user_name))
        assert (await api.signed(session, "GET", f"/requests/R-{request_id}")).status == 404
        assert (await api.signed(session, "POST", f"/requests/R-{request_id}/end", {"reason": "x"})).status == 404
        for method, path in (("GET", "/policies"), ("PUT", "/policies"), ("GET", "/audit")):
            assert (await api.signed(session, method, path)).reasons == ["at_terminal"]
        assert (await api.signed(session, "GET", "/requests?search=ada")).status == 403
    assert world.holds()


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (arn(account="123456789012"), "signer_outside"),
        (arn(account=OLD), "signer_outside"),
        (arn("ada@example.com").replace("arn:aws:", "arn:aws-cn:"), "signer_outside"),
        (arn(role="AWSReservedSSO_Unknown"), "signer_outside"),
        (arn(role="Admin"), "signer_outside"),
        (arn(role="AWSReservedSSO_ReadOnlyAccess").replace("0123456789abcdef", "short"), "signer_outside"),
        (f"arn:aws:iam::{PROD}:user/ada@example.com", "signer_outside"),
        (f"arn:aws:iam::{PROD}:root", "signer_outside"),
        (f"arn:aws:sts::{PROD}:federated-user/ada@example.com", "signer_outside"),
        (arn("ada@example.com\n"), "signer_outside"),
        (arn("nobody@example.com"), "signer_no_person"),
        (arn("ada"), "signer_no_person"),
        (arn("a" * 64), "signer_no_person"),
    ],
)
async def test_credentials_of_anything_else_than_a_person_of_this_organization_are_refused(
    api: Api, session: str, reason: str
) -> None:
    refused = await api.signed(api.sts.session(session), "POST", "/requests", FORM)
    assert (refused.status, refused.reasons) == (401, [reason])
    assert "terminal.refused" in await api.world.actions()
    assert await api.world.requests() == ()


async def test_a_stranger_with_credentials_of_aws_writes_one_event_a_minute(api: Api) -> None:
    """The owner of an AWS account chooses what its sessions are called (rule 26)."""
    for number in range(5):
        await api.signed(api.sts.session(arn(f"session-{number}", account="123456789012")), "GET", "/whoami")
    assert (await api.world.actions()).count("terminal.refused") == 1


async def test_an_account_that_does_not_agree_with_the_name_is_refused() -> None:
    with pytest.raises(Refused):
        read_session(CallerIdentity(MANAGEMENT, arn()), "aws")


async def test_an_address_that_is_no_user_name_leads_to_nobody(api: Api) -> None:
    """The session bears a user name: somebody whose e-mail address it is is another person."""
    api.world.principals.change(api.world.bob.id, emails=("somebody@example.com",))
    refused = await api.signed(api.sts.session(arn("somebody@example.com")), "GET", "/whoami")
    assert refused.reasons == ["signer_no_person"]


async def test_a_disabled_user_is_refused_and_so_is_one_of_two(api: Api) -> None:
    principals = api.world.principals
    twin = principals.add("Twin Lovelace", email="ADA@example.com")
    assert (await api.signed(ada(api), "GET", "/whoami")).reasons == ["signer_no_person"]
    del principals.users[twin.id]
    assert (await api.signed(ada(api), "GET", "/whoami")).status == 200
    principals.disable(api.world.ada.id)
    assert (await api.signed(ada(api), "GET", "/whoami")).reasons == ["signer_no_person"]


async def test_a_signature_proves_one_call_once(api: Api) -> None:
    shown = proof(ada(api), api.world.clock.now(), "GET", "/api/v1/requests")
    first, second = await asyncio.gather(*(api.call("GET", "/requests", shown) for _ in range(2)))
    assert sorted((first.status, second.status)) == [200, 401]
    assert (await api.call("GET", "/requests", shown)).reasons == ["signature_used"]
    api.world.clock.move(timedelta(seconds=59))
    assert (await api.call("GET", "/requests", shown)).reasons == ["signature_used"]


@pytest.mark.parametrize(
    "passed", [GOOD_FOR + timedelta(seconds=1), -GOOD_FOR - timedelta(seconds=1), timedelta(days=99)]
)
async def test_what_was_not_signed_within_the_minute_is_stale(api: Api, passed: timedelta) -> None:
    shown = proof(ada(api), api.world.clock.now() - passed, "GET", "/api/v1/requests")
    assert (await api.call("GET", "/requests", shown)).reasons == ["signature_stale"]
    assert api.sts.asked == []


async def test_what_was_signed_for_another_bot_is_of_no_use_here(api: Api) -> None:
    now, session = api.world.clock.now(), ada(api)
    shown = proof(session, now, "GET", "/api/v1/requests", for_bot="https://evil.example")
    assert (await api.call("GET", "/requests", shown)).reasons == ["signed_for_another"]
    relayed = proof(session, now, "GET", "/api/v1/requests", for_bot="https://evil.example", audience=ADDRESS)
    assert (await api.call("GET", "/requests", relayed)).reasons == ["signature_refused"]


async def test_what_was_signed_for_another_call_is_of_no_use_for_this_one(api: Api) -> None:
    now, session = api.world.clock.now(), ada(api)
    for method, path, body in (
        ("GET", "/api/v1/requests", b""),
        ("POST", "/api/v1/requests/R-1001/end", b""),
        ("POST", "/api/v1/requests", b""),
        ("POST", "/api/v1/requests?x=1", b"{}"),
    ):
        shown = proof(session, now, method, path, body)
        assert (await api.call("POST", "/requests", shown, FORM)).reasons == ["signature_refused"]


async def test_somebody_elses_signature_with_ones_own_credentials_is_refused(api: Api) -> None:
    now, eve = api.world.clock.now(), api.sts.session(arn("bob@example.com"))
    mine = proof(ada(api), now, "GET", "/api/v1/requests", security_token=str(eve.token))
    assert (await api.call("GET", "/requests", mine)).reasons == ["signature_refused"]
    forged = Credentials(ada(api).access_key, "a secret that is made up", ada(api).token)
    assert (await api.signed(forged, "GET", "/requests")).reasons == ["signature_refused"]


def _tampered(given: str) -> list[str]:
    """Ways to smuggle something past a check that only looks for what it expects."""
    return [
        given.replace(SIGNED_HEADERS, "host;x-amz-date"),
        given.replace(SIGNED_HEADERS, f"{SIGNED_HEADERS};x-extra"),
        given.replace(SIGNED_HEADERS, SIGNED_HEADERS.replace("host;", "")),
        given.replace("/sts/", "/iam/"),
        given.replace("eu-central-1", "us-east-1"),
        given.replace("eu-central-1", "evil.example/x"),
        given.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        given.replace("aws4_request", "aws4_request, X=1"),
        given + "\r\nHost: evil.example",
        given + "\nX-Amz-Date: 20260101T000000Z",
        given.upper(),
        given + " ",
        " " + given,
        given.replace("Signature=", "Signature=0" * 2),
        given.replace(", ", ","),
        "",
    ]


async def test_no_header_host_method_or_body_of_the_callers_reaches_aws(api: Api) -> None:
    """Vault once forwarded what its callers wrote (CVE-2020-16250): here nothing of theirs but the proof itself is."""
    now, session = api.world.clock.now(), ada(api)
    given = authorization(session, f"{now:%Y%m%dT%H%M%SZ}", ADDRESS, "x")
    for each in _tampered(given):
        shown = proof(session, now, "GET", "/api/v1/requests", authorization=each)
        assert (await api.call("GET", "/requests", shown)).reasons == ["signature_refused"], each
    changes: tuple[tuple[str, str], ...] = (
        ("security_token", "a b\r\nHost: evil.example"),
        ("security_token", ""),
        ("amz_date", "20261122T120000Z\r\nX: 1"),
        ("amz_date", "20269922T120000Z"),
        ("nonce", "short"),
        ("nonce", "a" * 24 + "\r\nX: 1"),
        ("nonce", "ü" * 24),
    )
    for name, value in changes:
        shown = proof(session, now, "GET", "/api/v1/requests", b"", **{name: value})
        assert (await api.call("GET", "/requests", shown)).reasons == ["signature_refused"], value
    assert [each.access_key for each in api.sts.asked] == []


@pytest.mark.parametrize("shown", ["", "e30=", "W10=", "eyJhIjoxfQ==", "not base64!", "e30", "WyJhIl0=", "é"])
async def test_what_is_no_proof_at_all_is_refused(api: Api, shown: str) -> None:
    assert (await api.call("GET", "/requests", f"TeamBot-AWS {shown}")).status == 401


async def test_a_flood_of_signatures_asks_aws_no_more(api: Api) -> None:
    forged = Credentials("ASIA0000000000000000", "made up", "x" * 40)
    answers = [await api.signed(forged, "GET", "/requests") for _ in range(34)]
    assert [each.status for each in answers] == [401] * 30 + [429] * 4
    assert len(api.sts.asked) == 30


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(hours=1), timedelta(days=99)])
async def test_a_replica_whose_clock_is_ahead_forgets_no_signature_that_may_still_come_again(
    api: Api, ahead: timedelta
) -> None:
    clock, shown = api.world.clock, proof(ada(api), api.world.clock.now(), "GET", "/api/v1/requests")
    assert (await api.call("GET", "/requests", shown)).status == 200
    clock.move(ahead)
    await api.terminals.forget()
    clock.move(-ahead)
    assert (await api.call("GET", "/requests", shown)).reasons == ["signature_used"]


async def remembered(api: Api) -> int:
    async with api.world.database.engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(SignedCallRow))).scalar_one()


async def test_a_signature_that_is_dated_ahead_makes_none_be_forgotten_before_its_time(api: Api) -> None:
    """AWS takes what is dated a quarter of an hour ahead or behind, and so does a replica whose clock is as wrong."""
    await api.signed(ada(api), "GET", "/requests")
    api.world.clock.move(timedelta(minutes=32))
    await api.world.services.organizations.refresh()
    await api.signed(ada(api), "GET", "/requests")
    await api.terminals.forget()
    assert await remembered(api) == 2


async def test_used_signatures_are_forgotten_once_they_are_of_no_use(api: Api) -> None:
    await api.signed(ada(api), "GET", "/requests")
    api.world.clock.move(REMEMBERED + timedelta(seconds=1))
    await api.world.services.organizations.refresh()
    await api.terminals.forget()
    assert await remembered(api) == 1, "nothing newer says that time has passed"
    await api.signed(ada(api), "GET", "/requests")
    await api.terminals.forget()
    assert await remembered(api) == 1


async def test_what_is_to_be_signed_is_told_to_anybody(api: Api) -> None:
    assert (await api.call("GET", "/signing")).json == {"audience": ADDRESS, "region": "eu-central-1"}


FLOOD = 60


@pytest.mark.parametrize("scheme", ["TeamBot-AWS e30=", "Bearer tb_no", None])
async def test_a_stranger_behind_the_proxy_keeps_nobody_waiting(world: World, scheme: str | None) -> None:
    """Whatever the stranger writes into the header: each person's address has calls of its own."""
    async with api_of(world, trusted_proxies=1) as api:
        forged = ["203.0.113.5", "198.51.100.7", "", "unknown", "203.0.113.5, 203.0.113.5"]
        one = [f"{forged[number % len(forged)]}, 203.0.113.66" for number in range(FLOOD)]
        network = [f"2001:db8:0:1::{number:x}" for number in range(FLOOD)]  # of one machine
        for header in (one, network):
            answers = [await api.call("GET", "/whoami", scheme, X_Forwarded_For=each) for each in header]
            assert answers[-1].status == 429
        shown = proof(ada(api), world.clock.now(), "GET", "/api/v1/whoami")
        assert (await api.call("GET", "/whoami", shown, X_Forwarded_For="203.0.113.5")).status == 200
        for theirs in ("2001:db8:0:2::1", "::ffff:203.0.113.66", "203.0.113.67"):
            status = (await api.call("GET", "/whoami", scheme, X_Forwarded_For=theirs)).status
            assert status == (429 if theirs.endswith(".66") else 401), theirs


async def test_without_a_trusted_proxy_a_header_gives_nobody_more_calls(api: Api) -> None:
    calls = [
        await api.call("GET", "/whoami", "TeamBot-AWS e30=", X_Forwarded_For=f"203.0.113.{number}")
        for number in range(34)
    ]
    assert [each.status for each in calls] == [401] * 30 + [429] * 4
