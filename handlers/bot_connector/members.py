"""A person as Teams tells of it, which it does only in a conversation that the person shares with the bot.

Source: learn.microsoft.com, "Get Teams specific context" (TeamsChannelAccount). How guests and anonymous people are
marked is read in ``read_member`` alone.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain.errors import UpstreamRefused
from core.domain.people import ChatUser
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.conversations import ConversationBook
from handlers.web_api.failures import cannot_say

_TEAMS_ASKED = 10
"""Teams in which somebody is looked for who has no conversation with the bot and was seen in no channel."""
_UNKNOWN = frozenset(
    {"MemberNotFoundInConversation", "ConversationNotFound", "BadArgument", "bad_id", "http_400", "http_404"}
)
"""Codes that say: no such member there."""
_OUTSIDE = frozenset({"BotNotInConversationRoster", "ConversationBlockedByUser", "http_403"})
"""Codes that say: the bot is not there, so it cannot ask there."""
BOT = "28:"
"""The beginning of a bot's id."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a conversation; unknown fields are empty. ``entra`` (the object id) and ``tenant`` are lower case."""

    mri: str
    entra: str
    tenant: str
    name: str
    email: str
    user_principal_name: str
    is_bot: bool
    is_guest: bool
    is_anonymous: bool


class Members:
    """Looks for people wherever the bot may ask about them."""

    def __init__(self, connector: Connector, book: ConversationBook) -> None:
        self._connector = connector
        self._book = book

    async def find(self, user: ChatUser) -> Member | None:
        """None where Teams shows them nowhere. UpstreamBusy when it cannot say."""
        async for place in self._places(user):
            if (member := await self._member(place, user.user)) is not None:
                return member
        return None

    async def of_principal_name(self, name: str, tenant: str) -> Member | None:
        """Somebody of this tenant, by user principal name, in a team that the bot is in."""
        async for place in self._teams():
            member = await self._member(place, name)
            if member is not None and member.entra and member.tenant == tenant:
                return member
        return None

    async def _places(self, user: ChatUser) -> AsyncIterator[ConversationAddress]:
        """The conversations in which the bot may ask about a person, the likeliest first."""
        known = await self._book.of_user(user)
        if known is not None and known.installed:
            yield await self._book.place(known.id)
        if seen := self._book.seen_in(user):
            yield await self._book.place(seen)
        async for place in self._teams():
            yield place

    async def _teams(self) -> AsyncIterator[ConversationAddress]:
        """One channel of each team that the bot is in."""
        teams: set[str] = set()
        for channel in await self._book.channels(_TEAMS_ASKED * 10):
            if channel.team not in teams and len(teams) < _TEAMS_ASKED:
                teams.add(channel.team)
                yield await self._book.place(channel.id)

    async def _member(self, place: ConversationAddress, user: str) -> Member | None:
        """None where Teams knows nobody of that id there, or the bot may not ask there."""
        try:
            return read_member(await self._connector.member(place, user))
        except UpstreamRefused as refused:
            if refused.code in _UNKNOWN | _OUTSIDE:
                return None
            raise cannot_say(refused) from refused


def read_member(told: Mapping[str, Any]) -> Member:
    role, principal_name = _said(told, "userRole").lower(), _said(told, "userPrincipalName")
    return Member(
        mri=_said(told, "id"),
        entra=(_said(told, "aadObjectId") or _said(told, "objectId")).lower(),
        tenant=_said(told, "tenantId").lower(),
        name=_said(told, "name"),
        email=_said(told, "email"),
        user_principal_name=principal_name,
        is_bot=_said(told, "id").startswith(BOT) or role in {"bot", "skill"},
        is_guest=role == "guest" or "#ext#" in principal_name.lower(),
        is_anonymous=role == "anonymous",
    )


def _said(told: Mapping[str, Any], name: str) -> str:
    return str(told.get(name) or "")
