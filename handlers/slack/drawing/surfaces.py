"""Messages, screens and Home as Slack takes them."""

from slack_sdk.models.views import View

from handlers.screens import screen
from handlers.screens.screen import Home, Screen
from handlers.slack.drawing.blocks import words
from handlers.slack.drawing.parts import draw
from handlers.slack.drawing.spans import mrkdwn
from handlers.slack_api.block_kit import SlackMessage

TITLE = 24
"""Longest title and label of a modal's buttons (docs.slack.dev/reference/views)."""


def draw_message(message: screen.Message) -> SlackMessage:
    return SlackMessage(mrkdwn(message.summary), draw(message.parts))


def draw_view(shown: Screen | Home) -> View:
    match shown:
        case Screen():
            return _modal(shown)
        case Home(parts, memo):
            return View(type="home", blocks=draw(parts, on_home=True), private_metadata=memo)


def _modal(screen: Screen) -> View:
    return View(
        type="modal",
        callback_id=screen.form.value,
        title=words(screen.title, TITLE),
        submit=words(screen.submit, TITLE) if screen.submit else None,
        close=words(screen.close, TITLE),
        private_metadata=screen.memo,
        notify_on_close=screen.waits or None,
        blocks=draw(screen.parts),
    )
