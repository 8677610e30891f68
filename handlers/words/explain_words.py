"""The rules applied to somebody else's access, a line for each rule, for admins in chat and on the command line."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from core.domain.durations import show_duration
from core.domain.errors import Reason, Refusal
from core.domain.evaluation import Evaluation
from core.domain.people import PinState
from core.services.queries.policy_explainer import Around
from handlers.words import closed_request_words, policy_words
from handlers.words.sentences import filled, listed, refusal, who_decides

_OF_THE_TARGET = frozenset(
    {
        Reason.MANAGEMENT_ACCOUNT,
        Reason.PROTECTED_ACCOUNT,
        Reason.PROTECTED_PERMISSION_SET,
        Reason.PERMISSION_SET_OUT_OF_REACH,
        Reason.UNKNOWN_ACCOUNT,
        Reason.UNKNOWN_PERMISSION_SET,
        Reason.UNKNOWN_GROUP,
        *closed_request_words.GROUPS,
    }
)
"""Refusals that hold for everybody (rule 9)."""


def explain(
    judgement: Evaluation,
    *,
    approvers: Sequence[str] = (),
    groups: Sequence[str] = (),
    approvals_on: bool = True,
    barred: Refusal | None = None,
) -> tuple[str, ...]:
    """Say for one person and one target what each rule says: who may, how long, who decides, by which policies.

    ``approvals_on`` is the global switch; ``approvers`` and ``groups`` are names; ``barred`` holds for everybody.
    """
    against = dict.fromkeys([*judgement.refusals, *([barred] if barred else [])])
    return (
        _may(judgement, tuple(against)),
        *_how(judgement, approvers, groups, approvals_on=approvals_on),
        *_rest(judgement, {each.reason for each in against}),
    )


_PINS = {
    PinState.SUSPENDED: (
        "is suspended: its address leads to another user, so it can only reject and end until it is released"
    ),
    PinState.SUSPENDED_SECOND: (
        "is a second account of this person, and suspended: its address leads to another user, so it can only end what"
        " is its own until it is released"
    ),
    PinState.SECOND: "is a second account of this person: it can only ask until it is released",
}


def around(found: Around) -> Iterable[str]:
    """Say what stands in the person's way whatever the target, and what does not."""
    full = ": nothing more can be asked for until one is decided" if found.open_requests >= found.most_open else ""
    yield f"Open requests: {found.open_requests} of {found.most_open}{full}."
    held = [pin for pin in found.pins if pin.state in _PINS]
    for pin in held:
        yield f"Chat account: {pin.chat_user.user} {_PINS[pin.state]}."
    if not held:
        yield "Chat account: none of this person's accounts is suspended."
    if found.capped_to is not None:
        yield f"Cap: a policy says more, and the global maximum of {show_duration(found.capped_to)} is in effect."
    if found.is_stale:
        read_at = f"{found.read_at:%Y-%m-%d %H:%M} UTC"
        yield f"Organization: last read {read_at}, too long ago. Nothing is approved or granted until it is read again."


def _may(judgement: Evaluation, against: Sequence[Refusal]) -> str:
    found = judgement.eligibility
    because = f" Otherwise {listed(found.policies)} would allow it." if found else ""
    if against:
        return f"May ask: no. {_of_another(against)}{because}"
    return f"May ask: yes, by {listed(found.policies) if found else 'no policy'}."


def _rest(judgement: Evaluation, reasons: AbstractSet[Reason]) -> Iterable[str]:
    """Checks that found no obstacle, so that nobody has to wonder whether they were made."""
    if reasons.isdisjoint(_OF_THE_TARGET):
        yield "Target: not protected, and not in the management account."
    if judgement.eligibility is not None and reasons.isdisjoint({Reason.ALREADY_ASSIGNED, Reason.ALREADY_MEMBER}):
        yield "Already assigned: no direct assignment from outside TEAM Bot."


def _of_another(several: Iterable[Refusal]) -> str:
    """Refusals for whoever asks about somebody else."""
    return " ".join(dict.fromkeys(_of_one(each) for each in several))


def _of_one(no: Refusal) -> str:
    sentence = policy_words.OF_ANOTHER.get(no.reason)
    return filled(sentence, no) if sentence else refusal(no)


def _how(
    judgement: Evaluation, approvers: Sequence[str], groups: Sequence[str], *, approvals_on: bool
) -> Iterable[str]:
    found = judgement.eligibility
    if found is None:
        return
    origin = listed((found.limit_from,)) if found.limit_from else "the global maximum in settings"
    yield f"How long: up to {show_duration(found.limit)}, by {origin}."
    if found.approval_required:
        yield f"Approval: needed, because of {listed(found.approval_because)}."
        who = who_decides(approvers or ("nobody else at present",), groups, judgement.approval.quorum)
        yield f"Who decides: {who}, by {listed(judgement.approval.policies) or 'no approval policy'}."
    elif not approvals_on:
        yield "Approval: not needed; it is switched off in settings."
    else:
        yield "Approval: not needed; no matching policy asks for it."
