"""People and channels in Teams. In doubt somebody is an outsider, and a failure is never a yes."""

from contextlib import suppress
from dataclasses import replace

from core.domain.conversations import own_id
from core.domain.errors import Side, Upstream, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.people import ChatProfile, ChatUser, address_key
from core.domain.platforms import TEAMS
from core.ports import Clock, Conversation
from handlers.bot_connector.channels import ChannelDirectory
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.members import BOT, Member, Members
from handlers.chat.profiles import RecentProfiles
from handlers.flows.pace import Pace


class TeamsDirectory(RecentProfiles):
    """The ChatDirectory port. ``by_external_id``: Entra's object id alone leads to the principal."""

    def __init__(
        self,
        members: Members,
        book: ConversationBook,
        channels: ChannelDirectory,
        clock: Clock,
        tenant: str,
        *,
        by_external_id: bool = False,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(clock, pace)
        self._members = members
        self._book = book
        self._channels = channels
        self._tenant = tenant
        self._by_external_id = by_external_id

    async def read_profile(self, chat_user: ChatUser) -> ChatProfile:
        if chat_user.user.startswith(BOT):
            return ChatProfile(chat_user, is_bot=True)
        member = await self._members.find(chat_user) if chat_user.team == self._tenant else None
        if member is None:
            return ChatProfile(chat_user, is_stranger=True, is_of_this_workspace=False)
        with suppress(Upstream):  # somebody is found by address later; what was read is true all the same
            await self._book.note_email(chat_user, address_key(member.email))
        if chat_user.user == member.mri and member.entra:  # all that a mention tells of somebody
            chat_user = replace(chat_user, user=member.entra)
        return _profile(chat_user, member, chat_user.user if self._by_external_id else "")

    async def user_of_email(self, email: str) -> ChatUser | None:
        """The member with this address: among people who were learnt, else by user principal name in a team."""
        key = address_key(email)
        for known in await self._book.of_email(key):
            if known.user:
                return ChatUser(TEAMS, known.tenant, known.user)
        member = await self._members.of_principal_name(key, self._tenant) if "@" in key else None
        return ChatUser(TEAMS, self._tenant, member.entra) if member is not None else None

    async def conversation(self, conversation: ConversationId) -> Conversation:
        """The state of a channel. The conversation with one person is not a channel: nobody else reads it."""
        return await self._channels.read(conversation)

    async def join(self, conversation: ConversationId) -> None:
        """Nobody joins by itself in Teams: somebody of the team adds the app to it."""
        raise UpstreamRefused(f"TEAM Bot cannot add itself to {own_id(conversation)}.", code="no_join", side=Side.TEAMS)


def _profile(chat_user: ChatUser, member: Member, external_id: str) -> ChatProfile:
    """A person who is not said to be a member of this tenant is an outsider."""
    return ChatProfile(
        chat_user=chat_user,
        email=member.email,
        email_confirmed=True,
        display_name=member.name,
        user_principal_name=member.user_principal_name,
        external_id=external_id,
        is_bot=member.is_bot,
        is_guest=member.is_guest,
        is_anonymous=member.is_anonymous,
        is_stranger=not member.entra,
        is_of_this_workspace=member.tenant == chat_user.team.lower() and member.entra == chat_user.user.lower(),
        organization=chat_user.team,
    )
