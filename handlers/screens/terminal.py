"""Texts for a terminal, which reads no markup: as they are, without what an eye cannot see."""

from typing import assert_never

from core.domain.durations import show_duration
from core.domain.punctuation import stop_after
from handlers.screens import spans
from handlers.screens.clean import clean
from handlers.screens.spans import Span, Text


def write(text: Text) -> str:
    return "".join(map(_span, text.spans))


def _span(span: Span) -> str:  # noqa: C901, PLR0911 - one row a span
    match span:
        case spans.Words(words):
            return words
        case spans.Untrusted(words, _, otherwise):
            return clean(words) or otherwise
        case spans.Quotation(words, _, ends):
            return f"“{clean(words)}”{stop_after(clean(words)) if ends else ''}"
        case spans.Code(words) | spans.Preformatted(words):
            return clean(words, lines=True)
        case spans.Strong(text) | spans.Emphasis(text):
            return write(text)
        case spans.Instant(at):
            return f"{at:%Y-%m-%d %H:%M UTC}"
        case spans.Duration(length):
            return show_duration(length)
        case spans.PersonRef(user):
            return user.user
        case spans.ChannelRef(channel):
            return str(channel)
        case spans.Link(_, label):
            return clean(label)
        case spans.Joined(separator, texts):
            return separator.join(filter(None, map(write, texts)))
        case _:
            assert_never(span)
