"""The targets that a call asks for, read from the words in its body: an account, a group or a bundle.

Names as in chat: only what the caller may ask for is understood, so that nobody learns of anything else (rule 22).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from core.domain.durations import read_duration
from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.organization import Target, membership_of
from core.services.queries.form_options import NOTHING_LEFT_OUT, LeftOut
from handlers.api.calls import Call
from handlers.api.models import FileRequest
from handlers.api.problems import ProblemRaised

_QUOTES = re.compile('["“”„]')
_ONE_KIND = "Give an account and a permission_set, or a group, or a bundle: one of the three."


@dataclass(frozen=True, slots=True)
class WantedTargets:
    """At least one target. ``left_out``: the part of a bundle that the caller does not get."""

    targets: tuple[Target, ...]
    duration: timedelta
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class _Found:
    targets: tuple[Target, ...] = ()
    unclear: tuple[Field, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT


async def wanted_by(call: Call, asked: FileRequest) -> WantedTargets:
    """Raises Refused with every field that is not understood, and ProblemRaised for more than one kind of target."""
    if sum(map(bool, (asked.account or asked.permission_set, asked.group, asked.bundle))) != 1:
        raise ProblemRaised(HTTPStatus.BAD_REQUEST, _ONE_KIND)
    if asked.group:
        found = await _group(call, asked)
    elif asked.bundle:
        found = await _bundle(call, asked)
    else:
        found = await _account(call, asked)
    duration = read_duration(asked.duration)
    refusals = [Refusal(Reason.NOT_ELIGIBLE, field) for field in found.unclear]
    if duration is None:
        refusals.append(Refusal(Reason.DURATION_UNREADABLE, Field.DURATION))
    if duration is None or refusals:
        raise Refused(*refusals)
    return WantedTargets(found.targets, duration, found.left_out)


async def _account(call: Call, asked: FileRequest) -> _Found:
    line = " ".join(map(_quoted, (asked.account, asked.permission_set)))
    read = await call.services.request_line.read(call.caller.machine, line)
    if read.account is not None and read.permission_set is not None:
        return _Found((Target(read.account, read.permission_set),))
    missing = ((Field.ACCOUNT, read.account), (Field.PERMISSION_SET, read.permission_set))
    return _Found(unclear=tuple(field for field, known in missing if known is None))


async def _group(call: Call, asked: FileRequest) -> _Found:
    read = await call.services.request_line.read_group(call.caller.machine, f"group {_quoted(asked.group)}")
    if read is None or read.group is None:
        return _Found(unclear=(Field.GROUP,))
    return _Found((membership_of(read.group),))


async def _bundle(call: Call, asked: FileRequest) -> _Found:
    named, offered = asked.bundle.strip().casefold(), await call.services.form_options.bundles(call.caller.machine)
    found = next((each for each in offered if each.name.casefold() == named), None)
    return _Found(found.targets, left_out=found.left_out) if found else _Found(unclear=(Field.BUNDLE,))


def _quoted(typed: str) -> str:
    return f'"{_QUOTES.sub("", typed)}"'
