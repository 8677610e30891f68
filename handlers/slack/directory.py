"""People and channels in Slack. In doubt somebody is an outsider, and a failure is never a yes.

Slack has no single property for "external": it has to be deduced from several, and from the workspace
(docs.slack.dev/apis/slack-connect).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.people import ChatProfile, ChatUser
from core.domain.platforms import SLACK
from core.ports import Clock, Conversation
from handlers.chat.profiles import RecentProfiles
from handlers.flows.pace import Pace
from handlers.slack.installation import Installation, Installed
from handlers.slack_api.failures import call
from handlers.web_api.failures import cannot_say

_DIRECT = "D"
"""The first letter of the id of a direct conversation."""
_UNKNOWN_USER = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class SlackDirectory(RecentProfiles):
    """The ChatDirectory port.

    ``managed``: the addresses are managed by the identity provider, and no confirmation is asked for.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        clock: Clock,
        installation: Installation,
        *,
        managed: bool = False,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(clock, pace)
        self._client = client
        self._installation = installation
        self._managed = managed

    async def user_of_email(self, email: str) -> ChatUser | None:
        """The active member with this address; None when there is none."""
        try:
            answer = await call(self._client.users_lookupByEmail(email=email))
        except UpstreamRefused as refused:
            if refused.code in _UNKNOWN_USER:
                return None
            raise cannot_say(refused) from refused
        user: Any = answer.get("user") or {}
        if not user.get("id"):
            return None
        return ChatUser(SLACK, (await self._installation.read()).team, str(user["id"]))

    async def conversation(self, conversation: ConversationId) -> Conversation:
        """The facts of a channel. A private one that the bot is not in does not exist for it.

        A direct message is no channel: nobody but one person reads it, and to ask about it takes a scope of its own.
        """
        if conversation.startswith(_DIRECT):
            return Conversation(conversation, exists=False, bot_is_member=False)
        try:
            answer = await call(self._client.conversations_info(channel=conversation))
        except UpstreamRefused as refused:
            if refused.code == "channel_not_found":
                return Conversation(conversation, exists=False, bot_is_member=False)
            raise cannot_say(refused) from refused
        return _conversation(conversation, answer.get("channel") or {})

    async def join(self, conversation: ConversationId) -> None:
        """A public channel only: into a private one the bot has to be invited (``channels:join``)."""
        await call(self._client.conversations_join(channel=conversation))

    async def read_profile(self, chat_user: ChatUser) -> ChatProfile:
        try:
            answer = await call(self._client.users_info(user=chat_user.user))
        except UpstreamRefused as refused:
            if refused.code in _UNKNOWN_USER:
                return ChatProfile(chat_user, is_stranger=True, is_of_this_workspace=False)
            raise cannot_say(refused) from refused
        user: Any = answer.get("user") or {}
        profile = _profile(chat_user, user, await self._installation.read())
        return replace(profile, email_confirmed=profile.email_confirmed or self._managed)


def _profile(chat_user: ChatUser, user: Mapping[str, Any], installed: Installed) -> ChatProfile:
    said = user.get("profile") or {}
    return ChatProfile(
        chat_user=chat_user,
        email=str(said.get("email") or ""),
        email_confirmed=user.get("is_email_confirmed") is True,
        display_name=str(said.get("display_name") or said.get("real_name") or ""),
        is_bot=_any(user, "is_bot", "is_workflow_bot") or user.get("id") == "USLACKBOT",
        is_guest=_any(user, "is_restricted", "is_ultra_restricted"),
        is_stranger=_any(user, "is_stranger", "is_invited_user"),
        is_deactivated=_any(user, "deleted"),
        is_of_this_workspace=_is_ours(chat_user, user, installed),
        organization=installed.enterprise or installed.team,
    )


def _is_ours(chat_user: ChatUser, user: Mapping[str, Any], installed: Installed) -> bool:
    """A member of the workspace, or of the same enterprise; and it acted from the workspace itself."""
    enterprise = (user.get("enterprise_user") or {}).get("enterprise_id")
    same_enterprise = bool(installed.enterprise) and enterprise == installed.enterprise
    return same_enterprise or (user.get("team_id") == installed.team and chat_user.team == installed.team)


def _conversation(conversation: ConversationId, channel: Mapping[str, Any]) -> Conversation:
    outside = _any(channel, "is_ext_shared", "is_pending_ext_shared")
    return Conversation(
        id=conversation,
        name=str(channel.get("name") or ""),
        is_archived=_any(channel, "is_archived"),
        is_shared_outside=outside or (_any(channel, "is_shared") and not _any(channel, "is_org_shared")),
        bot_is_member=_any(channel, "is_member", "is_im"),
        is_private=_any(channel, "is_private"),
    )


def _any(facts: Mapping[str, Any], *names: str) -> bool:
    return any(bool(facts.get(name)) for name in names)
