"""A chat platform in memory: its directory and its messages."""

from collections import deque
from dataclasses import dataclass

from core.domain.errors import Upstream
from core.domain.ids import ConversationId
from core.domain.notices import Notice
from core.domain.people import ChatProfile, ChatUser, Principal
from core.domain.request import Request
from core.ports import Card, Conversation, MessageRef

TEAM = "T1"


class FakeChatDirectory:
    def __init__(self) -> None:
        self.profiles: dict[ChatUser, ChatProfile] = {}
        self.down: Upstream | None = None

    def add(self, principal: Principal) -> ChatUser:
        user = ChatUser(TEAM, f"U{principal.id.removeprefix('user-').upper()}")
        self.profiles[user] = ChatProfile(user, principal.emails[0], email_confirmed=True, display_name=principal.name)
        return user

    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        if self.down is not None:
            raise self.down
        return self.profiles[chat_user]

    async def user_of_email(self, email: str) -> ChatUser | None:
        return next((user for user, p in self.profiles.items() if p.email.casefold() == email.casefold()), None)

    async def conversation(self, conversation: ConversationId) -> Conversation:
        return Conversation(conversation)


@dataclass(frozen=True, slots=True)
class Said:
    to: str
    notice: Notice
    status: str


class FakeMessenger:
    """Keeps cards by place as they were last drawn, and everything said, in order."""

    def __init__(self) -> None:
        self.cards: dict[MessageRef, Card] = {}
        self.said: list[Said] = []
        self.fails: deque[Exception] = deque()
        self._count = 0

    async def show_card(self, card: Card, place: str, known: MessageRef | None) -> MessageRef:
        self._fail()
        if known is None or known not in self.cards:
            self._count += 1
            known = MessageRef("fake", place, str(self._count))
        self.cards[known] = card
        return known

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        self._fail()
        self.said.append(Said(f"thread:{card.conversation}", notice, request.status))

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        self._fail()
        self.said.append(Said(to.user, notice, request.status if request else ""))
        self._count += 1
        return MessageRef("fake", to.user, str(self._count))

    async def write_line(
        self, to: ConversationId, notice: Notice, request: Request | None, link: MessageRef | None
    ) -> None:
        self._fail()
        self.said.append(Said(to, notice, request.status if request else ""))

    def topics(self, to: str) -> list[str]:
        return [said.notice.topic.value for said in self.said if said.to == to]

    def card_in(self, place: str) -> Card:
        return next(card for ref, card in self.cards.items() if ref.conversation == place)

    def _fail(self) -> None:
        if self.fails:
            raise self.fails.popleft()
