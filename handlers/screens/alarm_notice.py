"""Alarms that are about no single request, in one message."""

from datetime import datetime

from core.domain.notices import Notice, Topic
from handlers.screens import story
from handlers.screens.spans import Code, Text, Untrusted, fill, name, text
from handlers.words import closed_request_words, trail_words


def headline(notice: Notice, now: datetime) -> Text:
    """What is wrong and what to do; or that it is mended."""
    facts = notice.facts
    match notice.topic:
        case Topic.OUT_OF_REACH:
            requests, permission_set = Untrusted(facts.get("requests", "")), name(facts.get("permission_set", ""))
            return fill(closed_request_words.OUT_OF_REACH, requests=requests, permission_set=permission_set)
        case Topic.OLD_PICTURE:
            return story.old_picture(facts, now)
        case Topic.TRAIL_WHOLE:
            return text(Untrusted(trail_words.whole(facts)))
        case _:
            return text(Untrusted(trail_words.broken(facts), 600), " ", Code(trail_words.VERIFY))
