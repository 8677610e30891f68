"""Values to store, and short ways to store and read them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import text

from core.adapters.storage.engine import Database
from core.domain.audit import AuditEvent
from core.domain.commands import CancelRequest, SubmitRequest
from core.domain.evaluation import RequestedAccess
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.ports import UnitOfWork

T = TypeVar("T")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=60)
ADA, BOB = PrincipalId("user-ada"), PrincipalId("user-bob")
ADA_IN_CHAT = ChatUser("slack", "T1", "U-ADA")
READ_ONLY = PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1")


def target(number: int = 1) -> Target:
    return Target(AccountId(f"{number:012}"), READ_ONLY)


TARGET = target()
PENDING = Request(
    status=Status.PENDING,
    requester=ADA,
    requester_name="Ada",
    requester_chat=ADA_IN_CHAT,
    target=TARGET,
    account_name="payments",
    permission_set_name="ReadOnly",
    duration=timedelta(hours=1),
    justification="Look at the logs",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=3),
)
SCHEDULED = replace(PENDING, status=Status.SCHEDULED)
ACTIVE = replace(PENDING, status=Status.ACTIVE, granting_at=NOW, window_start_at=NOW, end_at=NOW + timedelta(hours=1))
REVOKING = replace(ACTIVE, status=Status.REVOKING, revoking_at=NOW)


SUBMIT = SubmitRequest(ADA_IN_CHAT, "key", access=RequestedAccess(TARGET, 60 * MINUTE, "Look at the logs"))
CANCEL = CancelRequest(ADA_IN_CHAT, "key", request_id=RequestId(1001), reason="")


async def commit(database: Database, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    """Do one thing in a unit of work of its own."""
    async with database.open() as unit:
        done = await work(unit)
        await unit.commit()
    return done


async def stored(database: Database, *requests: Request) -> list[Request]:
    return [await commit(database, lambda unit, new=request: unit.requests.add(new)) for request in requests]  # type: ignore[misc]


async def read(database: Database, request_id: RequestId) -> Request:
    found = await commit(database, lambda unit: unit.requests.get(request_id))
    assert found is not None
    return found


TRIGGERS = (
    *("audit_event_update", "audit_event_delete", "audit_event_insert"),
    *("audit_anchor_update", "audit_anchor_delete", "audit_anchor_insert"),
)
"""The triggers that keep the audit trail as it is, until an owner of the database drops them."""


async def execute(database: Database, *statements: str) -> None:
    """Raw SQL, past every guard."""
    async with database.engine.begin() as connection:
        if database.engine.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))


async def all_at_once(jobs: Sequence[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
    return await asyncio.gather(*jobs, return_exceptions=True)


def event(number: int = 1, **changes: Any) -> AuditEvent:
    return replace(AuditEvent("request.submitted", NOW + number * MINUTE, request_id=RequestId(1001)), **changes)
