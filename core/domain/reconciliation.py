"""AWS against the book, target by target: what is unknown, forgotten, left behind or missing, and nothing else."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.assignment import Assignment, is_lately_changed, may_be_ours
from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.request import Request, Status


class Discord(StrEnum):
    """In what way AWS and the database disagree about one assignment."""

    UNKNOWN = "unknown"
    """Assigned on a target under management, and nothing here accounts for it (rule 19)."""
    FORGOTTEN = "forgotten"
    """The bot made it, as AWS or the archived trail proves, and the book knows nothing of it."""
    LEFT = "left_behind"
    """The bot made it, its request is over, and AWS still lists it."""
    MISSING = "missing"
    """A live request rests on it, and AWS does not list it."""
    ENDED = "ended"
    """The same, because the bot took it away and the book has forgotten that."""


@dataclass(frozen=True, slots=True)
class DriftFinding:
    """One assignment about which they disagree."""

    discord: Discord
    principal: PrincipalId
    target: Target
    request_id: RequestId | None = None


def compare(
    target: Target,
    seen: AbstractSet[PrincipalId],
    live: Sequence[Request],
    known: Sequence[Assignment],
    now: datetime,
    *,
    ignored: AbstractSet[PrincipalId] = frozenset(),
    is_managed: bool = True,
) -> Iterator[DriftFinding]:
    """``seen``: who holds the target by AWS's list. ``known``: what the book has as ours, or as changed by us once."""
    in_hand = {request.requester for request in live}
    ours = {assignment.principal for assignment in known if may_be_ours(assignment, now)}
    if is_managed:
        for principal in sorted(seen - in_hand - ours - ignored):
            yield DriftFinding(Discord.UNKNOWN, principal, target)
    left = {each.principal for each in known if each.ours and not is_lately_changed(each, now)}
    for principal in sorted((left & seen) - in_hand):
        yield DriftFinding(Discord.LEFT, principal, target)
    lately = {each.principal for each in known if is_lately_changed(each, now)}
    for request in live:
        if request.status is Status.ACTIVE and request.requester not in seen | lately:
            yield DriftFinding(Discord.MISSING, request.requester, target, request.id)
