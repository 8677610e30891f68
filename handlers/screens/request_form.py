"""The screen **Request access**: asks for a target, a time and a reason, and shows what applies to the choice.

What has been chosen travels in the memo (``request_state``). Everything read from there or from the inputs is an id
or what was typed; the services judge it anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.domain.durations import read_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import LONGEST_JUSTIFICATION, LONGEST_TICKET, RequestedAccess
from core.domain.ids import AccountId, PermissionSetArn, show_request_id
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.domain.settings import Requirement, Settings
from core.services.queries.form_options import DurationChoice, FormPreview
from core.services.queries.offered_accounts import AccountChoice
from handlers.screens import target_list
from handlers.screens.choices import account_choice, accounts_alike, duration_choice, permission_set_choice
from handlers.screens.clean import plain
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Choice, DayAndTime, Input, Lookup, Typed
from handlers.screens.parts import Button, Part, aside, buttons
from handlers.screens.request_note import TITLE
from handlers.screens.request_state import FormState
from handlers.screens.screen import Screen, form
from handlers.screens.spans import (
    NOTHING,
    Duration,
    Instant,
    Quotation,
    Text,
    Untrusted,
    channel,
    fill,
    joined,
    strong,
    text,
)
from handlers.screens.target_list import Several
from handlers.words import sentences
from handlers.words.platforms import a_channel_of

_INPUTS = {
    Field.ACCOUNT: InputId.ACCOUNT,
    Field.PERMISSION_SET: InputId.PERMISSION_SET,
    Field.START: InputId.START,
    Field.DURATION: InputId.DURATION,
    Field.JUSTIFICATION: InputId.JUSTIFICATION,
    Field.TICKET: InputId.TICKET,
}
_LONGEST_ERROR = 500
JOIN = "Join a group"


@dataclass(frozen=True, slots=True)
class Prefill:
    """The values in the form when it opens: from a request that is asked for again, or from a typed line."""

    start_at: datetime | None = None
    duration: timedelta | None = None
    justification: str = ""
    ticket: str = ""
    extends: Request | None = None
    """The request that this one is to prolong; one that is not active any more cannot be prolonged."""
    quotes: bool = False
    """True if the justification is somebody's message."""
    not_understood: Mapping[Field, str] = field(default_factory=dict)
    """The text typed for each field that could not be filled in."""
    alike: tuple[AccountChoice, ...] = ()
    """The accounts that have the name which was typed."""


def quoting(words: str, link: str) -> str:
    """A justification made of somebody's message: its words, as many as there is room for, and where they are."""
    room = LONGEST_JUSTIFICATION - len(link) - 2
    said = words.strip()
    shown = said if len(said) <= room else f"{said[: room - 1]}…"
    return "\n".join(filter(None, (shown, link)))


def like(request: Request) -> Prefill:
    """The values of an earlier request."""
    length = request.asked_duration or request.duration
    return Prefill(duration=length, justification=request.justification, ticket=request.ticket)


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """A submitted form: ids and typed text. ``problems`` are what could not even be read."""

    key: str
    access: RequestedAccess
    others: tuple[Target, ...] = ()
    """The targets that are asked for beside that of ``access``."""
    problems: tuple[Refusal, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    """The input of the form for each field."""


def build(
    state: FormState,
    preview: FormPreview,
    prefill: Prefill | None = None,
    now: datetime | None = None,
    several: Several | None = None,
) -> Screen:
    """Show the form for the choice so far. Inputs keep what was typed as long as their ids stay.

    ``several``: what it shows of further targets.
    """
    filled, further = prefill or Prefill(), several or Several()
    return form(
        FormId.REQUEST,
        TITLE,
        [
            *_stale(preview),
            *map(aside, (*_no_group(filled), *about(filled, preview, now))),
            *target_list.rows(state, further),
            *_target(state, preview),
            aside(_applies(state, preview)),
            *target_list.acts(state, further, filled.extends),
            *time_and_reason(filled, preview.settings, quotes=state.quotes),
            aside(_session_tail(state, preview)),
            *groups_instead(preview),
        ],
        submit="Submit",
        memo=state.dump(),
    )


_NOT_UNDERSTOOD = {
    Field.ACCOUNT: "There is no account {typed} that you may ask for.",
    Field.PERMISSION_SET: "There is no permission set {typed} that you may ask for there.",
    Field.DURATION: "{typed} is not a length of time.",
}
"""The same for what does not exist and for what is not theirs (rule 22)."""


def _no_group(filled: Prefill) -> list[Text]:
    """For whoever typed a group and may ask for none: the form is for an account."""
    typed = filled.not_understood.get(Field.GROUP)
    if typed is None:
        return []
    named = text(Quotation(typed, 100), " ") if typed else ""
    no_group = text("⚠️ There is no group ", named, "that you may ask for.")
    return [text(no_group, " This form asks for access to an account.")]


def groups_instead(preview: FormPreview) -> list[Part]:
    """The way to the form for groups, for whoever may ask for them, too."""
    return [buttons(Button(JOIN, ActionId.ASK_GROUP, "form"), id="request.kind")] if preview.groups_too else []


def time_and_reason(filled: Prefill, settings: Settings, *, quotes: bool = False) -> list[Part]:
    """The inputs that every request has, whatever it is for. ``quotes``: the justification is somebody's message."""
    return [
        _start(filled),
        _duration(filled),
        _justification(filled, required=settings.require_justification, quotes=quotes),
        *_ticket(filled, settings.ticket),
    ]


def about(filled: Prefill, preview: FormPreview, now: datetime | None) -> list[Text]:
    """Notes above the form: what it prolongs, what of a typed line is missing."""
    unclear = [
        accounts_alike(filled.alike, typed)
        if field is Field.ACCOUNT and filled.alike
        else text("⚠️ ", fill(_NOT_UNDERSTOOD[field], typed=Quotation(typed, 100)), " Choose it here.")
        for field, typed in filled.not_understood.items()
        if field in _NOT_UNDERSTOOD
    ]
    limit = preview.eligibility.limit if preview.eligibility else preview.settings.max_duration
    if filled.duration is not None and filled.duration > limit:
        unclear.append(text("⚠️ At most ", Duration(limit), " can be asked for here. Choose a shorter duration."))
    if filled.extends is None or filled.extends.end_at is None:
        return unclear
    number = strong(show_request_id(filled.extends.id))
    if filled.extends.status is not Status.ACTIVE:
        over = text(number, " is not active any more, so there is nothing to extend.")
        return [text(over, " This asks for new access."), *unclear]
    until = Instant(filled.extends.end_at, now)
    begins = "It begins shortly before, so that nothing is interrupted." if filled.start_at else "It begins at once."
    return [text("↪️ Extension of ", number, ", live until ", until, ". ", begins), *unclear]


def _stale(preview: FormPreview) -> list[Part]:
    if not preview.is_stale:
        return []
    taken = Instant(preview.snapshot_taken_at)
    return [aside(text("⚠️ AWS was last read ", taken, ". What is newer is missing here."))]


def _target(state: FormState, preview: FormPreview) -> list[Part]:
    account = account_choice(preview.account) if state.account and preview.account else None
    chosen = permission_set_choice(preview.permission_set) if state.permission_set and preview.permission_set else None
    listed = bool(state.added)  # then there is something to ask for, whether or not another is chosen
    return [
        _choice("Account", _turned(InputId.ACCOUNT, state.account_turn), ActionId.ACCOUNT, account, optional=listed),
        _choice(
            "Permission set",
            _turned(InputId.PERMISSION_SET, state.permission_set_turn),
            ActionId.PERMISSION_SET,
            chosen,
            optional=listed,
        ),
    ]


def _choice(label: str, id_: str, action: ActionId, chosen: Choice | None, *, optional: bool) -> Input:
    return Input(id_, action, label, Lookup((chosen,) if chosen else ()), optional=optional, redraws=True)


def _applies(state: FormState, preview: FormPreview) -> Text:
    """The rules for the chosen target: how long, and who decides; or why it is refused."""
    if state.target is None and state.added:
        return text("Choose another to add it, or leave both empty.")
    if state.target is None:
        return text("Choose both to see the maximum duration and who approves.")
    return rules(preview)


def rules(preview: FormPreview) -> Text:
    """The same for a target that is chosen."""
    if preview.refusal is not None:
        return text("⛔ ", Untrusted(sentences.refusal(preview.refusal)))
    if preview.eligibility is None:
        return NOTHING
    upto = text("Up to ", strong(Duration(preview.eligibility.limit)))
    if not preview.eligibility.approval_required:
        return text(upto, " · no approval needed")
    who = Untrusted(sentences.either(preview.approver_names, 5), 1000)
    where = joined(" and ", (channel(each, a_channel_of(each)) for each in preview.channels[:5]))
    times = f"{preview.quorum} approvals from" if preview.quorum > 1 else "approved by"
    return text(upto, " · ", times, " ", who, text(" in ", where) if where else "")


def _start(filled: Prefill) -> Input:
    hint = "Leave empty to start as soon as it's approved."
    return Input(InputId.START, ActionId.START, "Start", DayAndTime(filled.start_at), hint=hint, optional=True)


def _duration(filled: Prefill) -> Input:
    chosen = (duration_choice(DurationChoice(filled.duration)),) if filled.duration else ()
    lookup = Lookup(chosen, placeholder="Choose, or type: 45m, 1h30, 90 minutes")
    return Input(InputId.DURATION, ActionId.DURATION, "Duration", lookup)


def is_more(filled: Prefill) -> bool:
    """True if the form asks for more of access that is active."""
    return filled.extends is not None and filled.extends.status is Status.ACTIVE


_OF_A_MESSAGE = (
    "This is the message. Approvers read it where they decide, a channel perhaps, and it stays in the audit trail. "
    "Remove what is not for them."
)
"""A person who took it from a private conversation may not think of that."""


def _justification(filled: Prefill, *, required: bool, quotes: bool) -> Input:
    asked = "Why is it not finished?" if is_more(filled) else "What has to be done there, and why now?"
    hint = _OF_A_MESSAGE if quotes else f"{asked} Approvers and auditors read it."
    return Input(
        InputId.JUSTIFICATION,
        ActionId.JUSTIFICATION,
        "Justification",
        Typed(LONGEST_JUSTIFICATION, filled.justification, is_long=True),
        hint=hint,
        optional=not required,
    )


def _ticket(filled: Prefill, asked: Requirement) -> list[Part]:
    """Present only where settings ask for one."""
    if asked is Requirement.OFF:
        return []
    typed, optional = Typed(LONGEST_TICKET, filled.ticket), asked is Requirement.OPTIONAL
    return [Input(InputId.TICKET, ActionId.TICKET, "Ticket", typed, optional=optional)]


def _session_tail(state: FormState, preview: FormPreview) -> Text:
    """Rule 21, where access is asked for."""
    chosen = preview.permission_set if state.permission_set else None
    length = Duration(chosen.session_duration) if chosen else "the session duration of the permission set"
    return text("Sessions already open when access ends keep working for up to ", length, ".")


def chosen(filled: Filled) -> FormState:
    """Read which target is chosen at this moment, from a form that is still open."""
    state = FormState.load(filled.memo)
    account = filled.chosen(_turned(InputId.ACCOUNT, state.account_turn))
    permission_set = filled.chosen(_turned(InputId.PERMISSION_SET, state.permission_set_turn))
    return replace(
        state,
        account=AccountId(account) if account else None,
        permission_set=PermissionSetArn(permission_set) if permission_set else None,
    )


def parse(filled: Filled) -> SubmittedForm:
    """Read a submitted form."""
    state = chosen(filled)
    asked_for = filled.chosen(InputId.DURATION)
    duration = read_duration(asked_for)
    first, *others = state.targets or (Target(AccountId(""), PermissionSetArn("")),)
    access = RequestedAccess(
        target=first,
        duration=duration or timedelta(),
        justification=filled.typed(InputId.JUSTIFICATION),
        start_at=filled.moment(InputId.START),
        ticket=filled.typed(InputId.TICKET),
    )
    return SubmittedForm(
        key=state.key,
        access=access,
        others=tuple(others),
        problems=tuple(_problems(state, duration, asked_for)),
        inputs=_present(filled, state),
    )


def errors(refusals: Sequence[Refusal], inputs: Mapping[str, str]) -> dict[str, str]:
    """Put each refusal on its field: input id → sentence. What has none in the form goes to the permission set."""
    gathered: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        id_ = inputs.get(refusal.field or Field.PERMISSION_SET) or inputs[Field.PERMISSION_SET]
        gathered.setdefault(id_, []).append(refusal)
    return {id_: plain(sentences.refusals(several), _LONGEST_ERROR) for id_, several in gathered.items()}


def _problems(state: FormState, duration: timedelta | None, asked_for: str) -> list[Refusal]:
    """Refusals of fields that are missing or cannot be read. A platform may send a form that lacks a needed field."""
    missing = {Field.ACCOUNT: state.account, Field.PERMISSION_SET: state.permission_set, Field.DURATION: asked_for}
    if state.added and not state.account and not state.permission_set:
        missing = {Field.DURATION: asked_for}
    problems = [Refusal(Reason.NOTHING_CHOSEN, field) for field, chosen in missing.items() if not chosen]
    if asked_for and duration is None:
        problems.append(Refusal(Reason.DURATION_UNREADABLE, Field.DURATION))
    return problems


def _present(filled: Filled, state: FormState) -> dict[str, str]:
    """The inputs of the form by field: the ticket is not always among them."""
    turns: Mapping[str, int] = {Field.ACCOUNT: state.account_turn, Field.PERMISSION_SET: state.permission_set_turn}
    named = {field: _turned(id_, turns.get(field, 0)) for field, id_ in _INPUTS.items()}
    return {field: id_ for field, id_ in named.items() if id_ in filled.inputs or field != Field.TICKET}


def _turned(id_: InputId, turn: int) -> str:
    return f"{id_}.{turn}" if turn else id_.value
