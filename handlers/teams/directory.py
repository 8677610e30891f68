"""Who somebody is in Teams, and what a channel is. In doubt somebody is an outsider, and a failure is never a yes.

Teams tells about a person only in a conversation that it shares with the bot (learn.microsoft.com, "Get Teams specific
context"). How it marks guests and anonymous people is read in ``_profile`` alone.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from core.domain.conversations import own_id
from core.domain.errors import Side, Upstream, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.people import ChatProfile, ChatUser, address_key
from core.domain.platforms import TEAMS
from core.ports import Clock, Conversation
from handlers.bot_connector.channels import Channels
from handlers.bot_connector.connector import Connector, Place
from handlers.bot_connector.conversations import ConversationBook
from handlers.chat.profiles import RecentProfiles
from handlers.flows.pace import Pace
from handlers.web_api.failures import cannot_say

_TEAMS_ASKED = 10
"""Teams in which somebody is looked for who has no conversation with the bot and was seen in no channel."""
_UNKNOWN = frozenset(
    {"MemberNotFoundInConversation", "ConversationNotFound", "BadArgument", "bad_id", "http_400", "http_404"}
)
"""Codes that say: no such member there."""
_OUTSIDE = frozenset({"BotNotInConversationRoster", "ConversationBlockedByUser", "http_403"})
"""Codes that say: the bot is not there, so it cannot ask there."""


class TeamsDirectory(RecentProfiles):
    """The ChatDirectory port. ``by_external_id``: Entra's object id alone leads to the principal."""

    def __init__(
        self,
        connector: Connector,
        book: ConversationBook,
        channels: Channels,
        clock: Clock,
        tenant: str,
        *,
        by_external_id: bool = False,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(clock, pace)
        self._connector = connector
        self._book = book
        self._channels = channels
        self._tenant = tenant
        self._by_external_id = by_external_id

    async def user_of_email(self, email: str) -> ChatUser | None:
        """The member with this address: among people who were learnt, else by user principal name in a team."""
        key = address_key(email)
        for known in await self._book.of_email(key):
            if known.user:
                return ChatUser(TEAMS, known.tenant, known.user)
        if "@" not in key:
            return None
        async for place in self._teams():
            member = await self._member(place, key)
            if member is not None and _entra(member) and _tenant(member) == self._tenant:
                return ChatUser(TEAMS, self._tenant, _entra(member))
        return None

    async def conversation(self, conversation: ConversationId) -> Conversation:
        """What is known of a channel. The conversation with one person is no channel: nobody else reads it."""
        return await self._channels.read(conversation)

    async def join(self, conversation: ConversationId) -> None:
        """Nobody joins by itself in Teams: somebody of the team adds the app to it."""
        raise UpstreamRefused(f"TEAM Bot cannot add itself to {own_id(conversation)}.", code="no_join", side=Side.TEAMS)

    async def read_profile(self, chat_user: ChatUser) -> ChatProfile:
        if chat_user.user.startswith("28:"):
            return ChatProfile(chat_user, is_bot=True)
        if chat_user.team != self._tenant:
            return ChatProfile(chat_user, is_stranger=True, is_of_this_workspace=False)
        async for place in self._places(chat_user):
            member = await self._member(place, chat_user.user)
            if member is not None:
                profile = await self._noted(_profile(chat_user, member))
                return replace(profile, external_id=chat_user.user) if self._by_external_id else profile
        return ChatProfile(chat_user, is_stranger=True, is_of_this_workspace=False)

    async def _noted(self, profile: ChatProfile) -> ChatProfile:
        """Somebody is found by address later: who was learnt has the address of now."""
        with suppress(Upstream):  # what was read is true all the same
            await self._book.note_email(profile.chat_user, address_key(profile.email))
        return profile

    async def _places(self, chat_user: ChatUser) -> AsyncIterator[Place]:
        """Where the bot may ask about a person, the likeliest first."""
        known = await self._book.of_user(chat_user)
        if known is not None and known.installed:
            yield await self._book.place(known.id)
        if seen := self._book.seen_in(chat_user):
            yield await self._book.place(seen)
        async for place in self._teams():
            yield place

    async def _teams(self) -> AsyncIterator[Place]:
        """One channel of each team that the bot is in."""
        teams: set[str] = set()
        for channel in await self._book.channels(_TEAMS_ASKED * 10):
            if channel.team not in teams and len(teams) < _TEAMS_ASKED:
                teams.add(channel.team)
                yield await self._book.place(channel.id)

    async def _member(self, place: Place, user: str) -> Mapping[str, Any] | None:
        """None where Teams knows nobody of that id there, or the bot may not ask there."""
        try:
            return await self._connector.member(place, user)
        except UpstreamRefused as refused:
            if refused.code in _UNKNOWN | _OUTSIDE:
                return None
            raise cannot_say(refused) from refused


def _profile(chat_user: ChatUser, member: Mapping[str, Any]) -> ChatProfile:
    """A member as Teams tells of it (TeamsChannelAccount). Whatever is not said to be a member is an outsider."""
    role, principal_name = str(member.get("userRole") or "").lower(), str(member.get("userPrincipalName") or "")
    is_ours = _tenant(member) == chat_user.team.lower() and _entra(member) == chat_user.user.lower()
    return ChatProfile(
        chat_user=chat_user,
        email=str(member.get("email") or ""),
        email_confirmed=True,
        display_name=str(member.get("name") or ""),
        user_principal_name=principal_name,
        is_bot=str(member.get("id") or "").startswith("28:") or role in {"bot", "skill"},
        is_guest=role == "guest" or "#ext#" in principal_name.lower(),
        is_anonymous=role == "anonymous",
        is_stranger=not _entra(member),
        is_of_this_workspace=is_ours,
        organization=chat_user.team,
    )


def _entra(member: Mapping[str, Any]) -> str:
    return str(member.get("aadObjectId") or member.get("objectId") or "").lower()


def _tenant(member: Mapping[str, Any]) -> str:
    return str(member.get("tenantId") or "").lower()
