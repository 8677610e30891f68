"""The interface between flows and chat platforms: what people did, and the ways to answer.

A platform reads its payloads into these values, and implements ``Platform``; a flow knows no payload, no address and no
markup.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.ports import Background, Clock, MessageRef
from core.services.services import Services
from handlers.flows.pace import Pace
from handlers.screens.filled import Filled
from handlers.screens.links import Links
from handlers.screens.screen import Home, Message, Screen
from handlers.words.subcommands import Subcommand


class Sender(Protocol):
    """The person who acted, with the platform's own ways to answer."""

    @property
    def chat_user(self) -> ChatUser: ...

    @property
    def key(self) -> str:
        """The same when the same press or form is delivered twice."""
        ...

    @property
    def way_back(self) -> str:
        """The address at which a private message can be replaced later; empty where it cannot."""
        ...

    def by_way_of(self, way_back: str) -> "Sender":
        """The same person, answered there."""
        ...


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """``word rest``, as typed. ``mentioned``: ids of the users in it, in order; in the text they are ``@name``.

    ``named``: how each is written there, where a name may be several words.
    """

    sender: Sender
    word: str
    rest: str = ""
    mentioned: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        return f"{self.word} {self.rest}".strip()

    @property
    def mention(self) -> str:
        """A pattern for one mention in the text."""
        return "|".join([*map(re.escape, sorted(filter(None, self.named), key=len, reverse=True)), r"@\S+"])

    @classmethod
    def read(cls, words: str, sender: Sender, mentioned: tuple[str, ...] = (), named: tuple[str, ...] = ()) -> Self:
        """The words that were typed: the first, in whatever case, is the command."""
        word, rest = [*words.split(None, 1), "", ""][:2]
        return cls(sender, word.casefold(), rest.strip(), mentioned, named)


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button that was pressed, or a choice in a form. ``key`` is the same when the same press is delivered twice.

    ``filled``: the answers in its screen; ``group``: the id of the group of buttons that it stands in. ``message``: the
    message that it stands in, where it is one that others see too or that stays. ``screen``: the screen or Home that it
    stands in, ``screen_version``: which version of that, where the platform tells one. ``is_remade``: nobody presses it
    now, it only shows once more what it opened.
    """

    sender: Sender
    action_id: str
    value: str
    key: str
    filled: Filled
    group: str = ""
    message: MessageRef | None = None
    screen: str = ""
    in_home: bool = False
    screen_version: str | None = None
    is_remade: bool = False

    @property
    def in_screen(self) -> bool:
        return bool(self.screen) and not self.in_home

    @property
    def screen_id(self) -> str:
        """NotFound: what belongs in a screen was pressed somewhere else."""
        if not self.screen:
            raise NotFound
        return self.screen


@dataclass(frozen=True, slots=True)
class ShortcutUse:
    """A shortcut that was chosen; one below a message has its words, place and address."""

    sender: Sender
    shortcut: str
    quoted: str = ""
    place: MessageRef | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A screen that was sent. ``key`` is the same when the same form is delivered twice."""

    sender: Sender
    form: str
    key: str
    filled: Filled
    screen_id: str


@dataclass(frozen=True, slots=True)
class OptionsQuery:
    """The text that somebody types into a type-ahead, and what is filled in around it."""

    sender: Sender
    action_id: str
    typed: str
    filled: Filled


class Guard(Protocol):
    """The boundary around every press, form and typed command: it limits their rate, and tells every failure."""

    pace: Pace

    def take(self, kind: str, sender: Any, work: Coroutine[Any, Any, None]) -> object:
        """Start what has been acknowledged."""
        ...

    def go_on(self, kind: str, sender: Any, work: Coroutine[Any, Any, None]) -> object:
        """Start what belongs to something that was let in."""
        ...

    async def or_explain(
        self, kind: str, sender: Any, work: Awaitable[None], explain: Callable[[str], Awaitable[None]]
    ) -> None:
        """Work whose failure is shown on the screen that it belongs to."""
        ...


class Platform(Protocol):
    """The chat platform that somebody acts on. Raises UpstreamBusy, of the chat's side, when it does not answer."""

    @property
    def services(self) -> Services: ...

    @property
    def boundary(self) -> Guard: ...

    @property
    def background(self) -> Background: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def command(self) -> str:
        """The command that is typed before a subcommand."""
        ...

    @property
    def subcommands(self) -> Sequence[Subcommand]: ...

    async def privately(self, sender: Any, sentence: str) -> None:
        """Answer with a plain sentence, seen by that person alone."""
        ...

    async def say(self, sender: Any, message: Message, *, replace: bool = False) -> None:
        """The same with a message; ``replace`` the answer whose button was pressed."""
        ...

    async def open(self, sender: Any, screen: Screen) -> str:
        """Open a screen; returns its id."""
        ...

    async def push(self, sender: Any, screen: Screen) -> str:
        """Open it over the one that the press came from; closing it leads back."""
        ...

    async def exchange(self, screen_id: str, screen: Screen, *, seen: str | None = None, insist: bool = False) -> None:
        """Put another screen in the place of one. ``seen``: only when nobody has changed it since that version.

        ``insist``: this is the newest there can be, so it wins over whatever came in between.
        """
        ...

    async def publish(self, user: ChatUser, home: Home) -> None:
        """Show somebody's Home."""
        ...

    def has_room_for(self, home: Home) -> bool:
        """True if Home can be shown whole."""
        ...

    async def links_to(self, place: MessageRef | None = None, reader: ChatUser | None = None) -> Links: ...
