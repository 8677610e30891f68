"""A direct message that is an old truth: one line with what is so now, and no button that has lost its use."""

from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.notices import Topic
from core.domain.request import Request, Status
from handlers.screens import phrases, request_texts
from handlers.screens.links import Links
from handlers.screens.parts import Part, aside, buttons, row
from handlers.screens.request_buttons import details_button
from handlers.screens.screen import Message, message
from handlers.screens.spans import Said, Text, name, strong, text
from handlers.words.states import state

_ABOUT_THE_DECISION = frozenset({Topic.SUBMITTED, Topic.REMINDER, Topic.UNDECIDABLE})


def build(topic: Topic, request: Request, links: Links, now: datetime, headline: Said) -> Message:
    """``headline``: what a lock screen shows of a message that came late."""
    parts: list[Part] = [
        row(_line(topic, request, now)),
        aside(request_texts.reference(request, links)),
        buttons(details_button(request), id="notice.actions"),
    ]
    spoken = text(show_request_id(request.id), ": ", state(request).word.lower())
    return message(spoken if topic in _ABOUT_THE_DECISION else headline, parts)


def _line(topic: Topic, request: Request, now: datetime) -> Text:
    """The first line: the decision if it was waited for, else the state of the request."""
    if topic in _ABOUT_THE_DECISION and request.decided_by and request.status is not Status.REJECTED:
        return text("✅ ", strong("Approved by ", name(request.decided_by)), phrases.shortened(request))
    return request_texts.status_line(request, now)
