"""``teambot events``: how far each destination of events has come, and passing over one that none will take."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from bot.compose import clock_of, database_of, deliveries_of
from bot.operator import operator_name
from bot.said import document, say
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.domain.durations import show_duration
from core.domain.errors import Conflict
from core.domain.outgoing_events import Destination
from core.domain.request import Actor
from core.services.audit.delivery_progress import DeliveryState, delivery_states
from core.services.audit.event_skip import EventSkip, RefusedEvent
from handlers.words.alarm_words import DESTINATIONS
from handlers.words.counts import counted, noun

NONE = "No destination of events is set up (docs/events.md)."
MAIL = "E-mail to people whom no chat reaches: each waits with its own message (teambot doctor, Outbox)."


@dataclass(frozen=True, slots=True)
class _Shown:
    """A destination, and the event that it refuses."""

    state: DeliveryState
    refused: RefusedEvent | None


async def destinations(settings: ProcessSettings, *, as_json: bool) -> int:
    """Print them all, each with what to do where it is held up."""
    async with database_of(settings) as database:
        await need_schema(database)
        clock = clock_of(settings)
        states, skips = await delivery_states(database.look, deliveries_of(settings)), EventSkip(database.look, clock)
        rows = [_Shown(state, await skips.refused(state.name)) for state in states]
    now = clock.now()
    if as_json:
        document(json.dumps({"destinations": [_json(row, now) for row in rows]}, indent=2) + "\n")
        return 0
    for row in rows:
        for line in _lines(row, now):
            say(line)
    if settings.email_from:
        say(MAIL)
    elif not rows:
        say(NONE)
    return 0


async def skip(settings: ProcessSettings, to: Destination, seq: int, reason: str, *, is_sure: bool) -> int:
    if not reason.strip():
        raise click.UsageError("Give the reason with --reason: it is kept in the audit trail.")
    if to.value not in deliveries_of(settings):
        raise click.ClickException(f"Events to {DESTINATIONS[to.value]} are not set up here.")
    async with database_of(settings) as database:
        await need_schema(database)
        skips = EventSkip(database.open, clock_of(settings))
        refused = await skips.refused(to.value)
        if refused is None or refused.event.seq != seq:
            raise Conflict(f"{_begun(DESTINATIONS[to.value])} doesn't refuse event {seq}. See `teambot events`.")
        for line in _about(refused):
            say(line)
        if not is_sure:
            click.confirm(f"Shall {DESTINATIONS[to.value]} never get it?", abort=True)
        await skips.skip(to, seq, Actor(name=operator_name()), reason.strip())
    say(f"Event {seq} is passed over, and the audit trail says so. The bot goes on with the next one within seconds.")
    return 0


def _lines(row: _Shown, now: datetime) -> Sequence[str]:
    state = row.state
    if state.progress is None:
        return (f"{_begun(DESTINATIONS[state.name])}: nothing was sent yet.",)
    head = f"{_begun(DESTINATIONS[state.name])}: {_progress(state, now)}"
    if row.refused is None:
        return (head,)
    return (head, *(f"  {line}" for line in (*_about(row.refused), *_remedy(row.refused))))


def _progress(state: DeliveryState, now: datetime) -> str:
    seq = state.progress.seq if state.progress else 0
    if not state.waiting:
        return f"all is sent, up to event {seq}."
    waiting = f"{counted(state.waiting, 'event')} {noun(state.waiting, 'waits', 'wait')}"
    return f"{waiting} behind event {seq}, the oldest for {show_duration(state.behind(now))}."


def _about(refused: RefusedEvent) -> Sequence[str]:
    body, event = refused.body, refused.event
    of = f" of {body['request_id']}" if body["request_id"] else ""
    at, since = _moment(datetime.fromisoformat(body["at"])), _moment(refused.since)
    return (
        f"Refused: event {event.seq}, {body['action']}{of}, by {body['actor']['name']}, {at}.",
        f"Since {since}, after {counted(refused.attempts, 'failed try', 'failed tries')}: {refused.error}",
    )


def _remedy(refused: RefusedEvent) -> Sequence[str]:
    """A bucket refuses no event for what is in it."""
    if refused.destination not in set(Destination):
        return ()
    seq, to = refused.event.seq, refused.destination
    return (f"If it will never take this event: teambot events skip {to} {seq} --reason TEXT",)


def _json(row: _Shown, now: datetime) -> Mapping[str, object]:
    state, refused = row.state, row.refused
    return {
        "destination": state.name,
        "last_event": state.progress.seq if state.progress else None,
        "waiting": state.waiting,
        "behind_seconds": round(state.behind(now).total_seconds()),
        "refused": refused
        and {
            "event": refused.event.seq,
            "event_id": refused.event.hash,
            "type": refused.body["action"],
            "request_id": refused.body["request_id"],
            "since": refused.since.isoformat(),
            "failed_tries": refused.attempts,
            "error": refused.error,
        },
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S UTC}"


def _begun(name: str) -> str:
    return name[:1].upper() + name[1:]
