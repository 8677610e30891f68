"""Answers to forms, as Slack takes them (docs.slack.dev, view submissions)."""

from typing import Any

from handlers.flows.answers import Closed, FieldErrors, FormAnswer, NextScreen
from handlers.slack.drawing.render import render_view


def form_response(answer: FormAnswer) -> dict[str, Any]:
    match answer:
        case FieldErrors(by_input):
            return {"response_action": "errors", "errors": dict(by_input)}
        case NextScreen(screen):
            return {"response_action": "update", "view": render_view(screen)}
        case Closed():
            return {}
