"""The organization's trail: what everybody did, from the assignments that there were, and what others did around it.

For each time that somebody held a permission set there are the events of that person, and events that look much
like them and are not: of a person whose name begins the same, of a role whose name does, of the same person before
and long after, in another account, of somebody else in a session of the same name, and in a role made by hand.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from infra.sandbox.aws.assignments import Assignment
from infra.sandbox.aws.changes import Change, Changes
from infra.sandbox.aws.conduct import Conduct
from infra.sandbox.company import Company

from .records import Who, record
from .sample_events import AFTERWARDS, SampleEvent, sample_events

MINUTE = 60.0
ELSEWHERE = "999988887777"
_DEFAULT_SESSION = 3600.0


@dataclass(slots=True)
class Holding:
    """Somebody held a permission set, from when to when (None: still), in seconds since 1970."""

    assignment: Assignment
    since: float
    until: float | None = None


class Entry(NamedTuple):
    """A record, and whose it is: ``own`` of somebody who held the permission set then, else why it is not."""

    at: float
    kind: str
    record: dict[str, Any]


class Trail:
    """Remembers who held what, and tells what they did with it, up to now."""

    def __init__(self, company: Company, conduct: Conduct, changes: Changes, clock: Callable[[], float]) -> None:
        self._company = company
        self._conduct = conduct
        self._clock = clock
        self.holdings: list[Holding] = []
        self._added: list[Entry] = []
        changes.subscribe(self._heard)

    def held(self, assignment: Assignment, since: float, until: float | None = None) -> None:
        """Somebody held it, whatever AWS lists now."""
        self.holdings.append(Holding(assignment, since, until))

    def add(self, at: float, found: dict[str, Any], kind: str = "added") -> None:
        """A record of one's own making."""
        self._added.append(Entry(at, kind, found))

    def entries(self, account: str = "") -> list[Entry]:
        """Everything that has arrived by now, oldest first; of one account where named.

        Records are made when they are asked for: of ten thousand holdings in other accounts that would take seconds.
        """
        arrived = self._clock() - self._conduct.trail_delay_seconds
        is_all = account in ("", ELSEWHERE)
        wanted = [each for each in self.holdings if is_all or each.assignment.account_id == account]
        told = [*self._added, *(entry for holding in wanted for entry in self._of(holding))]
        if account:
            told = [entry for entry in told if entry.record["recipientAccountId"] == account]
        return sorted((entry for entry in told if entry.at <= arrived), key=lambda entry: entry.at)

    def records(self) -> list[dict[str, Any]]:
        return [entry.record for entry in self.entries()]

    def _heard(self, change: Change) -> None:
        if change.kind not in ("assignment.made", "assignment.removed"):
            return
        assignment = Assignment(**change.facts)
        if assignment.principal_type != "USER":
            return
        if change.kind == "assignment.made":
            self.held(assignment, self._clock())
            return
        for holding in self.holdings:
            if holding.assignment == assignment and holding.until is None:
                holding.until = self._clock()

    def _of(self, holding: Holding) -> Iterator[Entry]:
        known = {user.id: user for user in self._company.users}
        sets = {found.arn: found for found in self._company.permission_sets}
        user, found = known.get(holding.assignment.principal_id), sets.get(holding.assignment.permission_set_arn)
        if user is None or found is None:
            return
        who = Who(holding.assignment.account_id, found.name, user.user_name, user.id, self._company)
        tail = found.session_duration.total_seconds() if found.session_duration else _DEFAULT_SESSION
        yield from self._own(holding, who, tail)
        yield from self._others(holding, who, tail)

    def _own(self, holding: Holding, who: Who, tail: float) -> Iterator[Entry]:
        for event in sample_events(who.permission_set):
            at = holding.since + event.after * MINUTE
            if holding.until is None or at < holding.until:
                yield _entry("own", at, event, who, holding.since)
        if holding.until is not None:
            for event in AFTERWARDS:
                at = holding.until + min(event.after * MINUTE, tail / 2)
                yield _entry("own", at, event, who, holding.since)

    def _others(self, holding: Holding, who: Who, tail: float) -> Iterator[Entry]:
        end = holding.until if holding.until is not None else self._clock()
        for kind, at, other in _strangers(who, holding.since, end, tail):
            for event in (SampleEvent(0, "s3", "ListBuckets"), SampleEvent(0.5, "s3", "DeleteBucket", read_only=False)):
                yield _entry(kind, at + event.after * MINUTE, event, other, at)


def _strangers(who: Who, since: float, end: float, tail: float) -> Sequence[tuple[str, float, Who]]:
    """Events that must never count as this person's, each with the reason."""
    name, at, domain = who.user_name.partition("@")
    during = since + 2 * MINUTE
    longer = replace(who, user_name=f"{name}{name[-1:]}y{at}{domain}", user_id=f"{who.user_id[:-4]}0b0b")
    return (
        ("another person", during, longer),
        ("another person, untold", during, replace(longer, user_id="")),
        ("another role", during, replace(who, permission_set=f"{who.permission_set}Plus")),
        ("another account", during, replace(who, account=ELSEWHERE)),
        ("another person by the same name", during, replace(who, user_id=longer.user_id)),
        ("a role made by hand", during, replace(who, user_id="", by_hand=True)),
        ("before", since - 30 * MINUTE, who),
        ("after", end + tail + 5 * MINUTE, who),
    )


def _entry(kind: str, at: float, event: SampleEvent, who: Who, signed_in_at: float) -> Entry:
    return Entry(at, kind, record(at, event, who, signed_in_at, key=kind))
