"""The state of a Teams channel: whether it exists, has the bot in its team, and is shared with another company."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.domain.conversations import conversation_on, is_teams_channel, own_id
from core.domain.errors import UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.platforms import TEAMS
from core.ports import Conversation, ConversationKind, LearntConversation
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.conversations import GENERAL, ConversationBook
from handlers.web_api.failures import cannot_say

MOST_TEAMS = 200
"""Teams whose channels are listed to find one that nobody told of."""
MOST_PAGES = 20
"""Pages of members of a shared channel that are looked at; one with more is taken to be shared outside."""
SHARED, PRIVATE = "shared", "private"
_GONE = frozenset({"BotNotInConversationRoster", "ConversationNotFound", "TeamNotFound", "http_403", "http_404"})


class ChannelDirectory:
    def __init__(self, connector: Connector, book: ConversationBook, tenant: str) -> None:
        self._connector = connector
        self._book = book
        self._tenant = tenant

    async def read(self, conversation: ConversationId) -> Conversation:
        """Raises UpstreamBusy when it cannot be known."""
        absent = Conversation(conversation, exists=False, bot_is_member=False)
        if not is_teams_channel(conversation):
            return absent
        known = await self._book.get(own_id(conversation))
        if known is None or not known.team:
            known = await self._found(own_id(conversation))
            if known is None:
                return absent
        return await self._now(conversation, known)

    async def _now(self, conversation: ConversationId, known: LearntConversation) -> Conversation:
        listed = await self._listed(known)
        name = f"{known.team_name} / {known.name}".strip(" /")
        if listed is None:
            return Conversation(conversation, name, bot_is_member=False)
        if known.id not in listed:
            return Conversation(conversation, name, exists=False, bot_is_member=False)
        kind = str(listed[known.id].get("type") or known.channel_type).lower()
        return Conversation(
            conversation,
            name,
            is_archived=known.archived,
            is_shared_outside=kind == SHARED and await self._has_strangers(known),
            is_private=kind in {PRIVATE, SHARED},
        )

    async def _listed(self, known: LearntConversation) -> Mapping[str, Mapping[str, Any]] | None:
        """The channels of its team by id, as Teams lists them now; None where the bot is not in that team."""
        try:
            found = await self._connector.channels(known.service_url or await self._book.service_url(), known.team)
        except UpstreamRefused as refused:
            if refused.code in _GONE:
                return None
            raise cannot_say(refused) from refused
        return {str(each.get("id") or ""): each for each in found}

    async def _has_strangers(self, known: LearntConversation) -> bool:
        """True if somebody of another tenant reads a shared channel. In doubt somebody does."""
        after = ""
        for _ in range(MOST_PAGES):
            try:
                members, after = await self._connector.members(ConversationAddress(known.service_url, known.id), after)
            except UpstreamRefused:
                return True
            if any(str(each.get("tenantId") or "").lower() != self._tenant.lower() for each in members):
                return True
            if not after:
                return False
        return True

    async def _found(self, conversation: str) -> LearntConversation | None:
        """Look for a channel in every team of the bot's: nobody told of it, perhaps. What is found is kept."""
        seen: set[str] = set()
        for team in await self._book.channels(MOST_TEAMS * 5):
            if team.team in seen or len(seen) >= MOST_TEAMS:
                continue
            seen.add(team.team)
            listed = await self._listed(team)
            if listed is not None and conversation in listed:
                return await self._kept(team, conversation, listed[conversation])
        return None

    async def _kept(self, team: LearntConversation, id_: str, listed: Mapping[str, Any]) -> LearntConversation:
        learnt = replace(
            team,
            id=id_,
            kind=ConversationKind.CHANNEL,
            name=str(listed.get("name") or GENERAL),
            channel_type=str(listed.get("type") or ""),
        )
        await self._book.put(learnt)
        return learnt


def named(channel: LearntConversation) -> tuple[ConversationId, str]:
    """A channel as policies name it, and as people call it."""
    id_ = conversation_on(TEAMS, channel.id)
    return id_, id_ if _is_hidden(channel) else f"{channel.team_name} / {channel.name}".strip(" /")


def within_its_team(channel: LearntConversation) -> str:
    """The name that anybody may read."""
    return channel.id if _is_hidden(channel) else channel.name


def _is_hidden(channel: LearntConversation) -> bool:
    """Teams shows the name of such a channel to its members alone: others, admins included, read its id."""
    return channel.channel_type.lower() in {PRIVATE, SHARED}
