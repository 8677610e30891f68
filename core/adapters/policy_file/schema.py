"""The shape of a policy file: which keys there are and what may stand behind them. Names are not looked up here.

Every field may be absent, so that a file with mistakes can still be judged for the rest of it; what must be
there is told by ``reading``. A key with nothing behind it counts as absent. What each is for is what the documentation
says of it.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from core.adapters.policy_file.tree import Scalar
from core.domain.durations import SHORTEST, read_duration
from core.domain.policy import EVERY_PERMISSION_SET
from core.domain.policy_validation import LONGEST_NAME, LONGEST_PATTERN, is_usable_name, pattern_problem
from core.domain.settings import WITHOUT, MentionApprovers, PolicyChanges, Requirement, UnknownAssignments

VERSION = 1
OFF = WITHOUT["reminder_after"]
_SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _wrong(what: str) -> PydanticCustomError:
    return PydanticCustomError("policy_file", "{what}", {"what": what})


def _text(value: object) -> Scalar:
    if value is None:
        raise _wrong("there is nothing here")
    if not isinstance(value, Scalar):
        raise _wrong("must be a single value, not a list or a mapping")
    if not value.text.strip():
        raise _wrong("must not be empty")
    return value


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _wrong("must be a list: `[one, two]`, or one to a line behind a dash")


def _name(value: object) -> Scalar:
    found = _text(value)
    if not is_usable_name(found.text):
        raise _wrong(f"must be one line of at most {LONGEST_NAME} characters")
    return found


def _flag(value: object) -> bool:
    found = _text(value)
    if not found.plain or found.text.lower() not in _SWITCHES:
        raise _wrong(f"must be true or false, not {found.text!r}")
    return _SWITCHES[found.text.lower()]


def _count(value: object) -> int:
    found = _text(value)
    if not found.plain or not re.fullmatch(r"[1-9][0-9]{0,3}", found.text):
        raise _wrong(f"must be a whole number, 1 or more, not {found.text!r}")
    return int(found.text)


def _version(value: object) -> int:
    found = _text(value)
    if found.text != str(VERSION):
        raise _wrong(f"{found.text!r} is unknown: this program reads version {VERSION}")
    return VERSION


def _length(value: object) -> timedelta:
    return _duration(_text(value))


def _duration(found: Scalar, other_word: str = "") -> timedelta:
    length = read_duration(found.text)
    if length is None:
        other = f", or {other_word}" if other_word else ""
        raise _wrong(f"{found.text!r} is no duration: write it like 45m, 1h30 or 30d{other}")
    return length


def _expiry(value: object) -> timedelta | None:
    found, never = _text(value), WITHOUT["request_expiry"]
    return None if found.text == never else _duration(found, never)


def _reminder(value: object) -> timedelta | None:
    found = _text(value)
    return None if found.text == OFF or _is_false(found) else _duration(found, OFF)


def _access_length(value: object) -> timedelta:
    length = _length(value)
    if length < SHORTEST:
        raise _wrong("must not be below 15 minutes, the shortest access there is")
    return length


def _pattern(value: object) -> str:
    found = _text(value)
    if len(found.text) > LONGEST_PATTERN:
        raise _wrong(f"must be at most {LONGEST_PATTERN} characters long")
    if problem := pattern_problem(found.text):
        raise _wrong(f"is no regular expression: {problem}")
    return found.text


def _requirement(value: object) -> Requirement:
    return Requirement(_one_of(value, [choice.value for choice in Requirement]))


def _unknown_assignments(value: object) -> UnknownAssignments:
    return UnknownAssignments(_one_of(value, [choice.value for choice in UnknownAssignments]))


def _mention_approvers(value: object) -> MentionApprovers:
    return MentionApprovers(_one_of(value, [choice.value for choice in MentionApprovers]))


def _policy_changes(value: object) -> PolicyChanges:
    return PolicyChanges(_one_of(value, [choice.value for choice in PolicyChanges]))


def _one_of(value: object, words: list[str]) -> str:
    found = _text(value)
    text = OFF if OFF in words and _is_false(found) else found.text
    if text not in words:
        raise _wrong(f"must be {', '.join(words[:-1])} or {words[-1]}, not {found.text!r}")
    return text


def _is_false(found: Scalar) -> bool:
    """True for all that YAML reads as false, such as ``off`` without quotes, and for false as programs write it."""
    return found.plain and _SWITCHES.get(found.text.lower()) is False


def _sets(value: object) -> object:
    """``*`` may stand alone, without a list around it; in a list it must be the only one."""
    listed = [value] if isinstance(value, Scalar) and value.text == EVERY_PERMISSION_SET else _list(value)
    if len(listed) > 1 and any(isinstance(each, Scalar) and each.text == EVERY_PERMISSION_SET for each in listed):
        raise _wrong(f"must be either {EVERY_PERMISSION_SET!r} alone, which is every permission set, or names")
    return listed


Text = Annotated[Scalar, PlainValidator(_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_list)]
PermissionSets = Annotated[tuple[Text, ...], BeforeValidator(_sets)]
Name = Annotated[Scalar, PlainValidator(_name)]
Flag = Annotated[bool, PlainValidator(_flag)]
Count = Annotated[int, PlainValidator(_count)]
Version = Annotated[int, PlainValidator(_version)]
Length = Annotated[timedelta, PlainValidator(_length)]
AccessLength = Annotated[timedelta, PlainValidator(_access_length)]
Pattern = Annotated[str, PlainValidator(_pattern)]
Asked = Annotated[Requirement, PlainValidator(_requirement)]


class Part(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class SettingsPart(Part):
    """Settings that are given; the others keep their defaults."""

    approval_required: Flag | None = Field(
        default=None, description="`false`: nobody needs approval, whatever the policies say."
    )
    require_justification: Flag | None = Field(default=None, description="Whether a request needs a justification.")
    ticket: Asked | None = Field(
        default=None, description="Whether the form asks for a ticket: `off`, `optional` or `required`."
    )
    require_ticket: Flag | None = Field(
        default=None, description="The older name of `ticket`: `true` is read as `required`, `false` as `off`."
    )
    ticket_pattern: Pattern | None = Field(
        default=None, description="Regular expression that a ticket has to fit as a whole."
    )
    approver_comment: Asked | None = Field(
        default=None, description="Whether an approval asks for a comment: `off`, `optional` or `required`."
    )
    revoke_reason: Asked | None = Field(
        default=None, description="Whether ending access early asks for a reason: `off`, `optional` or `required`."
    )
    max_duration: AccessLength | None = Field(
        default=None, description="The longest access of all. A policy that says more is capped."
    )
    request_expiry: Annotated[timedelta | None, PlainValidator(_expiry)] = Field(
        default=None, description="How long a request waits for approval, or `never`."
    )
    max_start_ahead: Length | None = Field(default=None, description="How far ahead a start may be asked for.")
    reminder_after: Annotated[timedelta | None, PlainValidator(_reminder)] = Field(
        default=None,
        description="When approvers are reminded of a request that waits, then at twice that age and so on; or `off`.",
    )
    mention_approvers: Annotated[MentionApprovers, PlainValidator(_mention_approvers)] | None = Field(
        default=None,
        description="Whether a card that is posted in a channel mentions approvers: `off`, or `users` for up to ten.",
    )
    protected_accounts: Texts = Field(default=(), description="Accounts that are never granted.")
    protected_permission_sets: Texts = Field(default=(), description="Permission sets that are never granted.")
    unknown_assignments: Annotated[UnknownAssignments, PlainValidator(_unknown_assignments)] | None = Field(
        default=None,
        description="What is done about an assignment under management that no request accounts for: `report` or"
        " `remove`.",
    )
    max_open_requests: Count | None = Field(
        default=None, description="Pending and scheduled requests that one person may have."
    )
    policy_changes: Annotated[PolicyChanges, PlainValidator(_policy_changes)] | None = Field(
        default=None,
        description="`direct`: a change takes effect when one admin saves it. `second_admin`: one that widens waits for"
        " another admin.",
    )
    admin_group: Text | None = Field(
        default=None, description="Identity Center group of the admins. Left out: it stays what it is."
    )
    auditor_group: Text | None = Field(
        default=None, description="Identity Center group of the auditors. Left out: it stays what it is."
    )

    def given(self) -> dict[str, Any]:
        """The settings that are given and that no name has to be looked up for, as they are called today."""
        named = {"protected_accounts", "protected_permission_sets", "admin_group", "auditor_group"}
        given = self.model_dump(exclude_unset=True, exclude=named)
        if (required := given.pop("require_ticket", None)) is not None:
            given["ticket"] = Requirement.REQUIRED if required else Requirement.OFF
        return given


class EligibilityPart(Part):
    """One eligibility policy, by names."""

    name: Name | None = Field(default=None, description="What the policy is called, in every answer that it decides.")
    users: Texts = Field(default=(), description="Who may ask: user names, e-mail addresses or ids.")
    groups: Texts = Field(default=(), description="Groups of people who may ask: display names or ids.")
    accounts: Texts = Field(default=(), description="Accounts that may be asked for: ids, in quotes.")
    ous: Texts = Field(
        default=(), description="OUs: every account below them, at any depth. The root is every account."
    )
    direct_ous: Texts = Field(default=(), description="OUs: only the accounts directly in them.")
    permission_sets: PermissionSets = Field(
        default=(),
        description="Permission sets that may be asked for: names or ARNs; or `*` alone: all of them.",
    )
    max_duration: AccessLength | None = Field(
        default=None, description="The longest access by this policy. Left out: that of the settings."
    )
    approval_required: Flag = Field(
        default=True, description="`false`: what this policy covers needs no approval by itself."
    )


class ApprovalPart(Part):
    """One approval policy, by names."""

    name: Name | None = Field(default=None, description="What the policy is called, in every answer that it decides.")
    accounts: Texts = Field(default=(), description="Accounts that it is about: ids, in quotes.")
    ous: Texts = Field(default=(), description="OUs: every account below them, at any depth.")
    direct_ous: Texts = Field(default=(), description="OUs: only the accounts directly in them.")
    permission_sets: PermissionSets = Field(default=(), description="Permission sets that it is about. Empty: any.")
    approver_groups: Texts = Field(default=(), description="Groups of people who decide: display names or ids.")
    approver_users: Texts = Field(default=(), description="Who decides: user names, e-mail addresses or ids.")
    channels: Texts = Field(
        default=(), description="Channels where cards are posted. Empty: each approver is asked directly."
    )
    approvals_required: Count = Field(default=1, description="How many of them have to approve.")


class Content(Part):
    """The whole file."""

    version: Version = VERSION
    settings: SettingsPart = SettingsPart()
    eligibility: Annotated[tuple[EligibilityPart, ...], BeforeValidator(_list)] = ()
    approval: Annotated[tuple[ApprovalPart, ...], BeforeValidator(_list)] = ()
