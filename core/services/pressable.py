"""Messages with buttons: remembered when they are sent, and drawn anew when their buttons have lost their use."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from core.domain.notices import Notice, Topic, subject_of
from core.domain.request import Request, Status
from core.ports import Clock, MessageRef, Messenger, OpenUnit, Proposal, ProposalState

KEPT = timedelta(days=30)

log = structlog.get_logger()


class Pressable:
    """A message is sent only while it asks for something, and shows afterwards what came of it."""

    def __init__(self, open_unit: OpenUnit, messenger: Messenger, clock: Clock) -> None:
        self._open_unit = open_unit
        self._messenger = messenger
        self._clock = clock

    async def is_over(self, notice: Notice, request: Request | None) -> bool:
        """Whether what a message asks for was done before it could be sent."""
        match notice.topic:
            case Topic.REMINDER:
                return request is None or request.status is not Status.PENDING
            case Topic.OVERDUE:
                return request is not None and request.status is not Status.REVOKING
            case Topic.POLICIES_WAITING:
                return (await self._as_it_is(notice)).topic is not notice.topic
            case _:
                return False

    async def note(self, notice: Notice, at: MessageRef) -> None:
        """Remember it. What was closed while it was being sent did not find it yet, and is drawn at once."""
        subject = subject_of(notice)
        if not subject:
            return
        async with self._open_unit() as unit:
            await unit.sent.note(subject, at, notice, self._clock.now())
            await unit.commit()
            request = await unit.requests.get(notice.request_id) if notice.request_id is not None else None
        if await self.is_over(notice, request):
            await self._edit(notice, at, request)

    async def each(self, notice: Notice) -> Sequence[Notice]:
        """The single messages that one edit stands for."""
        async with self._open_unit() as unit:
            return await unit.sent.of(notice.to.id)

    async def edit(self, notice: Notice, request: Request | None) -> None:
        """Draw one anew where it stands. One that was deleted is left alone."""
        await self._edit(notice, MessageRef(*notice.to.place), request)

    async def forget(self) -> int:
        async with self._open_unit() as unit:
            forgotten = await unit.sent.forget(self._clock.now() - KEPT)
            await unit.commit()
        return forgotten

    async def _edit(self, notice: Notice, at: MessageRef, request: Request | None) -> None:
        if not await self._messenger.edit(at, await self._as_it_is(notice), request):
            log.info("message to be drawn anew is gone", topic=notice.topic.value)

    async def _as_it_is(self, notice: Notice) -> Notice:
        """What is so now. Of a request the messenger reads it there; of a change of policies it is said here."""
        if notice.topic is not Topic.POLICIES_WAITING:
            return notice
        number = notice.facts.get("proposal", "")
        async with self._open_unit() as unit:
            proposal = await unit.proposals.get(int(number)) if number.isdecimal() else None
        return notice if proposal is None else _closed(notice, proposal)


def _closed(notice: Notice, proposal: Proposal) -> Notice:
    if proposal.state is ProposalState.WAITING:
        return notice
    if proposal.state is ProposalState.APPROVED:
        facts = {"approved_by": proposal.closed_by, "revision": str(proposal.based_on + 1)}
        return replace(notice, topic=Topic.POLICIES_CHANGED, facts={**notice.facts, **facts})
    facts = {"state": proposal.state.value, "closed_by": proposal.closed_by}
    return replace(notice, topic=Topic.POLICIES_UNCHANGED, facts={**notice.facts, **facts})
