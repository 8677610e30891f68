"""Spans as Slack's mrkdwn. Whatever is not markup of ours is escaped."""

from typing import assert_never

from core.domain.durations import show_duration
from handlers.screens import spans
from handlers.screens.spans import Span, Text
from handlers.slack.drawing.markup import (
    SECTION,
    channel,
    code,
    code_block,
    entities,
    link,
    mention,
    prose,
    when,
)


def mrkdwn(text: Text) -> str:
    return "".join(map(_span, text.spans))


def _span(span: Span) -> str:  # noqa: C901, PLR0911, PLR0912 - one row a span
    match span:
        case spans.Words(words):
            return entities(words)
        case spans.Untrusted(words, longest, otherwise):
            return prose(words, SECTION if longest is None else longest) or entities(otherwise)
        case spans.Quotation(words, longest):
            return span.around(prose(words, longest))
        case spans.Code(value, longest):
            return code(value, longest)
        case spans.Preformatted(words):
            return code_block(words)
        case spans.Strong(text):
            return _around("*", mrkdwn(text))
        case spans.Emphasis(text):
            return _around("_", mrkdwn(text))
        case spans.Instant(at, now):
            return when(at, now)
        case spans.Duration(length):
            return show_duration(length)
        case spans.PersonRef(user):
            return mention(user)
        case spans.ChannelRef(conversation, otherwise):
            return channel(conversation) or mrkdwn(otherwise)
        case spans.Link(url, label):
            return link(url, label)
        case spans.Joined(separator, texts):
            return entities(separator).join(filter(None, map(mrkdwn, texts)))
        case _:
            assert_never(span)


def _around(sign: str, drawn: str) -> str:
    return f"{sign}{drawn}{sign}" if drawn else ""
