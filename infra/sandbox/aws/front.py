"""Answers the requests of AWS SDKs: faults first, then the operation."""

import asyncio
import time
from email.utils import formatdate

from aiohttp import web

from . import refusals, validation
from .activity.assume_role import assume_role
from .activity.athena import AthenaOperations
from .activity.insights import InsightsOperations
from .activity.lake import LakeOperations
from .activity.lookup import LookupOperations
from .calls import CallLog, CallRecord
from .faults import Fault, FaultKind, Faults
from .identity_store import DirectoryOperations
from .identity_store_writes import DirectoryWrites
from .needs import Needs
from .operation import Operation
from .organizations import OrganizationOperations, caller_identity
from .permissions import Permissions
from .simulator import simulate
from .sso_assignments import AssignmentOperations
from .sso_catalog import CatalogOperations
from .web_identity import WebIdentity
from .wire import AwsError, Call, answer, recognise, refusal
from .world import World


class _Dropped(Exception):
    """The connection is to be closed without an answer; carries what the record says of it."""


class Front:
    """One address for all services, told apart by what a request was signed for."""

    def __init__(self, world: World, faults: Faults, log: CallLog, permissions: Permissions) -> None:
        self._world = world
        self._permissions = permissions
        self._needs = Needs(world.company)
        self._faults = faults
        self._log = log
        self._operations = _operations(world, faults, permissions)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        response = await self._handled(request)
        response.headers["Date"] = formatdate(self._world.clock(), usegmt=True)
        return response

    async def _handled(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = Call("unknown", f"{request.method} {request.path}", {})
        try:
            call = recognise(request.method, request.path, request.headers, body, request.query_string)
        except AwsError as error:
            return refusal(call, error)
        record = self._log.arrived(call)
        self._world.changes.publish("call.arrived", number=record.number)
        try:
            return await self._recorded(request, call, body, record)
        except Exception:
            record.outcome = "broken"
            raise
        finally:
            record.seconds = time.time() - record.at
            self._world.changes.publish("call.ended", number=record.number, outcome=record.outcome)

    async def _recorded(self, request: web.Request, call: Call, body: bytes, record: CallRecord) -> web.StreamResponse:
        try:
            caller = self._world.callers.of(call)
            record.role = caller.role
            self._permissions.check(caller, call, self._needs.of(call, encrypted=self._world.conduct.encrypted))
            response = await self._answered(request, call, body)
        except AwsError as error:
            record.outcome = error.code
            return refusal(call, error)
        except _Dropped as dropped:
            record.outcome = str(dropped)
            if request.transport:
                request.transport.abort()
            return web.Response()
        record.outcome = "ok" if response.status < 400 else f"HTTP {response.status}"
        return response

    async def _answered(self, request: web.Request, call: Call, body: bytes) -> web.StreamResponse:
        if not self._log.admits(call.service, self._world.conduct.calls_per_second.get(call.service)):
            raise refusals.throttled(call.service)
        fault = self._faults.take(call)
        if fault is None:
            return await self._worked(request, call, body)
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        _raise_refusal(fault, call)
        if fault.kind is FaultKind.TIMEOUT:
            if fault.does_the_work:
                await self._worked(request, call, body)
            await fault.lifted.wait()
            raise _Dropped("unanswered")
        response = await self._worked(request, call, body)
        if fault.kind is FaultKind.ANSWER_LOST:
            raise _Dropped("answer lost")
        return response

    async def _worked(self, request: web.Request, call: Call, body: bytes) -> web.StreamResponse:
        if call.service == "s3":
            return self._world.buckets.answer(call, request, body)
        operation = self._operations.get((call.service, call.operation))
        if operation is None:
            raise refusals.unknown_operation(call.service, call.operation)
        validation.check(call)
        return answer(call, operation(call))


def _raise_refusal(fault: Fault, call: Call) -> None:
    """Raises what the fault answers with, for those that answer instead of the operation."""
    match fault.kind:
        case FaultKind.THROTTLED:
            raise refusals.throttled(call.service, fault.reason)
        case FaultKind.CONFLICT:
            raise refusals.conflict(call.service)
        case FaultKind.ACCESS_DENIED:
            raise refusals.denied(call.service)
        case FaultKind.KEY_DENIED | FaultKind.KEY_MISSING | FaultKind.KEY_DISABLED:
            raise refusals.key_unusable(call.service, fault.kind.value)
        case FaultKind.SERVER_ERROR:
            raise refusals.broken(call.service)
        case FaultKind.UNAVAILABLE:
            raise refusals.unavailable()
        case FaultKind.REFUSED:
            raise _Dropped("dropped")
        case FaultKind.LATENCY | FaultKind.TIMEOUT | FaultKind.ANSWER_LOST:
            return
        case FaultKind.FAILED | FaultKind.CANCELLED | FaultKind.TIMED_OUT:  # met later, by what was accepted
            return


def _operations(world: World, faults: Faults, permissions: Permissions) -> dict[tuple[str, str], Operation]:
    """The operations that the local AWS answers, by service."""
    by_service = {
        "sso-admin": AssignmentOperations(world, faults).operations() | CatalogOperations(world).operations(),
        "identitystore": DirectoryOperations(world).operations() | DirectoryWrites(world).operations(),
        "organizations": OrganizationOperations(world).operations(),
        "secretsmanager": world.secrets.operations(),
        "iam": {"SimulatePrincipalPolicy": simulate(permissions)},
        "sts": {"GetCallerIdentity": caller_identity(world), "AssumeRole": assume_role(world)}
        | WebIdentity(world).operations(),
        "athena": AthenaOperations(world, faults).operations(),
        "logs": InsightsOperations(world, faults).operations(),
        **world.messages.operations(),
        "sesv2": world.mails.operations(),
        "cloudtrail": LakeOperations(world, faults).operations() | LookupOperations(world).operations(),
    }
    return {(service, name): found for service, operations in by_service.items() for name, found in operations.items()}
