"""The controls of the local AWS over HTTP, below `/_control/`: what a page shows, and the changes of `admin_changes`.

JSON in, JSON out. A name that is not there is a 404, a body that makes no sense a 400, each with `error`.
"""

from dataclasses import asdict
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from infra.sandbox.json_actions import Body, as_json

from .admin_changes import AdminChanges
from .calls import CallLog
from .conduct import Conduct
from .faults import Faults
from .sso_assignments import described_operation

#: How many calls the page is shown, and how long it may wait for something new, in seconds.
_LAST_CALLS = 30
_LONGEST_WAIT = 25.0
_CONDUCT = TypeAdapter(Conduct)


class Control:
    """One action a route; each answers with what changed, or with what was asked for."""

    def __init__(self, changes: AdminChanges, faults: Faults, log: CallLog) -> None:
        self._changes = changes
        self._world = changes.world
        self._faults = faults
        self._log = log

    def register(self, router: web.UrlDispatcher) -> None:
        for method, path, action in (
            ("GET", "now", self._now),
            ("GET", "assignments", self._assignments),
            ("POST", "assignments", self._make_assignment),
            ("DELETE", "assignments", self._remove_assignment),
            ("GET", "operations", self._operations),
            ("GET", "calls", self._calls),
            ("GET", "faults", self._list_faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("DELETE", "faults/{id}", self._remove_fault),
            ("GET", "conduct", self._conduct),
            ("PATCH", "conduct", self._set_conduct),
            ("POST", "hold", self._hold),
            ("POST", "release", self._release),
            ("POST", "users/{user}/disable", self._disable),
            ("POST", "users/{user}/enable", self._enable),
            ("DELETE", "users/{user}", self._delete_user),
            ("POST", "groups/{group}/members", self._add_member),
            ("DELETE", "groups/{group}/members", self._remove_member),
            ("POST", "accounts/{account}/move", self._move),
            ("POST", "accounts/{account}/status", self._set_status),
            ("DELETE", "accounts/{account}", self._remove_account),
        ):
            router.add_route(method, f"/_control/{path}", as_json(action))

    async def _now(self, request: web.Request, _body: Body) -> Any:
        """Everything a page shows; with `after=REVISION` only once there is something newer than that."""
        if "after" in request.query:
            await self._world.changes.after(int(request.query["after"]), _LONGEST_WAIT)
        return {
            "revision": self._world.changes.revision,
            "assignments": self._assignments(request, {}),
            "in_flight": [described_operation(found) for found in self._changes.operations_in_flight()],
            "calls": [record.described() for record in self._log.last(_LAST_CALLS)],
            "faults": self._list_faults(request, {}),
            "conduct": asdict(self._world.conduct),
            "peak_rates": self._log.peak_rates(),
            "max_outstanding": self._world.assignments.max_outstanding,
        }

    def _assignments(self, _request: web.Request, _body: Body) -> Any:
        return [
            {"account": account, "permission_set": permission_set, kind.lower(): principal}
            for kind in ("USER", "GROUP")
            for account, permission_set, principal in sorted(self._changes.assignments(kind))
        ]

    def _make_assignment(self, request: web.Request, body: Body) -> Any:
        self._changes.make_assignment(
            body["account"], body["permission_set"], body.get("user", ""), group=body.get("group", "")
        )
        return self._assignments(request, {})

    def _remove_assignment(self, request: web.Request, body: Body) -> Any:
        self._changes.remove_assignment(
            body["account"], body["permission_set"], body.get("user", ""), group=body.get("group", "")
        )
        return self._assignments(request, {})

    def _operations(self, _request: web.Request, _body: Body) -> Any:
        return [described_operation(found) for found in self._world.assignments.operations.values()]

    def _calls(self, request: web.Request, _body: Body) -> Any:
        found = self._log.records(request.query.get("operation"), request.query.get("service"))
        return [record.described() for record in found[-int(request.query.get("last", "1000")) :]]

    def _list_faults(self, _request: web.Request, _body: Body) -> Any:
        return [fault.described() for fault in self._faults.all()]

    def _add_fault(self, _request: web.Request, body: Body) -> Any:
        return self._faults.add(**body).described()

    def _clear_faults(self, _request: web.Request, _body: Body) -> Any:
        self._faults.clear()
        return []

    def _remove_fault(self, request: web.Request, _body: Body) -> Any:
        self._faults.remove(int(request.match_info["id"]))
        return self._list_faults(request, {})

    def _conduct(self, _request: web.Request, _body: Body) -> Any:
        return asdict(self._world.conduct)

    def _set_conduct(self, request: web.Request, body: Body) -> Any:
        now = asdict(self._world.conduct)
        if unknown := sorted(body.keys() - now.keys()):
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        checked = _CONDUCT.validate_python(now | body)
        for name in body:
            setattr(self._world.conduct, name, getattr(checked, name))
        self._world.changes.publish("conduct.changed")
        return self._conduct(request, {})

    def _hold(self, request: web.Request, _body: Body) -> Any:
        self._changes.hold()
        return self._conduct(request, {})

    def _release(self, request: web.Request, body: Body) -> Any:
        self._changes.release(body.get("request_id"))
        return self._operations(request, {})

    def _disable(self, request: web.Request, _body: Body) -> Any:
        self._changes.disable_user(request.match_info["user"])
        return {"user": request.match_info["user"], "enabled": False}

    def _enable(self, request: web.Request, _body: Body) -> Any:
        self._changes.enable_user(request.match_info["user"])
        return {"user": request.match_info["user"], "enabled": True}

    def _delete_user(self, request: web.Request, _body: Body) -> Any:
        self._changes.delete_user(request.match_info["user"])
        return {"user": request.match_info["user"], "deleted": True}

    def _add_member(self, request: web.Request, body: Body) -> Any:
        self._changes.add_member(request.match_info["group"], body["user"])
        return {"group": request.match_info["group"], "user": body["user"]}

    def _remove_member(self, request: web.Request, body: Body) -> Any:
        self._changes.remove_member(request.match_info["group"], body["user"])
        return {"group": request.match_info["group"], "user": body["user"]}

    def _move(self, request: web.Request, body: Body) -> Any:
        self._changes.move_account(request.match_info["account"], body["to"])
        return {"account": request.match_info["account"], "to": body["to"]}

    def _set_status(self, request: web.Request, body: Body) -> Any:
        self._changes.set_account_status(request.match_info["account"], body["status"], body.get("state"))
        return {"account": request.match_info["account"], "status": body["status"]}

    def _remove_account(self, request: web.Request, _body: Body) -> Any:
        self._changes.remove_account(request.match_info["account"])
        return {"account": request.match_info["account"], "left": True}
