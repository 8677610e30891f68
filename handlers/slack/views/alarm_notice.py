"""Alarms that are about no single request, in one message."""

from datetime import datetime

from core.domain.notices import Notice, Topic
from handlers import failed_words, trail_words
from handlers.slack.views import story
from handlers.slack.views.text import code, name, prose


def headline(notice: Notice, now: datetime) -> str:
    """What is wrong and what to do; or that it is mended."""
    facts = notice.facts
    match notice.topic:
        case Topic.OUT_OF_REACH:
            return failed_words.out_of_reach(prose(facts.get("requests", "")), name(facts.get("permission_set", "")))
        case Topic.OLD_PICTURE:
            return story.old_picture(facts, now)
        case Topic.TRAIL_WHOLE:
            return prose(trail_words.whole(facts))
        case _:
            return f"{prose(trail_words.broken(facts), 600)} {code(trail_words.VERIFY)}"
