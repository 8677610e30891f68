"""The time when a process next has something to do, by kind: read from the rows, so that time can jump there.

The real ticks go and look every second. Here a round runs when it would find something.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.adapters.storage.claims import LONGEST_LEASE
from core.domain.assignment import ALARM_AFTER, SLOW_AFTER

Rows = Callable[[str], Awaitable[list[Any]]]

REQUESTS = """
SELECT status, failure, end_at, start_at, held_until, expires_at, remind_at, warn_at, ending_soon_told,
       granting_at, slow_told, revoking_at, alarmed_at, unjudged
FROM request WHERE closed_at IS NULL
"""
ASSIGNMENTS = "SELECT next_try_at, held_until, waits_for FROM assignment WHERE next_try_at IS NOT NULL"
MESSAGES = """
SELECT audience, recipient, lane, attempts, next_try_at, held_until FROM outgoing WHERE closed_at IS NULL
"""
ACTS = "SELECT next_try_at, held_until FROM act WHERE closed_at IS NULL"
SECOND = timedelta(seconds=1)


async def due(rows: Rows, now: datetime, *, messages: bool) -> Mapping[str, datetime]:
    """The next instant of each kind; what waits for a slot may have one whenever another is done: ``slots``."""
    found: dict[str, datetime] = {}

    def note(kind: str, at: datetime | None) -> None:
        if at is not None:
            found[kind] = min(at, found.get(kind, at))

    for row in await rows(REQUESTS):
        for kind, at in _of_request(row, now):
            note(kind, at)
    for next_try_at, held_until, waits_for in await rows(ASSIGNMENTS):
        note("assignments", _free(_instant(next_try_at), held_until, now))
        if waits_for:
            note("slots", now)
    for next_try_at, held_until in await rows(ACTS):
        note("acts", _free(_instant(next_try_at), held_until, now))
    if messages:
        for at in _of_messages(await rows(MESSAGES), now):
            note("messages", at)
    return found


def _of_request(row: Any, now: datetime) -> Iterator[tuple[str, datetime | None]]:
    status, failure, end_at, start_at, held_until, expires_at, remind_at, warn_at, warned, *rest = row
    granting_at, slow_told, revoking_at, alarmed_at, unjudged = rest
    if unjudged:
        yield "judgements", _free(now, held_until, now)
        if status == "pending":
            yield "expiries", _instant(expires_at)
        return
    match status:
        case "pending":
            yield "expiries", _instant(expires_at)
            yield "reminders", _instant(remind_at)
        case "scheduled":
            yield "starts", _free(_instant(start_at) or now, held_until, now)
        case "granting" if not failure:
            yield "ends", _instant(end_at)
            began_at = _instant(granting_at)
            yield "warnings", began_at + SLOW_AFTER + SECOND if began_at and not slow_told else None
        case "active":
            yield "ends", _instant(end_at)
            yield "warnings", None if warned else _instant(warn_at)
        case "revoking" | "granting" if not alarmed_at:
            since = _instant(revoking_at)
            yield "alarms", since + ALARM_AFTER + SECOND if since else None


def _of_messages(rows: Iterable[Any], now: datetime) -> Iterator[datetime]:
    """The due times of messages: one that was tried, or is being sent, keeps the others of its lane waiting."""
    lanes: dict[tuple[Any, ...], list[tuple[int, datetime, datetime]]] = {}
    for audience, recipient, lane, attempts, next_try_at, held_until in rows:
        at = _instant(next_try_at) or now
        free_at = _free(at, held_until, now)
        lanes.setdefault((audience, recipient, lane), []).append((attempts or free_at > at, at, free_at))
    for lane_of_one in lanes.values():
        busy = [free_at for is_busy, _, free_at in lane_of_one if is_busy]
        yield max(busy) if busy else min(at for _, at, _ in lane_of_one)


def _free(at: datetime | None, held_until: Any, now: datetime) -> datetime:
    """The time when it is due and nobody holds a lease that may be good."""
    held = _instant(held_until)
    ours = held is not None and held <= now + LONGEST_LEASE
    return max(at or now, held) if ours and held is not None else at or now


def _instant(stored: Any) -> datetime | None:
    """SQLite keeps text, PostgreSQL instants."""
    if stored is None or isinstance(stored, datetime):
        return stored
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
