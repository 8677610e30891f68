"""A form as it is sent in Slack, for tests of what comes of it."""

from typing import Any

from handlers.flows.platform import FormSubmission, Sender
from handlers.slack.drawing.filled import read_filled


def sent(sender: Sender, view: dict[str, Any], key: str) -> FormSubmission:
    """``view`` with what was filled in, as Slack sends it back."""
    return FormSubmission(sender, str(view.get("callback_id") or ""), key, read_filled(view), str(view.get("id") or ""))
