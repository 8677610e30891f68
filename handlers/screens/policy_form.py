"""The forms **Eligibility policy** and **Approval policy**: who, where, as what; who decides, and where it is asked."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, TypeVar

from core.domain.conversations import on_platforms, platform_of
from core.domain.durations import read_duration, show_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, Notify, PolicyBook
from core.domain.policy_diff import Policy, Section
from core.domain.policy_validation import LONGEST_NAME, MOST_APPROVALS
from core.services.policies.names import CurrentNames, Named
from handlers.screens import picker
from handlers.screens.clean import plain
from handlers.screens.filled import Filled
from handlers.screens.ids import FormId
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_count, read_number
from handlers.screens.parts import Part, aside
from handlers.screens.screen import Screen, form
from handlers.words import sentences
from handlers.words.counts import counted
from handlers.words.platforms import called
from handlers.words.policy_words import NOTIFIED, SECTIONS

_APPROVAL = {"true": "Needed", "false": "Not needed"}
_PLACES = (Field.ACCOUNTS, Field.OUS, Field.DIRECT_OUS, Field.PERMISSION_SETS)
LONGEST_ERROR = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FormNote:
    """The memo of a form: which policy it is about, and what it was opened with.

    ``was`` is the name that the policy has there, empty for a new one. ``draft``: the form shows this draft,
    which was made from revision ``based_on``.
    """

    section: Section
    was: str = ""
    based_on: int = 0
    draft: int = 0

    def dump(self) -> str:
        return json.dumps({"s": self.section.value, "w": self.was, "b": self.based_on, "d": self.draft})

    @classmethod
    def load(cls, text: object) -> "FormNote | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = read_memo(text)
            return cls(Section(stored["s"]), str(stored["w"]), read_number(stored["b"]), read_number(stored["d"]))
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class FilledPolicy:
    """A policy as it was filled in. ``problems`` are what could not even be read."""

    policy: Policy
    problems: tuple[Refusal, ...] = ()


def build(note: FormNote, policy: Policy, book: PolicyBook, names: CurrentNames, platform: str) -> Screen:
    """Show a policy to be changed; a blank one to be made. Channels are chosen from those of the reader's platform."""
    if isinstance(policy, ApprovalPolicy):
        parts = _approval(policy, book, names, platform)
    else:
        parts = _eligibility(policy, book, names)
    return form(
        FormId.POLICY,
        SECTIONS[note.section],
        [
            picker.typed(Field.NAME, policy.name, "Shown wherever this policy decides.", longest=LONGEST_NAME),
            *parts,
            aside("Nothing is saved yet: the next page shows what this changes."),
        ],
        submit="Preview",
        memo=note.dump(),
    )


def _eligibility(policy: EligibilityPolicy, book: PolicyBook, names: CurrentNames) -> list[Part]:
    limit = show_duration(book.settings.max_duration)
    return [
        _named(Field.GROUPS, policy, book, names, "Everybody in these groups may ask."),
        _named(Field.USERS, policy, book, names, "Individual people."),
        *_places(policy, book, names, "What they may ask for. “Every permission set” can't be combined with others."),
        picker.length(
            Field.MAX_DURATION,
            policy.max_duration,
            f"For example 4h, 90m or 1h30. Leave empty for the global maximum, {limit}.",
            optional=True,
        ),
        picker.choice("approval_required", _APPROVAL, str(policy.approval_required).lower()),
    ]


def _approval(policy: ApprovalPolicy, book: PolicyBook, names: CurrentNames, platform: str) -> list[Part]:
    here = on_platforms(policy.channels, {platform})
    return [
        _named(Field.APPROVER_GROUPS, policy, book, names, "Everybody in these groups may decide."),
        _named(Field.APPROVER_USERS, policy, book, names, "Individual people."),
        *_places(policy, book, names, "Leave empty for any permission set."),
        picker.channels(Field.CHANNELS, here, "Where the card is posted. Leave empty to ask each approver directly."),
        aside(_elsewhere(set(policy.channels) - set(here))),
        picker.choice(Field.NOTIFY, NOTIFIED, policy.notify.value, "Where there is no channel, each approver is told."),
        picker.typed(
            Field.APPROVALS_REQUIRED,
            str(policy.approvals_required),
            "How many different people have to approve.",
            longest=4,
        ),
    ]


def _elsewhere(channels: Collection[ConversationId]) -> str:
    """Channels of other platforms, which are chosen there or written in a policy file."""
    on_each = Counter(called(platform_of(channel)) for channel in channels)
    listed = [f"{counted(count, 'channel')} of {platform}" for platform, count in sorted(on_each.items())]
    return f"The card is posted in {' and '.join(listed)}, too." if listed else ""


def _places(policy: Policy, book: PolicyBook, names: CurrentNames, sets: str) -> list[Part]:
    hints = (
        "Single accounts.",
        "Every account below these, at any depth. The root means every account.",
        "Only the accounts directly in these, not those in OUs below them.",
        sets,
    )
    places = [_named(field, policy, book, names, hint) for field, hint in zip(_PLACES, hints, strict=True)]
    if not (book.settings.group_targets or policy.target_groups):
        return places
    return [*places, _named(Field.TARGET_GROUPS, policy, book, names, "Membership of these groups, for a time.")]


def _named(field: Field, policy: Policy, book: PolicyBook, names: CurrentNames, hint: str) -> Part:
    values = {each.name: getattr(policy, each.name) for each in fields(policy)}
    most = picker.room(len(value) for value in values.values() if isinstance(value, frozenset))
    return picker.several(field, named_all(field, values[field], book, names), hint, most)


def named_all(field: str, ids: frozenset[Any], book: PolicyBook, names: CurrentNames) -> list[Named]:
    """The values of a field by name, in the order of names."""
    return sorted((names.of(field, each, book) for each in ids), key=lambda each: (each.text.casefold(), each.id))


def parse(sent: Filled, before: Policy, platform: str) -> FilledPolicy:
    """Read a form; what was too large for it is as it is in ``before``."""
    filled = picker.Answers(sent)
    policy = replace(
        before,
        name=filled.typed(Field.NAME),
        accounts=_ids(filled, Field.ACCOUNTS, AccountId, before.accounts),
        ous=_ids(filled, Field.OUS, OuId, before.ous),
        direct_ous=_ids(filled, Field.DIRECT_OUS, OuId, before.direct_ous),
        permission_sets=_ids(filled, Field.PERMISSION_SETS, PermissionSetArn, before.permission_sets),
        target_groups=_ids(filled, Field.TARGET_GROUPS, GroupId, before.target_groups),
    )
    if isinstance(policy, EligibilityPolicy):
        return _read_eligibility(filled, policy)
    return _read_approval(filled, policy, platform)


def _read_eligibility(filled: picker.Answers, policy: EligibilityPolicy) -> FilledPolicy:
    length, problem = read_length(filled, Field.MAX_DURATION, optional=True)
    read = replace(
        policy,
        groups=_ids(filled, Field.GROUPS, GroupId, policy.groups),
        users=_ids(filled, Field.USERS, PrincipalId, policy.users),
        max_duration=length,
        approval_required=filled.chosen("approval_required") != "false",
    )
    return FilledPolicy(read, problem)


def _read_approval(filled: picker.Answers, policy: ApprovalPolicy, platform: str) -> FilledPolicy:
    typed = filled.typed(Field.APPROVALS_REQUIRED)
    number = read_count(typed, MOST_APPROVALS)
    channels = policy.channels
    if filled.has(Field.CHANNELS):  # a platform's own list has its channels alone: the others stay
        channels = (
            *filled.conversations(Field.CHANNELS),
            *(each for each in channels if platform_of(each) != platform),
        )
    read = replace(
        policy,
        approver_groups=_ids(filled, Field.APPROVER_GROUPS, GroupId, policy.approver_groups),
        permission_sets=policy.permission_sets - {EVERY_PERMISSION_SET},
        approver_users=_ids(filled, Field.APPROVER_USERS, PrincipalId, policy.approver_users),
        channels=_in_order(channels, policy.channels),
        approvals_required=number or policy.approvals_required,
        notify=_notify(filled.chosen(Field.NOTIFY), policy.notify),
    )
    wrong = Refusal(Reason.NUMBER_UNREADABLE, Field.APPROVALS_REQUIRED, detail=str(MOST_APPROVALS))
    return FilledPolicy(read, () if number else (wrong,))


def _notify(chosen: str, before: Notify) -> Notify:
    """The choice; one that was not offered changes nothing."""
    return Notify(chosen) if chosen in NOTIFIED else before


def _in_order(channels: tuple[ConversationId, ...], before: tuple[ConversationId, ...]) -> tuple[ConversationId, ...]:
    """The same channels in another order are no change."""
    return before if set(channels) == set(before) else channels


def _ids(filled: picker.Answers, field: Field, kind: Any, before: frozenset[T]) -> frozenset[T]:
    return frozenset(map(kind, filled.several(field))) if filled.has(field) else before


def read_length(
    filled: picker.Answers, field: str, *, optional: bool = False
) -> tuple[timedelta | None, tuple[Refusal, ...]]:
    """Read a length of time; the problem when it is none."""
    typed = filled.typed(field)
    found = read_duration(typed)
    if found is None and not (optional and not typed):
        return None, (Refusal(Reason.DURATION_UNREADABLE, field),)
    return found, ()


def errors(refusals: Sequence[Refusal], sent: Filled) -> dict[str, str]:
    """Put each refusal on its field: input id → sentence."""
    gathered: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        gathered.setdefault(picker.place_of(refusal.field, sent.inputs), []).append(refusal)
    return {id_: plain(sentences.refusals(several), LONGEST_ERROR) for id_, several in gathered.items()}
