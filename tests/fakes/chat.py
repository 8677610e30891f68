"""A chat platform in memory: its directory and its messages."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from core.domain.conversations import Place
from core.domain.errors import AnswerLost, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.notices import Notice
from core.domain.people import ChatProfile, ChatUser, Principal
from core.domain.platforms import SLACK, TEAMS
from core.domain.policy_validation import Obstacle
from core.domain.request import Request
from core.ports import Card, Conversation, MessageRef, OfferedFile

TEAM = "T1"


class FakeChatDirectory:
    """Profiles by user. Somebody it does not know is a stranger."""

    def __init__(self, platform: str = SLACK) -> None:
        self.platform = platform
        self.profiles: dict[ChatUser, ChatProfile] = {}
        self.conversations: dict[ConversationId, Conversation] = {}
        self.down: Upstream | None = None
        self.down_for: set[str] = set()
        """Addresses whose look-up fails."""
        self.asked = self.asked_fresh = 0
        """The number of times that a profile was asked for."""

    def add(self, principal: Principal, *, suffix: str = "") -> ChatUser:
        user = ChatUser(self.platform, TEAM, f"U{principal.id.removeprefix('user-').upper()}{suffix}")
        address = principal.emails[0]
        profile = ChatProfile(user, address, email_confirmed=True, display_name=principal.name)
        self.profiles[user] = replace(profile, user_principal_name=address if self.platform == TEAMS else "")
        return user

    def change(self, user: ChatUser, **facts: object) -> None:
        self.profiles[user] = replace(self.profiles[user], **facts)  # type: ignore[arg-type]

    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        await self._answer()
        self.asked += 1
        self.asked_fresh += fresh
        stranger = ChatProfile(chat_user, is_stranger=True, is_of_this_workspace=False)
        found = self.profiles.get(chat_user, stranger)
        return found if found.organization or found.is_stranger else replace(found, organization=TEAM)

    async def user_of_email(self, email: str) -> ChatUser | None:
        await self._answer()
        wanted = email.casefold()
        if wanted in self.down_for:
            raise UpstreamBusy("ratelimited")
        found = (u for u, p in self.profiles.items() if p.email.casefold() == wanted and not p.is_deactivated)
        return next(found, None)

    async def conversation(self, conversation: ConversationId) -> Conversation:
        await self._answer()
        unknown = Conversation(conversation, exists=False, bot_is_member=False)
        return self.conversations.get(conversation, unknown)

    async def join(self, conversation: ConversationId) -> None:
        found = await self.conversation(conversation)
        if found.obstacle is Obstacle.BOT_IS_OUTSIDE:
            self.conversations[conversation] = replace(found, bot_is_member=True)
        elif found.obstacle is not None:
            raise UpstreamRefused("the platform refused", code=found.obstacle)

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.down is not None:
            raise self.down


@dataclass(frozen=True, slots=True)
class Said:
    """A message: to whom, what about, and what the request was when it was said."""

    to: str
    notice: Notice
    status: str


class FakeMessenger:
    """Keeps cards by place as they were last drawn, and everything said, in order."""

    def __init__(self, platform: str = SLACK) -> None:
        self.platform = platform
        self.cards: dict[MessageRef, Card] = {}
        self.said: list[Said] = []
        self.messages: dict[MessageRef, Said] = {}
        """Messages to people as they read now."""
        self.links: list[MessageRef | None] = []
        self.fails: deque[Exception] = deque()
        """Raised by the next calls instead of saying anything."""
        self.fails_for: dict[str, Exception] = {}
        """Raised whenever something is to be said to this place or person."""
        self.answers_lost = 0
        """The next posts are made, and then raise AnswerLost."""
        self.before: Callable[[str], Awaitable[None]] | None = None
        self._count = 0

    async def show_card(self, card: Card, place: Place, known: MessageRef | None) -> MessageRef:
        conversation = place.user if isinstance(place, ChatUser) else place
        await self._begin("show_card", conversation)
        if known is not None and known in self.cards:
            self.cards[known] = card
            return known
        ref = self._posted(conversation)
        self.cards[ref] = card
        self._lose()
        return ref

    async def update_card(self, card: Card, at: MessageRef) -> bool:
        await self._begin("update_card", at.conversation)
        if at not in self.cards:
            return False
        self.cards[at] = card
        return True

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        await self._begin("reply", card.conversation)
        if card not in self.cards:
            raise gone("thread_not_found")
        self.said.append(Said(f"thread:{card.conversation}", notice, request.status))
        self._lose()

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        await self._begin("tell", to.user)
        self.said.append(Said(to.user, notice, request.status if request else ""))
        self.links.append(link)
        posted = self._posted(to.user)
        self.messages[posted] = self.said[-1]
        self._lose()
        return posted

    async def tell_instead(
        self, at: MessageRef, to: ChatUser, notice: Notice, request: Request, link: MessageRef | None
    ) -> bool:
        await self._begin("tell_instead", at.conversation)
        if at not in self.messages:
            return False
        self.said.append(Said(to.user, notice, request.status))
        self.links.append(link)
        self.messages[at] = self.said[-1]
        return True

    async def edit(self, at: MessageRef, notice: Notice, request: Request | None) -> bool:
        await self._begin("edit", at.conversation)
        if at not in self.messages:
            return False
        self.messages[at] = Said(at.conversation, notice, request.status if request else "")
        return True

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        await self._begin("write_line", to)
        self.said.append(Said(to, notice, request.status if request else ""))
        self._lose()

    # --- what a test sees --------------------------------------------------------------------------

    def topics(self, to: str) -> list[str]:
        return [said.notice.topic.value for said in self.said if said.to == to]

    def cards_in(self, conversation: str) -> list[Card]:
        return [card for ref, card in self.cards.items() if ref.conversation == conversation]

    def card_in(self, conversation: str) -> Card:
        """The one card there."""
        (card,) = self.cards_in(conversation)
        return card

    def delete(self, ref: MessageRef) -> None:
        del (self.cards if ref in self.cards else self.messages)[ref]

    # -----------------------------------------------------------------------------------------------

    def _posted(self, conversation: str) -> MessageRef:
        self._count += 1
        return MessageRef(self.platform, conversation, str(self._count))

    async def _begin(self, call: str, conversation: str) -> None:
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before(call)
        if self.fails:
            raise self.fails.popleft()
        if conversation in self.fails_for:
            raise self.fails_for[conversation]

    def _lose(self) -> None:
        if self.answers_lost:
            self.answers_lost -= 1
            raise AnswerLost("the connection was dropped")


class FakeHomeScreens:
    """The people whose Home was drawn anew, in order."""

    def __init__(self) -> None:
        self.redrawn: list[ChatUser] = []
        self.fails: deque[Exception] = deque()

    async def redraw(self, user: ChatUser) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails.popleft()
        self.redrawn.append(user)


class FakeFiles:
    """Files by the platform's id; ``shown`` is what people have got, in order."""

    def __init__(self) -> None:
        self.uploaded: dict[str, bytes] = {}
        self.alts: dict[str, str] = {}
        self.shown: list[tuple[str, str, Notice]] = []
        self.upload_fails: deque[Exception] = deque()
        self.share_fails: deque[Exception] = deque()
        """Raised by the next calls instead of doing anything; AnswerLost after doing it."""
        self.before_upload: Callable[[], Awaitable[None]] | None = None

    async def upload(self, file: Path, name: str, alt: str = "") -> str:
        await asyncio.sleep(0)
        if self.before_upload is not None:
            await self.before_upload()
        if self.upload_fails:
            raise self.upload_fails.popleft()
        known = f"F{len(self.uploaded)}-{name}"
        self.alts[known] = alt
        self.uploaded[known] = file.read_bytes()  # noqa: ASYNC240
        return known

    async def share(self, file: str, title: str, to: ChatUser, notice: Notice) -> None:
        await asyncio.sleep(0)
        error = self.share_fails.popleft() if self.share_fails else None
        if error is not None and not isinstance(error, AnswerLost):
            raise error
        if file in [shown for _, shown, _ in self.shown]:
            raise gone("file_not_found")
        self.shown.append((to.user, file, notice))
        if error is not None:
            raise error


def gone(code: str = "channel_not_found") -> UpstreamRefused:
    return UpstreamRefused(f"the platform refused: {code}", code=code)


class FakeOffers:
    """Files that are offered first: ``offered`` is what people were asked, ``accepted`` what they answered."""

    def __init__(self) -> None:
        self.offered: list[tuple[str, OfferedFile, Notice]] = []
        self.accepted: list[Mapping[str, str]] = []
        self.files = FakeFiles()

    async def offer(self, file: OfferedFile, to: ChatUser, notice: Notice) -> None:
        await asyncio.sleep(0)
        self.offered.append((to.user, file, notice))

    def to(self, accepted: Mapping[str, str]) -> FakeFiles:
        self.accepted.append(accepted)
        return self.files
