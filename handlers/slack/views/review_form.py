"""The small modals around a decision: reject with a reason, approve with a comment, approve for less."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slack_sdk.models.blocks import Block, ExternalDataSelectElement, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.durations import read_duration, show_duration
from core.domain.policy import Requirement
from core.domain.request import Request, digest
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import story
from handlers.slack.views.block import facts, quoted, section, sections, words
from handlers.slack.views.shown import Shown
from handlers.slack.views.text import name, prose

LONGEST = 1000
TITLE_SHORTER = "Approve for shorter time"
"""Slack takes no more than 24 characters."""
_INPUTS = ((BlockId.REASON, ActionId.REASON), (BlockId.COMMENT, ActionId.COMMENT))


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A private list of what waits: where the page begins, and the address under which it can be replaced."""

    page: str
    respond: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What a form was opened for: a request as it was shown, and the list it stood in, if it was one."""

    shown: Shown
    back: ListPlace | None = None

    def __str__(self) -> str:
        return f"{self.shown} {self.back.page} {self.back.respond}" if self.back else str(self.shown)

    @classmethod
    def read(cls, text: object) -> "Origin | None":
        """None for anything that this program did not write."""
        about, *place = str(text or "").split(" ")
        shown = Shown.read(about)
        return cls(shown, ListPlace(*place) if len(place) == 2 else None) if shown else None


@dataclass(frozen=True, slots=True)
class Review:
    """What was submitted: about which request, as it was shown, and the words. ``block`` is where errors go."""

    origin: Origin | None
    words: str
    block: str
    allowed: timedelta | None = None
    """The length that is approved, where the form asks for one and it can be read."""


def build_reject(request: Request, back: ListPlace | None = None) -> View:
    reason = _input("Reason", BlockId.REASON, ActionId.REASON, "The requester reads this.")
    return _form(CallbackId.REJECT, "Reject request", "Reject", request, [*_asked(request), reason], back)


def build_approve(request: Request, back: ListPlace | None = None) -> View:
    """Only where settings require a comment; elsewhere the button approves at once."""
    return _form(CallbackId.APPROVE, "Approve request", "Approve", request, [*_asked(request), _comment()], back)


def build_confirm(request: Request, back: ListPlace | None = None) -> View:
    """Every fact once more, as it is stored: for a quorum, and for a press of a message that we did not send.

    Whatever the message that was pressed shows: this is what the approval is for.
    """
    pairs = [
        ("Requester", name(request.requester_name)),
        ("Account", story.account(request, ())),
        ("Permission set", story.permission_set(request)),
        ("When", story.window(request)),
        ("Ticket", prose(request.ticket, 200)),
    ]
    blocks = [
        section("You're about to approve this. Look at it once more:"),
        *facts(pairs),
        *quoted("Why", request.justification),
        *sections([story.second_account(request)]),
    ]
    return _form(CallbackId.CONFIRM, "Approve request", "Approve", request, blocks, back)


def build_shorten(request: Request, back: ListPlace | None = None, *, rule: Requirement) -> View:
    """Approves for less than was asked for; with a comment as settings say."""
    most = show_duration(request.duration)
    allowed = InputBlock(
        label=words("Duration", 100),
        block_id=BlockId.ALLOWED.value,
        element=ExternalDataSelectElement(
            action_id=ActionId.ALLOWED.value,
            placeholder=words("Choose, or type: 45m, 1h30, 90 minutes", 150),
            min_query_length=0,
        ),
        hint=words(f"At most the {most} asked for. Of several approvals the shortest holds.", 200),
    )
    comment = [] if rule is Requirement.OFF else [_comment(optional=rule is Requirement.OPTIONAL)]
    return _form(CallbackId.SHORTEN, TITLE_SHORTER, "Approve", request, [*_asked(request), allowed, *comment], back)


def parse(view: Mapping[str, Any]) -> Review:
    """Read any of the three."""
    values = (view.get("state") or {}).get("values") or {}
    origin = Origin.read(view.get("private_metadata"))
    chosen = ((values.get(BlockId.ALLOWED) or {}).get(ActionId.ALLOWED) or {}).get("selected_option") or {}
    allowed = read_duration(str(chosen.get("value") or ""))
    for block, action in _INPUTS:
        if block.value in values:
            typed = (values[block.value].get(action.value) or {}).get("value")
            return Review(origin, str(typed or "").strip(), block.value, allowed)
    return Review(origin, "", BlockId.REASON.value, allowed)


def _asked(request: Request) -> list[Block]:
    """The facts once more: the card may be far away by now."""
    who = name(request.requester_name)
    line = section(f"*{who}* asks for {story.target(request)}, {story.window(request)}.")
    return [line, *quoted("Why", request.justification), *sections([story.second_account(request)])]


def _comment(*, optional: bool = False) -> Block:
    hint = "Why this is right. Shown on the card."
    return _input("Comment", BlockId.COMMENT, ActionId.COMMENT, hint, optional=optional)


def _input(label: str, block: BlockId, action: ActionId, hint: str, *, optional: bool = False) -> Block:
    return InputBlock(
        label=words(label, 100),
        block_id=block.value,
        element=PlainTextInputElement(action_id=action.value, multiline=True, max_length=LONGEST),
        hint=words(hint, 200),
        optional=optional,
    )


def _form(
    callback: CallbackId, title: str, submit: str, request: Request, blocks: list[Block], back: ListPlace | None
) -> View:
    return View(
        type="modal",
        callback_id=callback.value,
        title=words(title, 24),
        submit=words(submit, 24),
        close=words("Cancel", 24),
        private_metadata=str(Origin(Shown(request.id, digest(request)), back)),
        blocks=blocks,
    )
