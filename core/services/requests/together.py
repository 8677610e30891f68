"""The requests of one form that asks for several targets: stored in one transaction, linked, each with its own life."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.domain.audit import facts_of_new
from core.domain.ids import UNSAVED, RequestId
from core.domain.outcome import Outcome, Result
from core.domain.request import Actor, Event, Request
from core.domain.transition_notices import notices_for_together
from core.ports import UnitOfWork
from core.services.requests.transition import CloseCommand, audited, homes_for


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request that is to be stored. ``told``: who decides, and where; what is equal in it shares a card."""

    event: Event
    request: Request
    told: Hashable


async def record_together(
    unit: UnitOfWork, new: Sequence[NewRequest], at: datetime, *, actor: Actor, close: CloseCommand
) -> Outcome:
    """Store them all, with the messages and audit events of each. The caller commits.

    The audit events come last, as in ``record_transition``: their lock is held until the commit.
    """
    saved = await _linked(unit, new)
    events = [one.event for one in new]
    notices = notices_for_together(list(zip(events, saved, strict=True)))
    homes = await homes_for(unit, events[-1], None, saved[-1], at, actor)  # once: they show all of them
    await unit.outbox.put([*notices, *homes], at)
    outcome = Outcome(Result.SUBMITTED, saved[0].id, together=tuple(one.id for one in saved))
    await close(unit, outcome)
    for event, request in zip(events, saved, strict=True):
        await audited(
            unit, event, None, request, at, actor, {"submission": request.submission, **facts_of_new(request)}
        )
    return outcome


async def _linked(unit: UnitOfWork, new: Sequence[NewRequest]) -> Sequence[Request]:
    """Each names the first of its submission, and the first of those on its card."""
    saved: list[Request] = []
    leads: dict[Hashable, RequestId] = {}
    for one in new:
        submission = saved[0].id if saved else UNSAVED
        card = leads.get(one.told, UNSAVED) if one.request.quorum else None
        added = await unit.requests.add(replace(one.request, submission=submission, card=card))
        if card is not None:
            leads.setdefault(one.told, added.id)
        saved.append(added)
    return saved
