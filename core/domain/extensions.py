"""A person's other access to one target, and the part of it that an early end takes along (rule 18)."""

from collections.abc import Iterable

from core.domain.request import Request, Status

OPEN = frozenset({Status.PENDING, Status.SCHEDULED, Status.GRANTING, Status.ACTIVE})
"""Statuses in which a request gives, or may still give, access."""
APPROVED = OPEN - {Status.PENDING}


def siblings(request: Request, of_requester: Iterable[Request]) -> tuple[Request, ...]:
    """The other requests of this person for this target that may still give access, oldest first."""
    others = (one for one in of_requester if one.target == request.target and one.id != request.id)
    return tuple(sorted((one for one in others if one.status in OPEN), key=lambda one: one.id))


def approved_extensions(request: Request, among: Iterable[Request]) -> tuple[Request, ...]:
    """Those that were approved as an extension of this access, and the extensions of these, over or not."""
    chain, found = {request.id}, list[Request]()
    for one in sorted(among, key=lambda one: one.id):  # an extension is younger than what it extends
        if one.extends in chain and one.status is not Status.PENDING:
            chain.add(one.id)
            if one.status in APPROVED:
                found.append(one)
    return tuple(found)


def goes_on(request: Request, among: Iterable[Request]) -> bool:
    """True if approved access of the same person to the same target takes over when this ends, and lasts longer."""
    approved = (one for one in siblings(request, among) if one.status in APPROVED and not one.unjudged)
    return any(_takes_over(one, request) for one in approved)


def _takes_over(one: Request, request: Request) -> bool:
    if request.end_at is None:
        return False
    begins = one.window_start_at or one.start_at or request.end_at
    ends = one.end_at or begins + one.duration
    return begins <= request.end_at < ends
