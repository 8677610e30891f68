"""The targets that a call asks for, from the words in its body: an account, several, a group or a bundle.

Names as in chat: only what the caller may ask for is understood, so that nobody learns of anything else (rule 22).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from core.domain.durations import read_duration
from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Target, membership_of
from core.domain.outcome import InHand, Outcome
from core.services.queries.form_options import NOTHING_LEFT_OUT, LeftOut
from handlers.api.calls import Call
from handlers.api.models import FileRequest, NamedTarget
from handlers.api.problems import ProblemRaised

_QUOTES = re.compile('["“”„]')
_ONE_KIND = "Give an account and a permission_set, or targets, or a group, or a bundle: one of these."
_LIST = "targets"
"""The field of a body that names several."""


@dataclass(frozen=True, slots=True)
class WrittenTarget:
    """A target as the caller wrote it. ``place``: in the caller's list, from 1."""

    called: str
    place: int


@dataclass(frozen=True, slots=True)
class WantedTargets:
    """At least one target, none twice. ``left_out``: the part of a bundle that the caller does not get."""

    targets: tuple[Target, ...]
    duration: timedelta
    left_out: LeftOut = NOTHING_LEFT_OUT
    written: tuple[WrittenTarget, ...] = ()
    """For each target the place where the caller named it first, if the caller gave a list."""

    def as_written(self, outcome: Outcome | InHand) -> Outcome | InHand:
        """Find each target that is refused in the caller's own list; one of a bundle is in none."""
        if isinstance(outcome, InHand):
            return outcome
        return replace(outcome, refusals=tuple(map(self._as_written, outcome.refusals)))

    def _as_written(self, no: Refusal) -> Refusal:
        if not no.place or not self.written:
            return replace(no, place=0)
        written = self.written[no.place - 1]
        return replace(no, of=no.of or written.called, place=written.place)


@dataclass(frozen=True, slots=True)
class _Found:
    targets: tuple[Target, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT
    written: tuple[WrittenTarget, ...] = ()


async def wanted_by(call: Call, asked: FileRequest) -> WantedTargets:
    """Raises Refused with every field that is not understood, and ProblemRaised for more than one kind of target."""
    if sum(map(bool, (asked.account or asked.permission_set, asked.targets, asked.group, asked.bundle))) != 1:
        raise ProblemRaised(HTTPStatus.BAD_REQUEST, _ONE_KIND)
    if asked.group:
        found = await _group(call, asked)
    elif asked.bundle:
        found = await _bundle(call, asked)
    elif asked.targets:
        found = await _several(call, asked.targets)
    else:
        found = await _account(call, asked)
    duration, refusals = read_duration(asked.duration), list(found.refusals)
    if duration is None:
        refusals.append(Refusal(Reason.DURATION_UNREADABLE, Field.DURATION))
    if duration is None or refusals:
        raise Refused(*refusals)
    return WantedTargets(found.targets, duration, found.left_out, found.written)


async def _account(call: Call, asked: FileRequest) -> _Found:
    (read,) = await call.services.request_line.read_targets(
        call.caller.machine, [(asked.account, asked.permission_set)]
    )
    return _Found((read.target,)) if read.target else _Found(refusals=_not_theirs(*read.unclear))


async def _several(call: Call, named: Sequence[NamedTarget]) -> _Found:
    """Each once, however often it is named; with more than may be asked for in one go none is looked up."""
    if len(named) > MOST_TARGETS:
        return _Found(refusals=(Refusal(Reason.TOO_MANY_TARGETS, _LIST, detail=str(len(named))),))
    pairs = [(each.account, each.permission_set) for each in named]
    written: dict[Target, WrittenTarget] = {}
    refusals: list[Refusal] = []
    for place, read in enumerate(await call.services.request_line.read_targets(call.caller.machine, pairs), 1):
        account, permission_set = pairs[place - 1]
        called = f"{permission_set} in {account}"
        if read.target is not None:
            written.setdefault(read.target, WrittenTarget(called, place))
        refusals += [replace(no, of=called, place=place) for no in _not_theirs(*read.unclear)]
    return _Found(tuple(written), tuple(refusals), written=tuple(written.values()))


async def _group(call: Call, asked: FileRequest) -> _Found:
    read = await call.services.request_line.read_group(call.caller.machine, f"group {_quoted(asked.group)}")
    if read is None or read.group is None:
        return _Found(refusals=_not_theirs(Field.GROUP))
    return _Found((membership_of(read.group),))


async def _bundle(call: Call, asked: FileRequest) -> _Found:
    named, offered = asked.bundle.strip().casefold(), await call.services.form_options.bundles(call.caller.machine)
    found = next((each for each in offered if each.name.casefold() == named), None)
    return _Found(found.targets, left_out=found.left_out) if found else _Found(refusals=_not_theirs(Field.BUNDLE))


def _not_theirs(*fields: Field) -> tuple[Refusal, ...]:
    return tuple(Refusal(Reason.NOT_ELIGIBLE, field) for field in fields)


def _quoted(typed: str) -> str:
    return f'"{_QUOTES.sub("", typed)}"'
