"""moto, for every operation that the local AWS does not answer itself and moto answers as AWS does.

Runs moto's server application inside this process, in one thread of its own, and starts it with the first call
that needs it: its import takes seconds. Writes that moto would take for itself alone, so that reads answered
elsewhere would not show them, are refused.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from . import refusals
from .wire import Call
from .world import World

#: Of the services whose state is held here, what may be left to moto: things that nothing here looks at.
_LEFT_TO_MOTO = {
    "organizations": (
        "AttachPolicy", "CreatePolicy", "DeletePolicy", "DescribePolicy", "DetachPolicy", "DisablePolicyType",
        "EnablePolicyType", "ListPolicies", "ListPoliciesForTarget", "ListTargetsForPolicy", "UpdatePolicy",
        "EnableAWSServiceAccess", "DisableAWSServiceAccess", "ListAWSServiceAccessForOrganization",
        "ListTagsForResource", "TagResource", "UntagResource",
    ),
    "sso-admin": (
        "AttachManagedPolicyToPermissionSet", "DetachManagedPolicyFromPermissionSet",
        "ListManagedPoliciesInPermissionSet", "PutInlinePolicyToPermissionSet",
        "GetInlinePolicyForPermissionSet", "DeleteInlinePolicyFromPermissionSet",
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
        "DetachCustomerManagedPolicyReferenceFromPermissionSet",
        "ListCustomerManagedPolicyReferencesInPermissionSet",
    ),
    "identitystore": (),
}  # fmt: skip


class MotoBehind:
    """Hands requests on, after showing moto the organization and the permission sets as they are now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._thread: ThreadPoolExecutor | None = None
        self._application: Any = None

    async def answer(self, request: web.Request, call: Call, body: bytes) -> web.Response:
        if call.operation not in _LEFT_TO_MOTO.get(call.service, (call.operation,)):
            raise refusals.unknown_operation(call.service, call.operation)
        self._thread = self._thread or ThreadPoolExecutor(1, "moto")
        loop = asyncio.get_running_loop()
        headers = dict(request.headers)
        try:
            return await loop.run_in_executor(
                self._thread, self._answer, request.method, str(request.rel_url), headers, body
            )
        except NotImplementedError:
            raise refusals.unknown_operation(call.service, call.operation) from None

    def close(self) -> None:
        if self._thread:
            self._thread.shutdown(cancel_futures=True)

    def _answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> web.Response:
        from werkzeug.test import Client  # noqa: PLC0415 -- with moto, only when it is needed

        from . import moto_mirror  # noqa: PLC0415

        if self._application is None:
            self._application = moto_mirror.application(self._world)
        moto_mirror.show(self._world)
        headers["x-moto-account-id"] = self._world.organization.management_account_id
        found = Client(self._application).open(path, method=method, headers=headers, data=body)
        try:
            return web.Response(
                status=found.status_code, body=found.get_data(), headers=_end_to_end(dict(found.headers))
            )
        finally:
            found.close()


def _end_to_end(headers: dict[str, str]) -> dict[str, str]:
    """Without those that the server writes itself."""
    dropped = ("content-length", "transfer-encoding", "connection", "date", "server")
    return {name: value for name, value in headers.items() if name.lower() not in dropped}
