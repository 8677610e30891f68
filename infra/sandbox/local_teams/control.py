"""The controls of the local Teams over HTTP, below `/_control/`: faults, keys, addresses, who has the app.

JSON in, JSON out. A name that is not there is a 404, a body that makes no sense a 400, each with `error`.
"""

from typing import Any

from aiohttp import web

from infra.sandbox.json_actions import Body, as_json
from infra.sandbox.local_teams.faults import Faults
from infra.sandbox.local_teams.interactions import Interactions
from infra.sandbox.local_teams.keys import SigningKeys
from infra.sandbox.local_teams.login import Login
from infra.sandbox.local_teams.model import Team, TeamsUser
from infra.sandbox.local_teams.team_changes import TeamChanges
from infra.sandbox.local_teams.tenant import Tenant


class Control:
    """One action a route; each answers with what changed, or with what was asked for."""

    def __init__(
        self,
        tenant: Tenant,
        interactions: Interactions,
        team_changes: TeamChanges,
        keys: SigningKeys,
        login: Login,
        faults: Faults,
    ) -> None:
        self._tenant = tenant
        self._interactions = interactions
        self._team_changes = team_changes
        self._signing_keys = keys
        self._login = login
        self._faults = faults

    def register(self, router: web.UrlDispatcher) -> None:
        for method, path, action in (
            ("GET", "faults", self._list_faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("DELETE", "faults/{id}", self._remove_fault),
            ("POST", "keys/rotate", self._rotate),
            ("POST", "tokens/forget", self._forget),
            ("POST", "people/{person}/install", self._install),
            ("POST", "people/{person}/uninstall", self._uninstall),
            ("POST", "teams/{team}/add-bot", self._add_bot),
            ("POST", "teams/{team}/remove-bot", self._remove_bot),
            ("POST", "teams/{team}/archive", self._archive),
            ("POST", "move", self._move),
        ):
            router.add_route(method, f"/_control/{path}", as_json(action))

    def _list_faults(self, _request: web.Request, _body: Body) -> Any:
        return [fault.described() for fault in self._faults.all()]

    def _add_fault(self, _request: web.Request, body: Body) -> Any:
        return self._faults.add(**body).described()

    def _clear_faults(self, _request: web.Request, _body: Body) -> Any:
        self._faults.clear()
        return []

    def _remove_fault(self, request: web.Request, body: Body) -> Any:
        self._faults.remove(int(request.match_info["id"]))
        return self._list_faults(request, body)

    def _rotate(self, _request: web.Request, body: Body) -> Any:
        """The next call is signed with another key; `withdraw` takes the old ones away."""
        return {"kid": self._signing_keys.rotate(withdraw=bool(body.get("withdraw"))).id}

    def _forget(self, _request: web.Request, _body: Body) -> Any:
        self._login.forget()
        return {}

    async def _install(self, request: web.Request, _body: Body) -> Any:
        await self._interactions.install(self._person(request.match_info["person"]))
        return {"installed": True}

    async def _uninstall(self, request: web.Request, _body: Body) -> Any:
        await self._interactions.uninstall(self._person(request.match_info["person"]))
        return {"installed": False}

    async def _add_bot(self, request: web.Request, body: Body) -> Any:
        await self._team_changes.add_bot(self._team(request), self._person(body["by"]))
        return {"has_bot": True}

    async def _remove_bot(self, request: web.Request, body: Body) -> Any:
        await self._team_changes.remove_bot(self._team(request), self._person(body["by"]))
        return {"has_bot": False}

    async def _archive(self, request: web.Request, body: Body) -> Any:
        archived = bool(body.get("archived", True))
        await self._team_changes.archive(self._team(request), self._person(body["by"]), archived=archived)
        return {"archived": archived}

    def _move(self, _request: web.Request, body: Body) -> Any:
        """A conversation, or all there are and will be, gets another service URL."""
        if body["region"] not in ("emea", "amer"):
            raise ValueError("the regions are emea and amer")
        wanted = body.get("conversation", "")
        moved = [each for each in self._tenant.conversations.values() if wanted in ("", each.id)]
        self._tenant.region = self._tenant.region if wanted else body["region"]
        for each in moved:
            self._team_changes.move(each, body["region"])
        return {"moved": [each.id for each in moved]}

    def _person(self, name: str) -> TeamsUser:
        found = next((each for each in self._tenant.people if each.name == name), None)
        if found is None:
            raise LookupError(f"nobody is called {name!r}")
        return found

    def _team(self, request: web.Request) -> Team:
        wanted = request.match_info["team"]
        found = next((each for each in self._tenant.teams.values() if wanted in (each.id, each.name)), None)
        if found is None:
            raise LookupError(f"no team is called {wanted!r}")
        return found
