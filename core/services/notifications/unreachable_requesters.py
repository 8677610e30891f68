"""Requesters whom no message reaches: the card and the audit channel say so, once, and no more when one arrives."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Conflict, Upstream, UpstreamRefused
from core.domain.notices import AUDIT_CHANNEL, Audience, Form, Notice, Plain, Topic, card_places
from core.domain.request import Request
from core.ports import Clock, OpenUnit, UnitOfWork

log = structlog.get_logger()


class UnreachableRequesters:
    def __init__(self, open_unit: OpenUnit, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock

    async def note(self, unit: UnitOfWork, notice: Notice, error: Exception) -> Sequence[Notice]:
        """A message was given up. When it was one to a requester, keep why, and say it where others read."""
        if notice.request_id is None or not isinstance(error, UpstreamRefused):
            return ()
        request = await unit.requests.get(notice.request_id)
        if request is None or not _is_for_requester(notice, request) or request.untold:
            return ()
        await unit.requests.save(request, replace(request, untold=error.code or "refused"))
        facts = {"because": error.code}
        event = AuditEvent("request.requester_untold", self._clock.now(), request_id=request.id, facts=facts)
        await unit.audit.append(event)
        return (*_cards(request), Notice(Form.LINE, Plain(Topic.UNTOLD), AUDIT_CHANNEL, request.id))

    async def clear(self, notice: Notice, request: Request | None) -> None:
        """A message arrived: what the card said before is no longer so."""
        if request is None or not request.untold or not _is_for_requester(notice, request):
            return
        try:
            async with self._open_unit() as unit:
                await unit.requests.save(request, replace(request, untold=""))
                await unit.outbox.put(_cards(request), self._clock.now())
                await unit.commit()
        except (Conflict, Upstream) as error:  # it has moved on, or the next message that arrives says so
            log.info("request cannot be said to be reached", request=request.id, because=str(error))


def _is_for_requester(notice: Notice, request: Request) -> bool:
    is_message = notice.form is Form.DIRECT and notice.to.audience is Audience.PRINCIPAL
    return is_message and notice.to.id == request.requester


def _cards(request: Request) -> tuple[Notice, ...]:
    return tuple(Notice(Form.CARD, Plain(Topic.UNTOLD), place, request.id) for place in card_places(request))
