"""A client of the Bot Connector as a bot has one: a token of the login, then calls with it."""

from typing import Any, Self

import aiohttp

from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.local_teams.login import SCOPE

Json = dict[str, Any]


class ConnectorClient:
    def __init__(self, teams: LocalTeams) -> None:
        self._teams = teams
        self._session = aiohttp.ClientSession()
        self.service_url = teams.service_url
        self.token = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def log_in(self, **changed: str) -> tuple[int, Json]:
        """Asks for a token; what is changed replaces the right thing to send."""
        app = self._teams.tenant.app
        tenant = changed.pop("tenant", self._teams.tenant.tenant_id)
        form = {
            "grant_type": "client_credentials",
            "client_id": app.app_id,
            "client_secret": app.client_secret,
            "scope": SCOPE,
            **changed,
        }
        url = f"{self._teams.login_url}/{tenant}/oauth2/v2.0/token"
        async with self._session.post(url, data=form) as answer:
            said = await answer.json()
        self.token = said.get("access_token", "")
        return answer.status, said

    async def call(self, method: str, path: str, body: Json | None = None, **query: str) -> tuple[int, Json]:
        """A call below the service URL, with the token that was given, or the first one."""
        if not self.token:
            await self.log_in()
        status, said, _ = await self.whole_call(method, path, body, **query)
        return status, said

    async def whole_call(
        self, method: str, path: str, body: Json | None = None, **query: str
    ) -> tuple[int, Json, "dict[str, str]"]:
        """The same, with the headers."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self.service_url}v3/{path}"
        async with self._session.request(method, url, json=body, headers=headers, params=query) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def send(self, conversation: str, **activity: Any) -> tuple[int, Json]:
        return await self.call("POST", f"conversations/{conversation}/activities", {"type": "message", **activity})

    async def get(self, url: str) -> Json:
        async with self._session.get(url) as answer:
            said: Json = await answer.json()
            return said

    async def upload(self, url: str, content: bytes) -> int:
        headers = {"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"}
        async with self._session.put(url, data=content, headers=headers) as answer:
            return answer.status
