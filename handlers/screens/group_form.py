"""The screen **Request access** for membership of a group: which one, a time and a reason."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.durations import read_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.evaluation import RequestedAccess
from core.domain.ids import GroupId
from core.domain.organization import Target, membership_of
from core.domain.people import Group
from core.services.queries.form_options import FormPreview
from handlers.screens import request_form
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Choice, Input, Lookup
from handlers.screens.memos import read_memo
from handlers.screens.parts import aside
from handlers.screens.request_form import Prefill, SubmittedForm
from handlers.screens.request_note import TITLE
from handlers.screens.screen import Screen, form
from handlers.screens.spans import Quotation, Text, fill, text

_INPUTS: Mapping[str, str] = {
    Field.GROUP: InputId.GROUP,
    Field.START: InputId.START,
    Field.DURATION: InputId.DURATION,
    Field.JUSTIFICATION: InputId.JUSTIFICATION,
    Field.TICKET: InputId.TICKET,
}


@dataclass(frozen=True, slots=True)
class GroupFormState:
    """The memo of the form, as ``request_form.FormState`` is of the other."""

    key: str
    group: GroupId | None = None

    def dump(self) -> str:
        return json.dumps({"k": self.key, "g": self.group})

    @classmethod
    def load(cls, text: str) -> "GroupFormState | None":
        """None for anything that ``dump`` did not write, such as the memo of the other form."""
        try:
            stored = read_memo(text)
            group = stored["g"]
            return cls(str(stored["k"]), GroupId(str(group)) if group else None)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def build(
    state: GroupFormState, preview: FormPreview, prefill: Prefill | None = None, now: datetime | None = None
) -> Screen:
    """Show the form for the choice so far."""
    filled = prefill or Prefill()
    chosen = (group_choice(preview.group),) if state.group and preview.group else ()
    return form(
        FormId.REQUEST_GROUP,
        TITLE,
        [
            *map(aside, (*_unclear(filled), *request_form.about(filled, preview, now))),
            Input(InputId.GROUP, ActionId.GROUP, "Group", Lookup(chosen), redraws=True),
            aside(request_form.rules(preview) if state.group else _HOW),
            *request_form.time_and_reason(filled, preview.settings),
            aside(_TAIL),
        ],
        submit="Submit",
        memo=state.dump(),
    )


_HOW = text("Choose one to see the maximum duration and who approves.")
_TAIL = text(
    "AWS may take up to an hour to notice that you have joined a group, and as long when you have left it. Sessions "
    "that are open then keep working for up to 12 h."
)
"""Rule 21, where access is asked for."""


def _unclear(filled: Prefill) -> Sequence[Text]:
    typed = filled.not_understood.get(Field.GROUP)
    if typed is None:
        return ()
    said = fill("There is no group {typed} that you may ask for.", typed=Quotation(typed, 100))
    return (text("⚠️ ", said, " Choose it here."),)


def group_choice(group: Group) -> Choice:
    return Choice(group.name, group.id)


def chosen(filled: Filled) -> GroupFormState | None:
    """Read which group is chosen at this moment; None for a form that is no such form."""
    state = GroupFormState.load(filled.memo)
    if state is None or not filled.answers:
        return state
    group = filled.chosen(InputId.GROUP)
    return replace(state, group=GroupId(group) if group else None)


def target_of(filled: Filled) -> Target | None:
    """The chosen target, in a form about groups."""
    state = chosen(filled)
    return membership_of(state.group) if state is not None and state.group else None


def parse(filled: Filled) -> SubmittedForm:
    """Read a submitted form."""
    state = chosen(filled) or GroupFormState("")
    asked_for = filled.chosen(InputId.DURATION)
    duration = read_duration(asked_for)
    access = RequestedAccess(
        target=membership_of(state.group or GroupId("")),
        duration=duration or timedelta(),
        justification=filled.typed(InputId.JUSTIFICATION),
        start_at=filled.moment(InputId.START),
        ticket=filled.typed(InputId.TICKET),
    )
    problems = [] if state.group else [Refusal(Reason.NOTHING_CHOSEN, Field.GROUP)]
    if not asked_for:
        problems.append(Refusal(Reason.NOTHING_CHOSEN, Field.DURATION))
    elif duration is None:
        problems.append(Refusal(Reason.DURATION_UNREADABLE, Field.DURATION))
    return SubmittedForm(key=state.key, access=access, problems=tuple(problems), inputs=_present(filled))


def _present(filled: Filled) -> Mapping[str, str]:
    """The inputs of the form by field: the ticket is not always among them. What has none goes to the group."""
    present = {field: id_ for field, id_ in _INPUTS.items() if id_ in filled.inputs or field != Field.TICKET}
    return {**present, Field.PERMISSION_SET: InputId.GROUP}
