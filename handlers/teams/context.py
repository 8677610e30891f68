"""Teams as the Platform of flows: what they show becomes the answer that is waited for, or a message."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import structlog

from core.domain.errors import Upstream
from core.domain.outside_values import read_zone
from core.domain.people import ChatUser
from core.ports import Background, Clock, MessageRef
from core.services.services import Services
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.messages import Json, card_answer, dialog_answer
from handlers.bot_connector.posts import Posts
from handlers.flows.boundary import Boundary
from handlers.screens.filled import Filled
from handlers.screens.links import Links
from handlers.screens.parts import Aside, Part, Row, row
from handlers.screens.plain_text import Reader, plain_text
from handlers.screens.screen import Home, Message, Screen, message, note
from handlers.screens.spans import Untrusted
from handlers.teams import wire
from handlers.teams.answers import Asked, PendingAnswer, answering, line
from handlers.teams.dialogs import Dialogs
from handlers.teams.drawing import elements
from handlers.teams.drawing.cards import Drawn, draw_dialog, draw_home, home_fits
from handlers.teams.drawing.parts import CHECK as CHECK_LABEL
from handlers.teams.home_cards import HomeCards
from handlers.teams.links import TeamsLinks
from handlers.teams.origins import Opening, Origin
from handlers.teams.payloads import OWN, TeamsSender, read_way_back
from handlers.teams.readers import Readers
from handlers.teams.wire import ControlPlace
from handlers.words import teams_words
from handlers.words.subcommands import HOME, SUBCOMMANDS, Subcommand

COMMAND, CHECK = "command", "check"
"""Acts that are no flow's: the words that a dialog belongs to, and a look at one that was not ready."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TeamsContext:
    """Built once; whoever listens is given it and keeps nothing of its own."""

    services: Services
    boundary: Boundary
    background: Background
    clock: Clock
    command: str
    posts: Posts
    book: ConversationBook
    homes: HomeCards
    links: TeamsLinks
    readers: Readers
    dialogs: Dialogs

    @property
    def subcommands(self) -> Sequence[Subcommand]:
        return (HOME, *SUBCOMMANDS)

    async def privately(self, sender: TeamsSender, sentence: str) -> None:
        answer = answering.get()
        if answer is None or not answer.take(line(sentence, answer.asked)):
            await self._tell(sender, message(Untrusted(sentence), [row(Untrusted(sentence))]))

    async def say(self, sender: TeamsSender, message: Message, *, replace: bool = False) -> None:
        """In the place of a message where one was pressed; in an open dialog; else as a new message."""
        answer = answering.get()
        if replace and sender.way_back:
            await self._replace(sender, message, answer)
        elif answer is not None and answer.is_open and answer.asked is Asked.DIALOG:
            await self._show(answer, answer.opened, note(self.command.lstrip("@"), message.parts))
        else:
            drawn = await self._tell(sender, message)
            if answer is not None:
                answer.take(line(drawn.summary, answer.asked))

    async def open(self, sender: TeamsSender, screen: Screen) -> str:
        """In a dialog it opens over that one, and leads back to it."""
        answer = _current()
        self.dialogs.show(sender.chat_user, answer.opened.dump(), screen)
        if answer.asked is Asked.DIALOG:
            await self._show(answer, answer.opened, screen)
        else:
            await self._offer(sender, answer.opening, screen)
        return answer.opened.dump()

    async def push(self, sender: TeamsSender, screen: Screen) -> str:
        return await self.open(sender, screen)

    async def exchange(self, screen_id: str, screen: Screen, *, seen: str | None = None, insist: bool = False) -> None:  # noqa: ARG002 - nobody else changes a dialog of Teams
        answer = _current()
        self.dialogs.show(answer.sender.chat_user, screen_id, screen)
        if answer.asked is Asked.DIALOG:
            await self._show(answer, Origin.load(screen_id), screen)

    async def publish(self, user: ChatUser, home: Home) -> None:
        """The answer to whoever acts on their own Home; else it changes where it stands."""
        drawn = draw_home(home, await self.readers.of(home, await self.book.zone_of(user)))
        answer = answering.get()
        if answer is not None and answer.sender.chat_user != user:
            answer = None
        if answer is not None and answer.in_home and answer.asked is Asked.PRESS:
            answer.take(card_answer(drawn.card))
        elif answer is not None and answer.in_home:
            answer.take(line(_first_words(home.parts) or drawn.summary, answer.asked))
        await self.homes.show(user, drawn, anew=answer is not None and answer.asked is Asked.TYPED)

    def has_room_for(self, home: Home) -> bool:
        return home_fits(home, Reader(now=self.clock.now()))

    async def links_to(self, place: MessageRef | None = None, reader: ChatUser | None = None) -> Links:
        return await self.links.to(place, reader)

    # --- dialogs -----------------------------------------------------------------------------------

    async def draw(
        self,
        sender: TeamsSender,
        origin: Origin,
        screen: Screen,
        errors: Mapping[str, str] | None = None,
        filled: Filled | None = None,
    ) -> Json:
        """The answer that shows a dialog. One that is not ready yet gets a button to look again."""
        name, reader = origin.dump(), await self.readers.of(screen, await self._zone(sender))
        card = draw_dialog(screen, name, reader, errors, filled, back=origin.back() is not None)
        if screen.waits:
            look = elements.submit(wire.press(CHECK, "", "", ControlPlace(screen=name)), title=CHECK_LABEL)
            card = {**card, "actions": [look, *card.get("actions", ())]}
        return dialog_answer(screen.title, card)

    async def _show(self, answer: PendingAnswer, origin: Origin, screen: Screen) -> None:
        """Show a screen. Filled inputs keep their values as long as the same form is shown."""
        if answer.is_open:
            known = self.dialogs.find(answer.sender.chat_user, origin.dump())
            drawn = await self.draw(answer.sender, origin, screen, filled=known.filled if known else None)
            answer.screen = screen if answer.take(drawn) else None

    async def _offer(self, sender: TeamsSender, opening: Opening, screen: Screen) -> None:
        """Teams opens no dialog for words that were typed: a button does."""
        drawn = await self.readers.drawn(message(screen.title, [row(screen.title)]), sender.chat_user)
        data = wire.opening(opening.act, opening.value, opening.group, ControlPlace())
        action = elements.submit(data, title=screen.title, style="positive")
        await self._post(sender, Drawn({**drawn.card, "actions": [action]}, drawn.summary))

    # --- messages ----------------------------------------------------------------------------------

    async def _tell(self, sender: TeamsSender, told: Message) -> Drawn:
        drawn = await self._drawn(sender, told)
        await self._post(sender, drawn)
        return drawn

    async def _post(self, sender: TeamsSender, drawn: Drawn) -> None:
        """Answer where it was typed, to that person alone, where Teams has such messages; else in the 1:1 chat.

        An answer that cannot be given is logged: what was done has been done.
        """
        try:
            if sender.typed_in_channel and await self.posts.whisper(sender.conversation.id, sender.mri, drawn.activity):
                return
            await self.posts.post_to(sender.chat_user, drawn.activity)
        except Upstream as error:
            log.warning("answer could not be given", user=sender.chat_user.user, because=str(error))
            await self._say_how(sender)

    async def _say_how(self, sender: TeamsSender) -> None:
        """A person who typed in a channel and cannot be written to reads there how to mend it."""
        if not sender.typed_in_channel:
            return
        sentence = teams_words.HOW_TO_GET_IT
        drawn = await self.readers.drawn(message(sentence, [row(sentence)]), None)
        with suppress(Upstream):
            await self.posts.post(sender.conversation.id, drawn.activity, under=sender.conversation.root)

    async def _replace(self, sender: TeamsSender, told: Message, answer: PendingAnswer | None) -> None:
        """For whoever pressed at once, and in the message for all their devices.

        The way back came with the press: a message that others read is left alone, whatever it says.
        """
        drawn, at = await self._drawn(sender, told), read_way_back(sender.way_back)
        if answer is not None:
            in_place = answer.asked is Asked.PRESS
            answer.take(card_answer(drawn.card) if in_place else line(drawn.summary, answer.asked))
        try:
            is_own = at is not None and await self.book.reader_of(at.conversation) == sender.chat_user
            is_there = is_own and at is not None and await self.posts.update(at, drawn.activity)
        except Upstream as error:
            log.warning("answer could not be given", user=sender.chat_user.user, because=str(error))
        else:
            if not is_there:
                await self._post(sender, drawn)

    async def _zone(self, sender: TeamsSender) -> tzinfo:
        """The one that Teams told with this act, or before it."""
        known = read_zone(sender.zone) if sender.zone else await self.book.zone_of(sender.chat_user)
        return known or UTC

    async def _drawn(self, sender: TeamsSender, told: Message) -> Drawn:
        drawn = await self.readers.drawn(told, sender.chat_user)
        return Drawn(_as_own(drawn.card), drawn.summary)


def _current() -> PendingAnswer:
    """The act that a flow works for."""
    answer = answering.get()
    if answer is None:
        raise RuntimeError("a dialog belongs to an act")
    return answer


def _first_words(parts: Sequence[Part]) -> str:
    """The outcome of the press, which Home says above everything else."""
    first = next(iter(parts), None)
    said = [*first.texts] if isinstance(first, Aside) else [first.text] if isinstance(first, Row) else []
    return " ".join(plain_text(each, Reader()) for each in said)


def _as_own(found: Any) -> Any:
    """Every button of a card says that it stands in an answer to one person."""
    if isinstance(found, list):
        return [_as_own(each) for each in found]
    if not isinstance(found, dict):
        return found
    inside = {key: value if key == "data" else _as_own(value) for key, value in found.items()}
    is_button = found.get("type") in {"Action.Execute", "Action.Submit"} and isinstance(found.get("data"), dict)
    return {**inside, "data": {**found["data"], OWN: True}} if is_button else inside
