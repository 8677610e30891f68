"""The one way a request changes: its row, its messages and its audit event in one transaction (rules 15 and 23)."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from core.domain.audit import AuditEvent, about
from core.domain.errors import Refusal
from core.domain.notices import Notice
from core.domain.outcome import Outcome
from core.domain.request import CLOCKWORK, LIVE, Actor, Event, Request, Status
from core.domain.transition_notices import notices_for, topic_of
from core.ports import UnitOfWork
from core.services.notifications.home_screens import homes_to_redraw

log = structlog.get_logger()

_ON_HOMES = frozenset({Status.PENDING, *LIVE})

CloseCommand = Callable[[UnitOfWork, Outcome], Awaitable[None]]
"""Records, in the same transaction, what came of the command that caused a change."""
HoldCommand = Callable[[UnitOfWork], Awaitable[CloseCommand]]
"""Stores a command in this transaction, before what it causes; raises Conflict for one that was stored before."""


async def record_transition(
    unit: UnitOfWork,
    event: Event,
    before: Request | None,
    after: Request,
    at: datetime,
    *,
    actor: Actor = CLOCKWORK,
    facts: Mapping[str, object] | None = None,
    also: Sequence[Notice] = (),
    close: Callable[[UnitOfWork, Request], Awaitable[None]] | None = None,
) -> Request:
    """Write one transition with everything that belongs to it. The caller commits.

    The audit event comes last: its lock is held until the commit (rule 23), and whoever waits for it must not hold
    what its owner still needs. So of several transitions in a unit of work all are ``written`` before one is
    ``audited``.
    """
    saved = await written(unit, event, before, after, at, actor, also)
    if close is not None:
        await close(unit, saved)
    await audited(unit, event, before, saved, at, actor, facts or {})
    return saved


async def written(
    unit: UnitOfWork,
    event: Event,
    before: Request | None,
    after: Request,
    at: datetime,
    actor: Actor,
    also: Sequence[Notice] = (),
) -> Request:
    """Write the row and the messages of a transition. ``audited`` has to follow, after those of any others."""
    saved = await (unit.requests.add(after) if before is None else unit.requests.save(before, after))
    homes = await homes_for(unit, event, before, saved, at, actor)
    await unit.outbox.put([*notices_for(event, saved), *homes, *also], at)
    return saved


async def homes_for(
    unit: UnitOfWork, event: Event, before: Request | None, saved: Request, at: datetime, actor: Actor
) -> list[Notice]:
    """The Home screens that a transition changes."""
    if before is None and saved.unjudged:  # they show it once it is judged
        return []
    topic = topic_of(event, saved)
    return await homes_to_redraw(unit, saved, topic, at, actor.principal_id, approvers=_concerns(before, saved))


async def audited(
    unit: UnitOfWork,
    event: Event,
    before: Request | None,
    saved: Request,
    at: datetime,
    actor: Actor,
    facts: Mapping[str, object],
) -> None:
    """Write the audit event of a transition that is stored in the same transaction: last of all."""
    log.info("transition", request=saved.id, happened=event.value, status=saved.status.value, by=actor.name)
    moved: dict[str, object] = {"from": before.status.value if before else None, "to": saved.status.value}
    if before is not None and saved.unjudged:
        moved["unjudged"] = True  # nobody had been told of it
    await unit.audit.append(
        AuditEvent(
            action=f"request.{event}",
            at=at,
            actor=actor,
            request_id=saved.id,
            policy_revision=saved.policy_revision,
            facts={**moved, **about(saved), **facts},
        )
    )


def about_reasons(refusals: Iterable[Refusal]) -> str:
    """A key that is equal for refusals with the same reasons."""
    return " ".join(sorted({refusal.reason.value for refusal in refusals}))


def _concerns(before: Request | None, after: Request) -> bool:
    """True if approvers see the change on their Home: in what waits for them, or in what they may end."""
    if after.unjudged:
        return False
    return not _ON_HOMES.isdisjoint({before.status if before else None, after.status})


def closing_with(
    close: CloseCommand, outcome: Callable[[Request], Outcome]
) -> Callable[[UnitOfWork, Request], Awaitable[None]]:
    """Fit the end of a command into ``record``: the outcome may need the id that storage gave."""

    async def finish(unit: UnitOfWork, saved: Request) -> None:
        await close(unit, outcome(saved))

    return finish
