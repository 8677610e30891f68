"""Slack's pictures as HTML: every block and element that the local Slack accepts, as its reader sees it.

Whatever was sent is text until one of these modules makes it a tag. What they cannot draw, they say so, loudly.
"""

from infra.sandbox.window.drawing.messages import draw_message_body
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.views import draw_home, draw_modal

__all__ = ["Reader", "draw_home", "draw_message_body", "draw_modal"]
