"""Findings of a pass over an assignment: drawn so that every step comes up often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from core.domain.assignment import LISTS_LAG, Assignment, AssignmentChange, OperationKind, Step, next_step
from core.domain.ids import RequestId
from core.domain.request import Request, Status
from tests import strategies
from tests.strategies import ANY_TARGET, NOW, PEOPLE


@dataclass(frozen=True, slots=True)
class Look:
    """The findings of a pass over an assignment: the book, the requests that are live, and what AWS lists."""

    assignment: Assignment
    live: tuple[Request, ...]
    listed: bool
    now: datetime = NOW

    @property
    def step(self) -> Step:
        return next_step(self.assignment, self.live, listed=self.listed, now=self.now)


_G, _A, _R = Status.GRANTING, Status.ACTIVE, Status.REVOKING
_C, _D = OperationKind.CREATE, OperationKind.DELETE
_LATELY, _LONG_AGO = LISTS_LAG / 5, 9 * LISTS_LAG
_CREATED, _JUST_CREATED, _DELETED, _JUST_DELETED = (_C, _LONG_AGO), (_C, _LATELY), (_D, LISTS_LAG), (_D, _LATELY)
_Finding = tuple[bool, bool, tuple[OperationKind, timedelta] | None]  # ours, listed, the last change of ours
_HELD, _LOST = (True, True, _CREATED), (True, False, _CREATED)
_FOREIGN, _NONE = (False, True, None), (False, False, None)
_MIXES: Sequence[tuple[Sequence[tuple[Status, ...]], Sequence[_Finding]]] = (
    (
        ((), (_R,), (_R, _R)),
        (_HELD, (True, True, None), _LOST, (True, True, _JUST_DELETED), _NONE, (True, False, _JUST_DELETED), _FOREIGN),
    ),
    (
        ((_A,), (_A, _R), (_A, _A)),
        (
            *(_HELD, _FOREIGN, _LOST, _LOST, _LOST, (True, False, None)),
            *((True, False, _DELETED), (True, False, _DELETED), (True, False, _JUST_DELETED)),
        ),
    ),
    (
        ((_G,), (_G, _R), (_G, _A), (_G, _A, _R)),
        (
            *(_NONE, (True, True, None), (False, True, _JUST_DELETED), _FOREIGN, _FOREIGN, (False, True, _DELETED)),
            *(_HELD, (True, True, _JUST_CREATED), (True, False, _JUST_CREATED)),
        ),
    ),
)
_MISSING = (None, _LATELY, LISTS_LAG, _LONG_AGO, _LONG_AGO)
_looks = strategies.picks(
    (*_MIXES, *_MIXES, *_MIXES, _MIXES[1], _MIXES[-1], _MIXES[-1]),
    strategies._ANY,
    strategies._ANY,
    (False,) * 23 + (True,),
    _MISSING,
    *strategies._DETAILS * 3,
)


def _look(picked: tuple[Any, ...]) -> Look:
    (live_mixes, findings), mix, finding, given_up, missing, *details = picked
    ours, listed, change = strategies._at(findings, finding)
    live = tuple(
        replace(
            strategies._request(
                status, *details[place * len(strategies._DETAILS) : (place + 1) * len(strategies._DETAILS)]
            ),
            id=RequestId(1001 + place),
            requester=PEOPLE[0],
            target=ANY_TARGET,
            failure="AWS said no" if given_up else "",
        )
        for place, status in enumerate(strategies._at(live_mixes, mix))
    )
    changed = AssignmentChange(change[0], NOW - change[1], NOW - change[1]) if change else None
    if missing and change and change[0] is _C:
        missing = min(missing, change[1])  # AWS's word that our creation succeeded ends what was missing before
    missing_since = NOW - missing if missing and not listed else None
    book = Assignment(PEOPLE[0], ANY_TARGET, ours=ours, changed=changed, missing_since=missing_since)
    return Look(book, live, listed)


def looks() -> st.SearchStrategy[Look]:
    """None to three live requests of one principal for one target, a grant among them given up now and then."""
    return _looks.map(_look)
