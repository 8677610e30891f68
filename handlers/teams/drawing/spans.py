"""Spans as Teams' markdown."""

from typing import Any, assert_never

from core.domain.durations import show_duration
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from handlers.screens import spans
from handlers.screens.clean import clean
from handlers.screens.plain_text import LONGEST, Reader, when
from handlers.screens.spans import Span, Text
from handlers.teams.drawing.markup import JOINER, NAME, bold, italic, link, prose, tame


class Pen:
    """Writes texts for one card and its reader; keeps whom it has mentioned."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._mentions: dict[str, ChatUser] = {}

    def markdown(self, text: Text, *, in_bold: bool = False) -> str:
        drawn, is_other = "", False
        for span in text.spans:
            was_other, is_other = is_other, isinstance(span, spans.Untrusted)
            drawn += (JOINER if was_other and is_other else "") + self._span(span, in_bold=in_bold)
        return drawn

    def entities(self) -> list[dict[str, Any]]:
        """The entities that turn mentions in the card into people (Microsoft Teams, mentions in Adaptive Cards)."""
        return [
            {"type": "mention", "text": said, "mentioned": {"id": user.user, "name": self.reader.people[user]}}
            for said, user in self._mentions.items()
        ]

    def _span(self, span: Span, *, in_bold: bool) -> str:  # noqa: C901, PLR0911, PLR0912 - one row a span
        match span:
            case spans.Words(words):
                return tame(words)
            case spans.Untrusted(words, longest, otherwise):
                return prose(words, LONGEST if longest is None else longest) or tame(otherwise)
            case spans.Quotation(words, longest):
                return span.around(prose(words, longest))
            case spans.Code(value, longest):
                shown = prose(value, longest)
                return bold(shown) if " " in shown and not in_bold else shown
            case spans.Preformatted(words):
                return tame(clean(words, lines=True))
            case spans.Strong(text):
                drawn = self.markdown(text, in_bold=True)
                return drawn if in_bold else bold(drawn)
            case spans.Emphasis(text):
                return italic(self.markdown(text, in_bold=in_bold))
            case spans.Instant(at, now):
                return when(at, now, self.reader)
            case spans.Duration(length):
                return show_duration(length)
            case spans.PersonRef(user):
                return self._mention(user)
            case spans.ChannelRef(conversation, otherwise):
                known = self.reader.channels.get(conversation, "")
                return prose(known, NAME) or self.markdown(otherwise, in_bold=in_bold)
            case spans.Link(url, label):
                return link(url, label)
            case spans.Joined(separator, texts):
                return tame(separator).join(filter(None, (self.markdown(each, in_bold=in_bold) for each in texts)))
            case _:
                assert_never(span)

    def _mention(self, user: ChatUser) -> str:
        """By name: what else is known of a person of Teams is nothing to be read. Two of one name are told apart."""
        shown = prose(self.reader.people.get(user, ""), NAME) if user.platform == TEAMS else ""
        if not shown:
            return ""
        said = f"<at>{shown}</at>"
        while self._mentions.setdefault(said, user) != user:
            said = f"{said.removesuffix('</at>')}{JOINER}</at>"
        return said
