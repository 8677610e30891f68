"""The Bot Connector: the few calls of it that the bot makes.

Source: learn.microsoft.com, "Bot Connector REST API reference" and "Get Teams specific context". Nothing is tried
again here but a token that is no longer taken: whoever sends knows what was sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import aiohttp
from yarl import URL

from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.ports import waiting_for
from handlers.bot_connector.clouds import Cloud
from handlers.bot_connector.failures import meaning, outcome_of, read_object
from handlers.bot_connector.tokens import AppTokens
from handlers.web_api.failures import lost, unreachable

LIMIT = aiohttp.ClientTimeout(total=15, sock_connect=5)
"""Shorter than a sender's turn at a conversation (``conversations.TURN``)."""
PAGE = 500
"""Members in one answer; the most that Teams gives."""

Body: TypeAlias = Mapping[str, Any]
ObserveTeams = Callable[[str, str], None]
"""Told of every call: which it was (``POST activities``), and what came of it."""


def unobserved(operation: str, outcome: str) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class ConversationAddress:
    """A conversation, and the address that it is reached at."""

    service_url: str
    conversation: str

    def thread(self, root: str) -> "ConversationAddress":
        """Under a message of a channel (learn.microsoft.com, "Channel and group chat conversations with a bot")."""
        return ConversationAddress(self.service_url, f"{self.conversation.partition(';')[0]};messageid={root}")


class Connector:
    """Raises UpstreamBusy (with retry_after), AnswerLost or UpstreamRefused with Teams' code, all of Side.TEAMS."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        cloud: Cloud,
        tokens: AppTokens,
        *,
        app_id: str,
        observe: ObserveTeams = unobserved,
    ) -> None:
        self._http = http
        self._cloud = cloud
        self._tokens = tokens
        self._app_id = app_id
        self._observe = observe

    async def send(self, place: ConversationAddress, activity: Body, *, targeted: bool = False) -> str:
        """Post; returns the id of the message, which is empty when Teams tells none.

        ``targeted``: only its recipient sees it (learn.microsoft.com, "Targeted messages").
        """
        query = {"isTargetedActivity": "true"} if targeted else {}
        said = await self._call("POST", place, "activities", body=activity, query=query, repeatable=False)
        return str(said.get("id") or "")

    async def update(self, place: ConversationAddress, message: str, activity: Body) -> None:
        await self._call("PUT", place, "activities", message, body={**activity, "id": message})

    async def delete(self, place: ConversationAddress, message: str) -> None:
        await self._call("DELETE", place, "activities", message)

    async def create(self, service_url: str, tenant: str, user: str) -> ConversationAddress:
        """Begin the conversation with one person (MRI or Entra object id), or find it."""
        body = {
            "bot": {"id": f"28:{self._app_id}"},
            "members": [{"id": user}],
            "isGroup": False,
            "tenantId": tenant,
            "channelData": {"tenant": {"id": tenant}},
        }
        said = await self._ask("POST", service_url, ("conversations",), body=body)
        if not said.get("id"):
            raise UpstreamBusy("Teams told no conversation.", side=Side.TEAMS)
        told = str(said.get("serviceUrl") or "")
        return ConversationAddress(told if self._cloud.is_service(told) else service_url, str(said["id"]))

    async def member(self, place: ConversationAddress, user: str) -> Body:
        """Somebody in a conversation, by MRI, Entra object id or user principal name."""
        return await self._call("GET", place, "members", user)

    async def members(self, place: ConversationAddress, after: str = "") -> tuple[Sequence[Body], str]:
        """One page of the people there, and where the next begins; empty after the last."""
        query = {"pageSize": str(PAGE), **({"continuationToken": after} if after else {})}
        said = await self._call("GET", place, "pagedMembers", query=query)
        return _objects(said.get("members")), str(said.get("continuationToken") or "")

    async def team(self, service_url: str, team: str) -> Body:
        """A team that the bot is in: its name and the id of its group in Entra."""
        return await self._ask("GET", service_url, ("teams", team))

    async def channels(self, service_url: str, team: str) -> Sequence[Body]:
        """The channels of a team. That called General has no name, and the id of the team."""
        said = await self._ask("GET", service_url, ("teams", team, "conversations"))
        return _objects(said.get("conversations"))

    async def _call(
        self,
        method: str,
        place: ConversationAddress,
        *path: str,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Body:
        path = ("conversations", place.conversation, *path)
        return await self._ask(method, place.service_url, path, body=body, query=query, repeatable=repeatable)

    async def _ask(
        self,
        method: str,
        service_url: str,
        path: Sequence[str],
        *,
        body: Body | None = None,
        query: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Body:
        url = self._url(service_url, path, query or {})
        operation = f"{method} {path[(len(path) - 1) // 2 * 2]}"  # every other step is an id
        try:
            response, said = await self._with_token(method, url, body, repeatable=repeatable)
        except Upstream:
            self._observe(operation, "unreachable")
            raise
        self._observe(operation, outcome_of(response.status))
        if response.status >= 300:
            raise meaning(response, said, repeatable=repeatable)
        return said

    async def _with_token(
        self, method: str, url: URL, body: Body | None, *, repeatable: bool
    ) -> tuple[aiohttp.ClientResponse, Body]:
        token = await self._tokens.token()
        response, said = await self._once(method, url, token, body, repeatable=repeatable)
        if response.status == 401 and self._tokens.spoil(token):  # a credential was changed, perhaps
            return await self._once(method, url, await self._tokens.token(), body, repeatable=repeatable)
        return response, said

    async def _once(
        self, method: str, url: URL, token: str, body: Body | None, *, repeatable: bool
    ) -> tuple[aiohttp.ClientResponse, Body]:
        headers = {"Authorization": f"Bearer {token}"}
        asked = self._http.request(method, url, json=body, headers=headers, timeout=LIMIT, allow_redirects=False)
        try:
            with waiting_for(Side.TEAMS):
                async with asked as response:
                    return response, await read_object(response)
        except aiohttp.ClientConnectorError as error:
            raise unreachable(error, Side.TEAMS) from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise lost(type(error).__name__, Side.TEAMS, repeatable=repeatable) from None

    def _url(self, service_url: str, path: Sequence[str], query: Mapping[str, str]) -> URL:
        """Ids are data: whatever they hold, they stay one step of the path. No other host is sent a token."""
        if not self._cloud.is_service(service_url):
            why = "The address that Teams named is none of Microsoft's in this cloud."
            raise UpstreamRefused(why, code="foreign_service_url", side=Side.TEAMS)
        if any(step in {"", ".", ".."} for step in path):
            raise UpstreamRefused("An id of Teams is none.", code="bad_id", side=Side.TEAMS)
        steps = "/".join(quote(step, safe="") for step in path)
        return URL(f"{service_url.rstrip('/')}/v3/{steps}", encoded=True).with_query(query)


def _objects(found: object) -> Sequence[Body]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
