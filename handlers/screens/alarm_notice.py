"""Alarms that are about no single request, in one message."""

from datetime import datetime

from core.domain.notice_content import OldPicture, OutOfReach, TrailBroken, TrailWhole
from handlers.screens import request_texts
from handlers.screens.spans import Code, Text, Untrusted, fill, name, text
from handlers.words import closed_request_words, trail_words


def headline(content: OutOfReach | OldPicture | TrailBroken | TrailWhole, now: datetime) -> Text:
    """The fault and what to do about it; or that it is fixed."""
    match content:
        case OutOfReach():
            requests, permission_set = Untrusted(content.requests), name(content.permission_set)
            return fill(closed_request_words.OUT_OF_REACH, requests=requests, permission_set=permission_set)
        case OldPicture():
            return request_texts.old_picture(content.since, now)
        case TrailWhole():
            return text(Untrusted(trail_words.whole(content.seq)))
        case TrailBroken():
            return text(Untrusted(trail_words.broken(content.seq, content.what), 600), " ", Code(trail_words.VERIFY))
