"""The ports to a chat platform: its directory, and a messenger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from core.domain.approval import Vote
from core.domain.conversations import Place
from core.domain.ids import ConversationId, PrincipalId
from core.domain.notices import Notice
from core.domain.people import ChatProfile, ChatUser
from core.domain.policy_validation import Obstacle
from core.domain.request import Request


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The address of a sent message; opaque to core. ``conversation`` and ``message`` are the platform's ids."""

    platform: str
    conversation: str
    message: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The bot's knowledge of a channel before it posts there."""

    id: ConversationId
    name: str = ""
    exists: bool = True
    is_archived: bool = False
    is_shared_outside: bool = False
    bot_is_member: bool = True
    is_private: bool = False

    @property
    def called(self) -> str:
        """Its name as anybody may read it: a private channel's is for its members, and others read the id."""
        return self.id if self.is_private or not self.name else self.name

    @property
    def obstacle(self) -> Obstacle | None:
        """The reason why cards must not, or cannot, be posted there; None when they can."""
        if not self.exists or (self.is_private and not self.bot_is_member):
            return Obstacle.UNKNOWN
        if self.is_shared_outside:
            return Obstacle.SHARED_OUTSIDE
        if self.is_archived:
            return Obstacle.ARCHIVED
        return None if self.bot_is_member else Obstacle.BOT_IS_OUTSIDE


class ChatDirectory(Protocol):
    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        """Fails closed: UpstreamBusy when it cannot be had."""
        ...

    async def user_of_email(self, email: str) -> ChatUser | None: ...

    async def conversation(self, conversation: ConversationId) -> Conversation: ...

    async def join(self, conversation: ConversationId) -> None:
        """Have the bot join a public channel; it may be in it already. UpstreamRefused where it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a card shows, whatever the platform."""

    request: Request
    votes: Sequence[Vote]
    approver_names: Sequence[str]
    """The names of those who may still decide as members of the groups, without the requester; may be long."""
    group_names: Sequence[str]
    account_path: Sequence[str]
    recent_requests: int
    """Of this person for this target in the last 30 days, this one included."""
    live_elsewhere: Sequence[Request]
    """Other requests of this person that are live now."""
    extends: Request | None
    """The request whose access this one asks to prolong, as it is now."""
    requester_users: Sequence[ChatUser]
    digest: str
    now: datetime
    lapsed: frozenset[PrincipalId] = frozenset()
    """Voters who may decide no longer: their approvals do not count (rule 11)."""
    personal_names: Sequence[str] = ()
    """The names of those who may still decide because a policy names them."""
    mentioned: Sequence[ChatUser] = ()
    """Approvers whom the card mentions, by the setting; only when it is posted."""
    siblings: Sequence[Request] = ()
    """Other requests that may give this person this access, once it is ended early (rule 18)."""
    together: Sequence[Request] = ()
    """The other requests that were asked for in one go with this one."""
    others: "Sequence[Card]" = ()
    """The further requests that are shown in the same message."""


class FileSender(Protocol):
    """Brings files to people on a chat platform, in two steps: only the second is seen. Raises as Messenger does."""

    async def upload(self, file: Path, name: str, alt: str = "") -> str:
        """Bring a file to the platform, seen by nobody yet; returns the platform's id of it. May be repeated.

        ``alt`` says in words what a picture shows.
        """
        ...

    async def share(self, file: str, title: str, to: ChatUser, notice: Notice) -> None:
        """Show an uploaded file to one person with what the notice says. Once only: a second time is refused."""
        ...


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file that somebody may have. ``size`` is in bytes, as it is now: it is made anew once it is accepted."""

    export_id: int
    name: str
    size: int


class FileOffers(Protocol):
    """Of a platform that takes a file only once the person has said where it may go. Raises as Messenger does."""

    async def offer(self, file: OfferedFile, to: ChatUser, notice: Notice) -> None:
        """Ask one person, with what the notice says. The answer brings the id of the export back."""
        ...

    def to(self, accepted: Mapping[str, str]) -> FileSender:
        """Brings a file to where it was accepted. What it shows may be shown again: it stands there once."""
        ...


GONE = frozenset({"user_disabled", "user_not_found", "users_not_found"})
"""Codes of an UpstreamRefused that say: this account takes no messages, and will take none."""


NO_THREAD = frozenset(
    {"thread_not_found", "cannot_reply_to_message", "message_not_found", "ActivityNotFoundInConversation"}
)
"""Codes of one that say: the message that was to be replied to is not there any more."""


class Messenger(Protocol):
    """Says things on a chat platform. Raises UpstreamBusy (with retry_after), AnswerLost or UpstreamRefused.

    An account that is gone is refused with one of the codes in ``GONE``.
    """

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        """Post the card, or update it where it is known to be; posts again when it was deleted."""
        ...

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        """Update the card where it stands; False when no card can be updated there. Never posts."""
        ...

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        """A line in the thread of a card. Refused with one of the codes in ``NO_THREAD`` where it was deleted."""
        ...

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        """A direct message. ``link`` is a card that the recipient can open."""
        ...

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        """Say it in the place of a direct message that said less; False when that is gone."""
        ...

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        """Draw a message to one person anew where it stands, without buttons to decide; False when it is gone."""
        ...

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        """One line in the audit channel."""
        ...


class HomeScreens(Protocol):
    """Keeps the Home screens of people up to date, on platforms that have one."""

    async def redraw(self, user: ChatUser) -> None:
        """Draw anew what this user has open. Raises as the messenger does."""
        ...
