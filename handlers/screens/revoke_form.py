"""The form behind **Revoke** and **End now**: what ends, what goes on for a while, and why it is ended."""

from dataclasses import dataclass

from core.domain.request import Request, Shown
from core.domain.settings import Requirement
from core.ports import MessageRef
from handlers.screens import request_texts
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Input, Typed
from handlers.screens.parts import Part, row
from handlers.screens.request_buttons import about
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Duration, Text, fill, name, strong, text

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Ending:
    """A sent form. ``card`` is the message whose button opened the form, where it was one."""

    shown: Shown | None
    reason: str
    card: MessageRef | None = None
    asks_why: bool = False
    """True if the form had the input in which a reason is missing."""


def build(request: Request, asked: Requirement, *, own: bool, card: MessageRef | None = None) -> Screen:
    """``own``: the reader's own access is ended, somebody else's is revoked."""
    verb, title = ("End now", "End your access now") if own else ("Revoke", "Revoke access")
    whose = "" if own else text(strong(name(request.requester_name)), ": ")
    return form(
        FormId.REVOKE,
        title,
        [
            row(whose, request_texts.target(request), ", ", request_texts.window(request), "."),
            row(what_ends(request)),
            *reason_asked(asked),
        ],
        submit=verb,
        close="Keep it",
        memo=" ".join((about(request), *((card.platform, card.conversation, card.message) if card else ()))),
    )


def parse(filled: Filled) -> Ending:
    """Read it; ``shown`` is None for anything that this program did not write."""
    written, *card = filled.memo.split(" ")
    return Ending(
        Shown.read(written),
        filled.typed(InputId.REASON).strip(),
        MessageRef(*card) if len(card) == 3 else None,
        asks_why=InputId.REASON in filled.inputs,
    )


def reason_asked(asked: Requirement) -> list[Part]:
    """The input for the reason, as settings ask for one."""
    if asked is Requirement.OFF:
        return []
    return [
        Input(
            InputId.REASON,
            ActionId.REASON,
            "Reason",
            Typed(LONGEST, is_long=True),
            hint="Everybody who sees the request reads it, and it's kept in the audit trail.",
            optional=asked is Requirement.OPTIONAL,
        )
    ]


def what_ends(request: Request) -> Text:
    """The effect of ending it early, and its limits (rule 21)."""
    if request.granting_at is None:
        return text("Nothing has been granted yet, and nothing will be.")
    if request.target.group is not None:
        return request_texts.membership_tail(request)
    return fill(
        "New sessions stop at once. Sessions already open, in the console or with CLI credentials, may "
        "go on until they expire, for up to {session_duration}.",
        session_duration=Duration(request.session_duration),
    )
