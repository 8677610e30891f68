"""The shape of a policy file: which keys there are and what may stand behind them. Names are not looked up here.

Every field may be absent, so that a file with mistakes can still be judged for the rest of it; what must be
there is told by ``reading``. A key with nothing behind it counts as absent. What each is for is what the documentation
says of it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, assert_never

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, create_model, model_validator
from pydantic_core import PydanticCustomError

from core.adapters.policy_file.tree import Scalar
from core.domain.durations import SHORTEST, read_duration
from core.domain.policy import EVERY_PERMISSION_SET, Notify
from core.domain.policy_validation import LONGEST_NAME, is_usable_name, pattern_problem
from core.domain.setting_kinds import (
    LONGEST_PATTERN,
    MOST,
    MOST_LENGTHS,
    AccountIds,
    Length,
    Lengths,
    Number,
    OneGroup,
    OneOf,
    OnOff,
    Pattern,
    PermissionSetArns,
    SettingKind,
    SomeOf,
)
from core.domain.settings import SETTINGS, Requirement, settings_of_kind

VERSION = 1
OFF = "off"
"""The word that YAML's false is read as, wherever it is among the choices."""
TICKET_ONCE = "require_ticket"
_NAMING = (AccountIds, PermissionSetArns, OneGroup)
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


def _count(value: object, most: int = MOST) -> int:
    found = _text(value)
    if not found.plain or not re.fullmatch(r"[1-9][0-9]{0,8}", found.text) or int(found.text) > most:
        raise _wrong(f"must be a whole number from 1 to {most}, not {found.text!r}")
    return int(found.text)


def _version(value: object) -> int:
    found = _text(value)
    if found.text != str(VERSION):
        raise _wrong(f"{found.text!r} is unknown: this program reads version {VERSION}")
    return VERSION


def _length(value: object, kind: Length) -> timedelta | None:
    found, without = _text(value), kind.without
    if without and (found.text == without or (without == OFF and _is_false(found))):
        return None
    length = read_duration(found.text)
    if length is None:
        other = f", or {without}" if without else ""
        raise _wrong(f"{found.text!r} is no duration: write it like 45m, 1h30 or 30d{other}")
    if kind.is_of_access and length < SHORTEST:
        raise _wrong("must not be below 15 minutes, the shortest access there is")
    return length


def _lengths(value: object) -> tuple[timedelta, ...]:
    listed = _list(value)
    if len(listed) > MOST_LENGTHS:
        raise _wrong(f"must be at most {MOST_LENGTHS} lengths")
    found = {_length(each, Length(is_of_access=True)) for each in listed}
    return tuple(sorted(each for each in found if each is not None))


def _pattern(value: object) -> str:
    found = _text(value)
    if len(found.text) > LONGEST_PATTERN:
        raise _wrong(f"must be at most {LONGEST_PATTERN} characters long")
    if problem := pattern_problem(found.text):
        raise _wrong(f"is no regular expression: {problem}")
    return found.text


def _choice(value: object, values: type[StrEnum]) -> StrEnum:
    found, words = _text(value), [choice.value for choice in values]
    text = OFF if OFF in words and _is_false(found) else found.text
    if text not in words:
        raise _wrong(f"must be {', '.join(words[:-1])} or {words[-1]}, not {found.text!r}")
    return values(text)


def _some(value: object, values: type[StrEnum]) -> frozenset[StrEnum]:
    return frozenset(_choice(each, values) for each in _list(value))


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
SetNames = Annotated[tuple[Text, ...], BeforeValidator(_sets)]
Name = Annotated[Scalar, PlainValidator(_name)]
Flag = Annotated[bool, PlainValidator(_flag)]
NotifyWord = Annotated[Notify, PlainValidator(partial(_choice, values=Notify))]
ApprovalCount = Annotated[int, PlainValidator(_count)]
Version = Annotated[int, PlainValidator(_version)]
AccessLength = Annotated[timedelta, PlainValidator(partial(_length, kind=Length(is_of_access=True)))]


class FilePart(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class SettingsPart(FilePart):
    """Settings that are given; the others keep their defaults. ``EverySetting`` adds a field for each."""

    def given(self) -> dict[str, Any]:
        """The settings that are given and that no name has to be looked up for, as they are called today."""
        given = {name: getattr(self, name) for name in self.model_fields_set - {*settings_of_kind(*_NAMING)}}
        if (required := given.pop(TICKET_ONCE, None)) is not None:
            given["ticket"] = Requirement.REQUIRED if required else Requirement.OFF
        return given

    def named(self, kind: type[AccountIds | PermissionSetArns | OneGroup]) -> dict[str, tuple[Scalar, ...]]:
        """By setting of this kind, the names that are given."""
        values = ((name, getattr(self, name)) for name in settings_of_kind(kind))
        return {name: value if isinstance(value, tuple) else (value,) if value else () for name, value in values}


def _annotation(kind: SettingKind) -> Any:  # noqa: PLR0911 - one row a kind
    match kind:
        case OnOff():
            return Flag
        case OneOf(values):
            return Annotated[values, PlainValidator(partial(_choice, values=values))]
        case SomeOf(values):
            return Annotated[frozenset[Any], PlainValidator(partial(_some, values=values))]
        case Length():
            return Annotated[timedelta | None, PlainValidator(partial(_length, kind=kind))]
        case Lengths():
            return Annotated[tuple[timedelta, ...], PlainValidator(_lengths)]
        case Number(most):
            return Annotated[int, PlainValidator(partial(_count, most=most))]
        case Pattern():
            return Annotated[str, PlainValidator(_pattern)]
        case AccountIds() | PermissionSetArns():
            return Texts
        case OneGroup():
            return Text
        case _:
            assert_never(kind)


def _fields() -> Iterator[tuple[str, Any]]:
    """Annotation and default of each setting, in the order of the documentation."""
    for name, setting in SETTINGS.items():
        absent = () if isinstance(setting.kind, AccountIds | PermissionSetArns) else None
        yield name, (_annotation(setting.kind), Field(default=absent, description=setting.meaning))
        if name == "ticket":
            older = "The older name of `ticket`: `true` is read as `required`, `false` as `off`."
            yield TICKET_ONCE, (Flag, Field(default=None, description=older))


EverySetting = create_model("EverySetting", __base__=SettingsPart, **dict(_fields()))


class EligibilityPart(FilePart):
    """One eligibility policy, by names."""

    name: Name | None = Field(default=None, description="What the policy is called, in every answer that it decides.")
    users: Texts = Field(default=(), description="Who may ask: user names, e-mail addresses or ids.")
    groups: Texts = Field(default=(), description="Groups of people who may ask: display names or ids.")
    accounts: Texts = Field(default=(), description="Accounts that may be asked for: ids, in quotes.")
    ous: Texts = Field(
        default=(), description="OUs: every account below them, at any depth. The root is every account."
    )
    direct_ous: Texts = Field(default=(), description="OUs: only the accounts directly in them.")
    permission_sets: SetNames = Field(
        default=(),
        description="Permission sets that may be asked for: names or ARNs; or `*` alone: all of them.",
    )
    target_groups: Texts = Field(
        default=(), description="Groups of which membership may be asked for: display names or ids."
    )
    max_duration: AccessLength | None = Field(
        default=None, description="The longest access by this policy. Left out: that of the settings."
    )
    approval_required: Flag = Field(
        default=True, description="`false`: what this policy covers needs no approval by itself."
    )


class ApprovalPart(FilePart):
    """One approval policy, by names."""

    name: Name | None = Field(default=None, description="What the policy is called, in every answer that it decides.")
    accounts: Texts = Field(default=(), description="Accounts that it is about: ids, in quotes.")
    ous: Texts = Field(default=(), description="OUs: every account below them, at any depth.")
    direct_ous: Texts = Field(default=(), description="OUs: only the accounts directly in them.")
    permission_sets: SetNames = Field(default=(), description="Permission sets that it is about. Empty: any.")
    target_groups: Texts = Field(default=(), description="Groups about whose membership it is: display names or ids.")
    approver_groups: Texts = Field(default=(), description="Groups of people who decide: display names or ids.")
    approver_users: Texts = Field(default=(), description="Who decides: user names, e-mail addresses or ids.")
    channels: Texts = Field(
        default=(), description="Channels where cards are posted. Empty: each approver is asked directly."
    )
    notify: NotifyWord = Field(
        default=Notify.CHANNEL,
        description="How approvers are told: in the `channel`, `each` of them by a direct message, or `both`.",
    )
    approvals_required: ApprovalCount = Field(default=1, description="How many of them have to approve.")


class TargetPart(FilePart):
    """One target of a bundle."""

    account: Text | None = Field(default=None, description="The account: its id, in quotes.")
    permission_set: Text | None = Field(default=None, description="The permission set: its name, ARN or id.")


class BundlePart(FilePart):
    """Targets that are often needed together."""

    name: Name | None = Field(default=None, description="The word by which people ask for all of them: one word.")
    targets: Annotated[tuple[TargetPart, ...], BeforeValidator(_list)] = Field(
        default=(), description="Up to ten pairs of `account` and `permission_set`."
    )


class Content(FilePart):
    """The whole file."""

    version: Version = VERSION
    settings: Annotated[SettingsPart, PlainValidator(EverySetting.model_validate)] = EverySetting()
    eligibility: Annotated[tuple[EligibilityPart, ...], BeforeValidator(_list)] = ()
    approval: Annotated[tuple[ApprovalPart, ...], BeforeValidator(_list)] = ()
    bundles: Annotated[tuple[BundlePart, ...], BeforeValidator(_list)] = ()
