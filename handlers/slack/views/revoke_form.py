"""The form behind **Revoke** and **End now**: what ends, what goes on for a while, and why it is ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.durations import show_duration
from core.domain.policy import Requirement
from core.domain.request import Request
from core.ports import MessageRef
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import story
from handlers.slack.views.block import about, section, words
from handlers.slack.views.shown import Shown
from handlers.slack.views.text import name

LONGEST = 1000
_SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Filled:
    """What was sent. ``card`` is the message whose button opened the form, where it was one."""

    shown: Shown | None
    reason: str
    card: MessageRef | None = None


def build(request: Request, asked: Requirement, *, own: bool, card: MessageRef | None = None) -> View:
    """``own``: the reader's own access is ended, somebody else's is revoked."""
    verb, title = ("End now", "End your access now") if own else ("Revoke", "Revoke access")
    whose = "" if own else f"*{name(request.requester_name)}*: "
    return View(
        type="modal",
        callback_id=CallbackId.REVOKE.value,
        title=words(title, 24),
        submit=words(verb, 24),
        close=words("Keep it", 24),
        private_metadata=" ".join((about(request), *((card.conversation, card.message) if card else ()))),
        blocks=[
            section(f"{whose}{story.target(request)}, {story.window(request)}."),
            section(_what_ends(request)),
            *_reason(asked),
        ],
    )


def parse(view: Mapping[str, Any]) -> Filled:
    """Read it; ``shown`` is None for anything that this program did not write."""
    written, *card = str(view.get("private_metadata") or "").split(" ")
    values = (view.get("state") or {}).get("values") or {}
    typed = ((values.get(BlockId.REASON) or {}).get(ActionId.REASON) or {}).get("value")
    return Filled(Shown.read(written), str(typed or "").strip(), MessageRef(_SLACK, *card) if len(card) == 2 else None)


def asks_why(view: Mapping[str, Any]) -> bool:
    """Whether the form had the input in which a reason is missing."""
    return any(block.get("block_id") == BlockId.REASON for block in view.get("blocks") or ())


def _reason(asked: Requirement) -> list[Block]:
    if asked is Requirement.OFF:
        return []
    element = PlainTextInputElement(action_id=ActionId.REASON.value, multiline=True, max_length=LONGEST)
    hint = "Everybody who sees the request reads it, and it's kept in the audit trail."
    return [
        InputBlock(
            label=words("Reason", 100),
            block_id=BlockId.REASON.value,
            element=element,
            hint=words(hint, 200),
            optional=asked is Requirement.OPTIONAL,
        )
    ]


def _what_ends(request: Request) -> str:
    """What ending it early does, and what it does not do (rule 21)."""
    if request.granting_at is None:
        return "Nothing has been granted yet, and nothing will be."
    length = show_duration(request.session_duration)
    return (
        "New sessions stop at once. Sessions already open, in the console or with CLI credentials, may go on until "
        f"they expire, for up to {length}."
    )
