"""A driver of Slack or of Teams: the same acts by labels and texts, however each chat carries them out.

What a person would notice as different stays here: a word opens a form in Slack and offers a button in Teams, Home is a
tab or a card, a file comes or is offered. Everything else is read as it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from infra.sandbox.company import Company
from tests.e2e.play import PAYMENTS, Play, Target

Found = TypeVar("Found")
AUDIT = "team-audit"


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of a form: the words in red by label, else what is shown in its place; empty where it closed."""

    errors: Mapping[str, str] = field(default_factory=dict)
    said: str = ""


class Message(Protocol):
    """A message as it was seen; ``SeenMessage`` of either chat."""

    def text(self) -> str: ...
    def buttons(self) -> list[str]: ...


class Card(Message, Protocol):
    """The card of a request in the approvers' channel."""

    async def becomes(self, words: str) -> "Card": ...
    async def replied(self, words: str) -> Message: ...
    def replies(self) -> Sequence[Message]: ...
    def refreshed(self) -> "Card": ...


class Form(ABC):
    """A modal or a dialog, open before one person."""

    @abstractmethod
    def text(self) -> str: ...
    @abstractmethod
    def labels(self) -> list[str]: ...
    @abstractmethod
    def value(self, label: str) -> str: ...
    @abstractmethod
    async def shows(self, words: str) -> str: ...
    @abstractmethod
    async def choose(self, label: str, words: str, query: str | None = None) -> None: ...
    @abstractmethod
    async def fill(self, label: str, text: str) -> None: ...
    @abstractmethod
    async def look(self, words: str) -> str:
        """The rules that apply to the choice, once these words are there."""

    @abstractmethod
    async def press(self, button: str, title: str, near: str = "") -> "Form":
        """A button that leads to another form of that title."""

    @abstractmethod
    async def send(self, button: str) -> Sent: ...
    @abstractmethod
    async def followed_by(self, title: str) -> "Form":
        """The form of that title which took its place when it was sent."""

    @abstractmethod
    async def close(self) -> None: ...

    async def choose_target(self, target: Target) -> None:
        await self.choose("Account", target.account)
        await self.choose("Permission set", target.permission_set)


class ChatDriver(ABC):
    """Acts for everybody in one chat."""

    def __init__(self, play: Play) -> None:
        self.play = play

    @staticmethod
    @abstractmethod
    def policies(company: Company, folder: Path) -> Path:
        """The example policies, with channels of this chat."""

    @abstractmethod
    async def settle_in(self) -> None:
        """The bot comes to where it is to be used."""

    @abstractmethod
    async def greet(self, who: str) -> None:
        """Somebody has the bot from now on."""

    @abstractmethod
    async def home(self, who: str, words: str) -> str: ...
    @abstractmethod
    async def decide_at_home(self, who: str, words: str, button: str) -> None:
        """Press a button on Home: it decides at once, or names everything once more first."""

    @abstractmethod
    async def word(self, who: str, line: str, words: str) -> Message:
        """Type a command; the private answer to it."""

    @abstractmethod
    async def form(self, who: str, line: str, title: str) -> Form:
        """Type a command that leads to a form."""

    @abstractmethod
    async def open(self, who: str, message: Message, button: str, title: str, near: str = "") -> Form:
        """Press a button that leads to a form."""

    @abstractmethod
    async def press(self, who: str, message: Message, button: str, words: str, *, as_seen: bool = False) -> str:
        """Press a button that acts at once; what this person is told alone."""

    @abstractmethod
    async def card(self, who: str, number: str, words: str, channel: str = PAYMENTS) -> Card: ...
    @abstractmethod
    async def told(self, who: str, number: str, words: str) -> Message:
        """A message to this person alone about a request, with these words."""

    @abstractmethod
    async def audited(self, number: str, words: str) -> Message:
        """A line of the audit channel."""

    @abstractmethod
    def audit_lines(self) -> Sequence[Message]:
        """All of them, oldest first."""

    @abstractmethod
    async def export(self, who: str, listed: Message, words: str) -> bytes:
        """The file that **Export as CSV** brings, offered under these words."""

    @abstractmethod
    def refused(self) -> list[object]:
        """The errors that the chat found in the bot's calls."""
