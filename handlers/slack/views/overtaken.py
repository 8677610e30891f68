"""A direct message that is an old truth: one line with what is so now, and no button that has lost its use."""

from datetime import datetime

from core.domain.ids import show_request_id
from core.domain.notices import Topic
from core.domain.request import Request, Status
from handlers.screens.links import Links
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import phrases, story
from handlers.slack.views.block import actions, context, request_button, section
from handlers.slack.views.text import name
from handlers.states import state

_ABOUT_THE_DECISION = frozenset({Topic.SUBMITTED, Topic.REMINDER})


def message(topic: Topic, request: Request, links: Links, now: datetime, headline: str) -> Message:
    """``headline``: what a lock screen shows of a message that came late."""
    number = story.request_link(request, links.request)
    blocks = [
        section(_line(topic, request, now)),
        *context(f"{number} · {story.target(request)} · {story.window(request)}"),
        *actions(request_button("Details", ActionId.DETAILS, request), block_id="notice.actions"),
    ]
    spoken = f"{show_request_id(request.id)}: {state(request).word.lower()}"
    return Message(spoken if topic in _ABOUT_THE_DECISION else headline, blocks)


def _line(topic: Topic, request: Request, now: datetime) -> str:
    """What waited for a decision says the decision, which stays so; all else says how the request is."""
    if topic in _ABOUT_THE_DECISION and request.decided_by and request.status is not Status.REJECTED:
        return f"✅ *Approved by {name(request.decided_by)}*{phrases.shortened(request)}"
    return story.status_line(request, now)
