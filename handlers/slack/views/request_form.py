"""The modal **Request access**: asks for a target, a time and a reason, and shows what applies to the choice.

What has been chosen travels in ``private_metadata``, because a type-ahead is told nothing else of the form.
Everything read from there or from the inputs is an id or what was typed; the services judge it anew.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    DateTimePickerElement,
    ExternalDataSelectElement,
    InputBlock,
    InputInteractiveElement,
    Option,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from core.domain.durations import MINUTE, read_duration, show_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import LONGEST_JUSTIFICATION, LONGEST_TICKET
from core.domain.ids import AccountId, PermissionSetArn, show_request_id
from core.domain.organization import Target
from core.domain.outside_values import read_instant
from core.domain.policy import Requirement
from core.domain.request import Request, Status
from core.services.queries.form_options import AccountChoice, DurationChoice, FormPreview
from handlers.screens.clean import plain
from handlers.screens.numbers import read_number
from handlers.screens.request_note import TITLE
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views.block import context, words
from handlers.slack.views.option import account_option, accounts_alike, duration_option, permission_set_option
from handlers.slack.views.text import channel, prose, quote_short, when
from handlers.words import sentences

_BLOCKS = {
    Field.ACCOUNT: BlockId.ACCOUNT,
    Field.PERMISSION_SET: BlockId.PERMISSION_SET,
    Field.START: BlockId.START,
    Field.DURATION: BlockId.DURATION,
    Field.JUSTIFICATION: BlockId.JUSTIFICATION,
    Field.TICKET: BlockId.TICKET,
}
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class FormState:
    """What the form remembers. ``key`` makes the same form delivered twice one request.

    The turns number the two inputs that can be emptied by a choice in the other: only under a new block id
    does Slack forget what was chosen.
    """

    key: str
    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    account_turn: int = 0
    permission_set_turn: int = 0

    @property
    def target(self) -> Target | None:
        """The chosen target, once both halves are chosen."""
        return Target(self.account, self.permission_set) if self.account and self.permission_set else None

    def emptied(self, changed: Field) -> "FormState":
        """Drop the half that does not fit the one that was just changed."""
        if changed is Field.ACCOUNT:
            return replace(self, permission_set=None, permission_set_turn=self.permission_set_turn + 1)
        return replace(self, account=None, account_turn=self.account_turn + 1)

    def dump(self) -> str:
        turns = [self.account_turn, self.permission_set_turn]
        return json.dumps({"k": self.key, "a": self.account, "p": self.permission_set, "t": turns})

    @classmethod
    def load(cls, text: str) -> "FormState":
        """Read what ``dump`` wrote; anything else is an empty form."""
        try:
            stored = json.loads(text)
            account_turn, permission_set_turn = (read_number(turn) for turn in stored["t"])
            account, permission_set = stored["a"], stored["p"]
            return cls(
                key=str(stored["k"]),
                account=AccountId(str(account)) if account else None,
                permission_set=PermissionSetArn(str(permission_set)) if permission_set else None,
                account_turn=account_turn,
                permission_set_turn=permission_set_turn,
            )
        except (ValueError, TypeError, KeyError):
            return cls(key="")


@dataclass(frozen=True, slots=True)
class Prefill:
    """What stands in the form when it opens: from a request that is asked for again, or from a typed line."""

    start_at: datetime | None = None
    duration: timedelta | None = None
    justification: str = ""
    ticket: str = ""
    extends: Request | None = None
    """The request that this one is to prolong; one that is not active any more cannot be prolonged."""
    not_understood: Mapping[Field, str] = field(default_factory=dict)
    """What was typed for a field and could not be filled in."""
    alike: tuple[AccountChoice, ...] = ()
    """The accounts that have the name which was typed."""


def like(request: Request) -> Prefill:
    """What was asked for before."""
    length = request.asked_duration or request.duration
    return Prefill(duration=length, justification=request.justification, ticket=request.ticket)


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted form: ids and typed text. ``problems`` are what could not even be read."""

    key: str
    account: AccountId
    permission_set: PermissionSetArn
    start_at: datetime | None
    duration: timedelta
    justification: str
    ticket: str
    problems: tuple[Refusal, ...] = ()
    blocks: Mapping[Field, str] = field(default_factory=dict)
    """Which block of the form shows each field."""

    def payload(self) -> dict[str, object]:
        """The form as the inbox stores it."""
        return {
            "account": self.account,
            "permission_set": self.permission_set,
            "start_at": int(self.start_at.timestamp()) if self.start_at else None,
            "minutes": round(self.duration / MINUTE),
            "justification": self.justification,
            "ticket": self.ticket,
        }


def build(state: FormState, preview: FormPreview, prefill: Prefill | None = None, now: datetime | None = None) -> View:
    """Show the form for the choice so far. Inputs keep what was typed as long as their block ids stay."""
    filled = prefill or Prefill()
    return View(
        type="modal",
        callback_id=CallbackId.REQUEST.value,
        title=words(TITLE, 24),
        submit=words("Submit", 24),
        close=words("Cancel", 24),
        private_metadata=state.dump(),
        blocks=[
            *_stale(preview),
            *(block for line in _about(filled, preview, now) for block in context(line)),
            *_target(state, preview),
            *context(_applies(state, preview)),
            _start(filled),
            _duration(filled),
            _justification(filled, required=preview.settings.require_justification, more=is_more(filled)),
            *_ticket(filled, preview.settings.ticket),
            *context(_session_tail(state, preview)),
        ],
    )


_NOT_UNDERSTOOD = {
    Field.ACCOUNT: "There is no account {typed} that you may ask for.",
    Field.PERMISSION_SET: "There is no permission set {typed} that you may ask for there.",
    Field.DURATION: "{typed} is not a length of time.",
}
"""The same for what does not exist and for what is not theirs (rule 22)."""


def _about(filled: Prefill, preview: FormPreview, now: datetime | None) -> list[str]:
    """What has to be known before the form is read: what it prolongs, what of a typed line is missing."""
    unclear = [
        accounts_alike(filled.alike, typed)
        if field is Field.ACCOUNT and filled.alike
        else f"⚠️ {_NOT_UNDERSTOOD[field].format(typed=quote_short(typed, 100))} Choose it here."
        for field, typed in filled.not_understood.items()
        if field in _NOT_UNDERSTOOD
    ]
    limit = preview.eligibility.limit if preview.eligibility else preview.settings.max_duration
    if filled.duration is not None and filled.duration > limit:
        unclear.append(f"⚠️ At most {show_duration(limit)} can be asked for here. Choose a shorter duration.")
    if filled.extends is None or filled.extends.end_at is None:
        return unclear
    if filled.extends.status is not Status.ACTIVE:
        over = f"*{show_request_id(filled.extends.id)}* is not active any more, so there is nothing to extend."
        return [f"{over} This asks for new access.", *unclear]
    until = when(filled.extends.end_at, now)
    begins = "It begins shortly before, so that nothing is interrupted." if filled.start_at else "It begins at once."
    number = show_request_id(filled.extends.id)
    return [f"↪️ Extension of *{number}*, live until {until}. {begins}", *unclear]


def _stale(preview: FormPreview) -> list[Block]:
    if not preview.is_stale:
        return []
    return context(f"⚠️ AWS was last read {when(preview.snapshot_taken_at)}. What is newer is missing here.")


def _target(state: FormState, preview: FormPreview) -> list[Block]:
    account = account_option(preview.account) if state.account and preview.account else None
    chosen = permission_set_option(preview.permission_set) if state.permission_set and preview.permission_set else None
    return [
        _choice("Account", _turned(BlockId.ACCOUNT, state.account_turn), ActionId.ACCOUNT, account),
        _choice(
            "Permission set",
            _turned(BlockId.PERMISSION_SET, state.permission_set_turn),
            ActionId.PERMISSION_SET,
            chosen,
        ),
    ]


def _choice(label: str, block_id: str, action_id: ActionId, chosen: Option | None) -> Block:
    element = ExternalDataSelectElement(
        action_id=action_id.value,
        placeholder=words("Type to search", 150),
        initial_option=chosen,
        min_query_length=0,
    )
    return _input(label, block_id, element, dispatch=True)


def _applies(state: FormState, preview: FormPreview) -> str:
    """What applies to the chosen target: how long, and who decides; or why it cannot be."""
    if state.target is None:
        return "Choose both to see the maximum duration and who approves."
    if preview.refusal is not None:
        return f"⛔ {prose(sentences.refusal(preview.refusal))}"
    if preview.eligibility is None:
        return ""
    upto = f"Up to *{show_duration(preview.eligibility.limit)}*"
    if not preview.eligibility.approval_required:
        return f"{upto} · no approval needed"
    who = prose(sentences.either(preview.approver_names, 5), 1000)
    where = " and ".join(filter(None, map(channel, preview.channels[:5])))
    times = f"{preview.quorum} approvals from" if preview.quorum > 1 else "approved by"
    return f"{upto} · {times} {who}{f' in {where}' if where else ''}"


def _start(filled: Prefill) -> Block:
    initial = int(filled.start_at.timestamp()) if filled.start_at else None
    element = DateTimePickerElement(action_id=ActionId.START.value, initial_date_time=initial)
    return _input("Start", BlockId.START, element, optional=True, hint="Leave empty to start as soon as it's approved.")


def _duration(filled: Prefill) -> Block:
    element = ExternalDataSelectElement(
        action_id=ActionId.DURATION.value,
        placeholder=words("Choose, or type: 45m, 1h30, 90 minutes", 150),
        initial_option=duration_option(DurationChoice(filled.duration)) if filled.duration else None,
        min_query_length=0,
    )
    return _input("Duration", BlockId.DURATION, element)


def is_more(filled: Prefill) -> bool:
    """Whether the form asks for more of access that is active."""
    return filled.extends is not None and filled.extends.status is Status.ACTIVE


def _justification(filled: Prefill, *, required: bool, more: bool) -> Block:
    element = PlainTextInputElement(
        action_id=ActionId.JUSTIFICATION.value,
        multiline=True,
        max_length=LONGEST_JUSTIFICATION,
        initial_value=filled.justification[:LONGEST_JUSTIFICATION] or None,
    )
    hint = "Why is it not finished? " if more else "What has to be done there, and why now? "
    hint += "Approvers and auditors read it."
    return _input("Justification", BlockId.JUSTIFICATION, element, optional=not required, hint=hint)


def _ticket(filled: Prefill, asked: Requirement) -> list[Block]:
    """Present only where settings ask for one."""
    if asked is Requirement.OFF:
        return []
    element = PlainTextInputElement(
        action_id=ActionId.TICKET.value,
        max_length=LONGEST_TICKET,
        initial_value=filled.ticket[:LONGEST_TICKET] or None,
    )
    return [_input("Ticket", BlockId.TICKET, element, optional=asked is Requirement.OPTIONAL)]


def _input(
    label: str,
    block_id: str,
    element: InputInteractiveElement,
    *,
    optional: bool = False,
    dispatch: bool = False,
    hint: str = "",
) -> Block:
    return InputBlock(
        label=words(label, 100),
        block_id=str(block_id),
        element=element,
        optional=optional,
        dispatch_action=dispatch or None,
        hint=words(hint, 200) if hint else None,
    )


def _session_tail(state: FormState, preview: FormPreview) -> str:
    """Rule 21, where access is asked for."""
    chosen = preview.permission_set if state.permission_set else None
    length = show_duration(chosen.session_duration) if chosen else "the session duration of the permission set"
    return f"Sessions already open when access ends keep working for up to {length}."


def chosen(view: Mapping[str, Any]) -> FormState:
    """Read which target is chosen at this moment, from a form that is still open."""
    state = FormState.load(str(view.get("private_metadata") or ""))
    account = _selected(view, _turned(BlockId.ACCOUNT, state.account_turn), ActionId.ACCOUNT)
    permission_set = _selected(
        view, _turned(BlockId.PERMISSION_SET, state.permission_set_turn), ActionId.PERMISSION_SET
    )
    return replace(
        state,
        account=AccountId(account) if account else None,
        permission_set=PermissionSetArn(permission_set) if permission_set else None,
    )


def parse(view: Mapping[str, Any]) -> Submission:
    """Read a submitted form."""
    state = chosen(view)
    duration = read_duration(_selected(view, BlockId.DURATION, ActionId.DURATION))
    start = _element(view, BlockId.START, ActionId.START).get("selected_date_time")
    return Submission(
        key=state.key,
        account=state.account or AccountId(""),
        permission_set=state.permission_set or PermissionSetArn(""),
        start_at=read_instant(start) if isinstance(start, int) and start > 0 else None,
        duration=duration or timedelta(),
        justification=_typed(view, BlockId.JUSTIFICATION, ActionId.JUSTIFICATION),
        ticket=_typed(view, BlockId.TICKET, ActionId.TICKET),
        problems=tuple(_problems(state, duration)),
        blocks=_present(view, state),
    )


def errors(refusals: Sequence[Refusal], blocks: Mapping[Field, str]) -> dict[str, str]:
    """Put each refusal on its field: block id → sentence. What has none in the form goes to the permission set."""
    gathered: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        block = blocks.get(refusal.field or Field.PERMISSION_SET) or blocks[Field.PERMISSION_SET]
        gathered.setdefault(block, []).append(refusal)
    return {block: plain(sentences.refusals(several), _LONGEST_ERROR) for block, several in gathered.items()}


def _problems(state: FormState, duration: timedelta | None) -> list[Refusal]:
    problems: list[Refusal] = []
    if state.account is None:
        problems.append(Refusal(Reason.UNKNOWN_ACCOUNT, Field.ACCOUNT))
    if state.permission_set is None:
        problems.append(Refusal(Reason.UNKNOWN_PERMISSION_SET, Field.PERMISSION_SET))
    if duration is None:
        problems.append(Refusal(Reason.DURATION_UNREADABLE, Field.DURATION))
    return problems


def _present(view: Mapping[str, Any], state: FormState) -> dict[Field, str]:
    """The blocks of the form by field: the ticket is not always among them."""
    turns = {Field.ACCOUNT: state.account_turn, Field.PERMISSION_SET: state.permission_set_turn}
    named = {field: _turned(block, turns.get(field, 0)) for field, block in _BLOCKS.items()}
    shown = {block.get("block_id") for block in view.get("blocks") or ()}
    return {field: block for field, block in named.items() if block in shown or field is not Field.TICKET}


def _turned(block: BlockId, turn: int) -> str:
    return f"{block}.{turn}" if turn else block.value


def _element(view: Mapping[str, Any], block_id: str, action_id: str) -> Mapping[str, Any]:
    values = (view.get("state") or {}).get("values") or {}
    found = (values.get(str(block_id)) or {}).get(str(action_id))
    return found if isinstance(found, Mapping) else {}


def _selected(view: Mapping[str, Any], block_id: str, action_id: str) -> str:
    option = _element(view, block_id, action_id).get("selected_option")
    return str(option.get("value") or "") if isinstance(option, Mapping) else ""


def _typed(view: Mapping[str, Any], block_id: str, action_id: str) -> str:
    return str(_element(view, block_id, action_id).get("value") or "")
