"""Limits on one person's open requests, so that nobody buries the requests of the others (rule 26)."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import show_request_id
from core.domain.organization import Target
from core.domain.request import Request, Status, has_expired
from core.domain.settings import Settings

MOST_TARGETS = 10
"""Targets of one form: as many as a message has room for with the buttons of each."""

OPEN = frozenset({Status.PENDING, Status.SCHEDULED})
"""Statuses that count: what is granted by now keeps nobody waiting, and ends by itself."""

WITHDRAWN = frozenset({Status.CANCELLED, Status.REVOKED, Status.REVOKING})
"""Statuses of what was called off early: it makes room, and the next one is shown to everybody again."""
WITHDRAWN_WITHIN = timedelta(minutes=10)
"""The time for which a withdrawn request counts, from when it was made."""
MOST_WITHDRAWN = 3
"""Of one target; of all together twice what may be open. People who correct a request once or twice never meet it."""


def open_at(requests: Iterable[Request], now: datetime) -> tuple[Request, ...]:
    """Those of them that are open; one that is past its expiry is not, whether or not that was noted."""
    return tuple(
        request
        for request in requests
        if request.status in OPEN and (request.status is not Status.PENDING or not has_expired(request, now))
    )


def one_too_many(
    target: Target,
    start_at: datetime | None,
    duration: timedelta,
    open_ones: Iterable[Request],
    settings: Settings,
    beside: int = 0,
) -> Refusal | None:
    """Refuse what asks for the same target and window as one that is pending, and what would be over a limit.

    ``beside``: the number of others that are asked for in the same go, before this one.
    """
    there = tuple(open_ones)
    for other in there:
        same_window = (other.start_at, other.duration) == (start_at, duration)
        if other.status is Status.PENDING and other.target == target and same_window:
            return Refusal(Reason.ASKED_ALREADY, Field.PERMISSION_SET, detail=show_request_id(other.id))
    return _at_the_limit(len(there), beside, settings)


def _at_the_limit(count: int, beside: int, settings: Settings) -> Refusal | None:
    """Refuse anything more of a person who has as many open requests as there may be."""
    most = settings.max_open_requests
    return (
        Refusal(Reason.TOO_MANY_OPEN, Field.PERMISSION_SET, detail=f"{count} of {most}")
        if count + beside >= most
        else None
    )


def withdrawn_too_often(
    target: Target, withdrawn: Iterable[Request], settings: Settings, now: datetime
) -> Refusal | None:
    """Let whoever asks and calls off over and over wait, until enough of it is long ago; ``limit`` says how long."""
    recent = [(one.target, one.created_at) for one in withdrawn if now - one.created_at < WITHDRAWN_WITHIN]
    same = [at for of, at in recent if of == target]
    for times, allowed in ((same, MOST_WITHDRAWN), ([at for _, at in recent], 2 * settings.max_open_requests)):
        if len(times) >= allowed:
            again_at = sorted(times)[-allowed] + WITHDRAWN_WITHIN
            wait = timedelta(minutes=math.ceil((again_at - now) / timedelta(minutes=1)))
            return Refusal(Reason.WITHDRAWN_OFTEN, Field.PERMISSION_SET, limit=wait, detail=str(len(times)))
    return None
