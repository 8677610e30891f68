"""The controls over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import ClientSession

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, SANDBOX_OU

Call = Callable[..., Awaitable[dict[str, Any]]]
Assignment = Callable[..., dict[str, str]]
Control = Callable[..., Awaitable[tuple[int, Any]]]

ADA_READS = {"account": PAYMENTS_PROD, "permission_set": "ReadOnlyAccess", "user": "ada@example.com"}


@pytest.fixture
async def control(aws: LocalAws) -> AsyncIterator[Control]:
    async with ClientSession(f"{aws.url}/_control/") as session:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with session.request(method, path, json=body) as response:
                return response.status, await response.json()

        yield ask


async def test_assignments_are_made_and_removed_by_hand(aws: LocalAws, control: Control) -> None:
    assert await control("POST", "assignments", ADA_READS) == (200, [ADA_READS])
    assert aws.assignments() == {tuple(ADA_READS.values())}
    assert await control("GET", "assignments") == (200, [ADA_READS])
    assert await control("DELETE", "assignments", ADA_READS) == (200, [])


async def test_faults_come_and_go(aws: LocalAws, control: Control, refused: Call) -> None:
    wanted = {"kind": "throttled", "service": "sso-admin", "times": 1}
    _, fault = await control("POST", "faults", wanted)
    assert fault["kind"] == "throttled"
    assert (await refused("sso-admin", "list_instances"))["Code"] == "ThrottlingException"
    _, fault = await control("POST", "faults", {"kind": "refused"})
    assert await control("DELETE", f"faults/{fault['id']}") == (200, [])
    await control("POST", "faults", {"kind": "refused"})
    assert await control("DELETE", "faults") == (200, [])
    assert aws.faults.all() == []


async def test_provisioning_is_held_and_released(
    aws: LocalAws, control: Control, call: Call, assignment: Assignment
) -> None:
    await control("PATCH", "conduct", {"provisioning_seconds": 60})
    answer = await call("sso-admin", "create_account_assignment", **assignment())
    request_id = answer["AccountAssignmentCreationStatus"]["RequestId"]
    _, now = await control("GET", "now")
    assert [operation["RequestId"] for operation in now["in_flight"]] == [request_id]
    assert [record["operation"] for record in now["calls"]] == ["CreateAccountAssignment"]
    _, operations = await control("POST", "release", {"request_id": request_id})
    assert [operation["Status"] for operation in operations] == ["SUCCEEDED"]
    await control("POST", "hold")
    assert aws.conduct.held
    await control("POST", "release")
    assert not aws.conduct.held


async def test_a_page_waits_for_what_is_new(aws: LocalAws, control: Control) -> None:
    _, now = await control("GET", "now")
    waiting = asyncio.ensure_future(control("GET", f"now?after={now['revision']}"))
    aws.make_assignment(*ADA_READS.values())
    _, later = await asyncio.wait_for(waiting, 60)
    assert later["revision"] > now["revision"]
    assert later["assignments"] == [ADA_READS]


async def test_people_and_accounts_change(aws: LocalAws, control: Control) -> None:
    await control("POST", "users/ada@example.com/disable")
    assert not aws.user("ada@example.com").enabled
    await control("POST", "users/ada@example.com/enable")
    assert aws.user("ada@example.com").enabled
    await control("POST", "groups/Nobody/members", {"user": "ada@example.com"})
    await control("DELETE", "groups/Nobody/members", {"user": "ada@example.com"})
    await control("POST", f"accounts/{PAYMENTS_PROD}/move", {"to": SANDBOX_OU})
    assert aws.account(PAYMENTS_PROD).parent_id == SANDBOX_OU
    await control("POST", f"accounts/{PAYMENTS_PROD}/status", {"status": "SUSPENDED"})
    assert aws.account(PAYMENTS_PROD).state == "SUSPENDED"


async def test_calls_are_listed(control: Control, call: Call) -> None:
    await call("sso-admin", "list_instances")
    await call("organizations", "list_roots")
    _, calls = await control("GET", "calls?service=sso-admin")
    assert [record["operation"] for record in calls] == ["ListInstances"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "assignments", ADA_READS | {"user": "nobody@example.com"}, 404),
        ("POST", "assignments", {"account": PAYMENTS_PROD}, 400),
        ("DELETE", "assignments", ADA_READS, 404),
        ("POST", "faults", {"kind": "earthquake"}, 400),
        ("POST", "faults", {"kind": "refused", "colour": "red"}, 400),
        ("DELETE", "faults/99", None, 404),
        ("PATCH", "conduct", {"speed": 1}, 400),
        ("PATCH", "conduct", {"provisioning_seconds": "soon"}, 400),
        ("POST", "faults", {"kind": "refused", "times": 0}, 400),
        ("POST", f"accounts/{PAYMENTS_PROD}/status", {"status": "LOST"}, 400),
        ("POST", "release", {"request_id": "none"}, 404),
        ("POST", f"accounts/{PAYMENTS_PROD}/move", {"to": "nowhere"}, 404),
        ("GET", "calls?last=many", None, 400),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    control: Control, method: str, path: str, body: Any, status: int
) -> None:
    answered, told = await control(method, path, body)
    assert answered == status
    assert told["error"]


async def test_subscribers_hear_of_each_change(aws: LocalAws, call: Call, assignment: Assignment) -> None:
    heard: list[str] = []
    stop = aws.changes.subscribe(lambda change: heard.append(change.kind))
    await call("sso-admin", "create_account_assignment", **assignment())
    await aws.changes.until(lambda: bool(aws.assignments()))
    stop()
    aws.disable_user("ada@example.com")
    assert [kind for kind in heard if kind != "call.ended"] == [
        "call.arrived",
        "operation.started",
        "assignment.made",
        "operation.finished",
    ]
