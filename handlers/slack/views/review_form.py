"""The small modals around a request: reject with a reason, approve with a comment, revoke after a second look."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.request import Request, digest
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import story
from handlers.slack.views.block import quoted, section, words
from handlers.slack.views.shown import Shown
from handlers.slack.views.text import name

LONGEST = 1000
_INPUTS = ((BlockId.REASON, ActionId.REASON), (BlockId.COMMENT, ActionId.COMMENT))


@dataclass(frozen=True, slots=True)
class Review:
    """What was submitted: about which request, as it was shown, and the words. ``block`` is where errors go."""

    shown: Shown | None
    words: str
    block: str


def build_reject(request: Request) -> View:
    reason = _input("Reason", BlockId.REASON, ActionId.REASON, "The requester reads this.")
    return _form(CallbackId.REJECT, "Reject request", "Reject", request, [*_asked(request), reason])


def build_approve(request: Request) -> View:
    """Only where settings require a comment; elsewhere the button approves at once."""
    comment = _input("Comment", BlockId.COMMENT, ActionId.COMMENT, "Why this is right. It stands on the card.")
    return _form(CallbackId.APPROVE, "Approve request", "Approve", request, [*_asked(request), comment])


def parse(view: Mapping[str, Any]) -> Review:
    """Read either of the two."""
    values = (view.get("state") or {}).get("values") or {}
    for block, action in _INPUTS:
        if block.value in values:
            typed = (values[block.value].get(action.value) or {}).get("value")
            return Review(Shown.read(view.get("private_metadata")), str(typed or "").strip(), block.value)
    return Review(Shown.read(view.get("private_metadata")), "", BlockId.REASON.value)


def _asked(request: Request) -> list[Block]:
    """The facts once more: the card may be far away by now."""
    who = name(request.requester_name)
    line = section(f"*{who}* asks for {story.target(request)}, {story.window(request)}.")
    return [line, *quoted("Why", request.justification)]


def _input(label: str, block: BlockId, action: ActionId, hint: str, *, optional: bool = False) -> Block:
    return InputBlock(
        label=words(label, 100),
        block_id=block.value,
        element=PlainTextInputElement(action_id=action.value, multiline=True, max_length=LONGEST),
        hint=words(hint, 200),
        optional=optional,
    )


def _form(callback: CallbackId, title: str, submit: str, request: Request, blocks: list[Block]) -> View:
    return View(
        type="modal",
        callback_id=callback.value,
        title=words(title, 24),
        submit=words(submit, 24),
        close=words("Cancel", 24),
        private_metadata=str(Shown(request.id, digest(request))),
        blocks=blocks,
    )
