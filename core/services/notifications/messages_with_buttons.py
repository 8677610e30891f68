"""Messages with buttons: remembered when they are sent, and drawn anew when their buttons have lost their use."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from core.domain.notice_content import AboutPolicies, AskedTogether, PoliciesChanged, PoliciesUnchanged, PoliciesWaiting
from core.domain.notices import Form, Notice, Recipient, Topic
from core.domain.old_messages import (
    TOGETHER,
    has_to_be_redrawn,
    says_less,
    subject_of,
    subjects_before,
    was_overtaken,
)
from core.domain.people import ChatUser
from core.domain.request import Request, Status, is_being_taken_away
from core.ports import Clock, MessageRef, Messenger, OpenUnit, Proposal, ProposalState
from core.services.runtime.retries import KEPT

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The address of a sent message, and the notices that redraw it."""

    at: MessageRef
    edits: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class _Before:
    all: Sequence[Notice] = ()
    fresh: Sequence[Notice] = ()


class MessagesWithButtons:
    """A message is sent only while it asks for something, and shows afterwards what came of it."""

    def __init__(self, open_unit: OpenUnit, messenger: Messenger, clock: Clock) -> None:
        self._open_unit = open_unit
        self._messenger = messenger
        self._clock = clock

    async def is_over(self, notice: Notice, request: Request | None) -> bool:
        """True if what a message asks for was done, or what it says is no longer so, before it could be sent."""
        match notice.topic:
            case Topic.REMINDER:
                return request is None or request.status is not Status.PENDING
            case Topic.UNDECIDABLE:
                return request is None or request.undecidable_since is None or request.status is not Status.PENDING
            case Topic.OVERDUE:
                return request is not None and not is_being_taken_away(request)
            case Topic.POLICIES_WAITING:
                return (await self._as_it_is(notice)).topic is not notice.topic
            case _:
                return False

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> SentMessage:
        """Say it: in the place of a message of seconds ago that said less, else as one of its own."""
        before = await self._before(notice)
        if isinstance(notice.content, AskedTogether):
            notice = await self._as_it_is(notice)
        for one in reversed(before.fresh):
            at = MessageRef(*one.to.place)
            if request is not None and await self._messenger.tell_instead(at, to, notice, request, link):
                rest = [other for other in before.all if other.to != one.to]
                return SentMessage(at, [*rest, *await self._remember(notice, request, at)])
        said_at = self._clock.now()
        at = await self._messenger.tell(to, notice, request, link)
        return SentMessage(at, [*before.all, *await self._remember(notice, request, at, said_at)])

    async def _before(self, notice: Notice) -> _Before:
        """Earlier messages to the same requester that say less."""
        subjects = subjects_before(notice)
        if not subjects:
            return _Before()
        since = self._clock.now() - TOGETHER
        async with self._open_unit() as unit:
            said = [one for subject in subjects for one in await unit.sent.of(subject)]
            fresh = [one for subject in subjects for one in await unit.sent.since(subject, since)]
        return _Before(*([one for one in some if says_less(one.topic, notice.topic)] for some in (said, fresh)))

    async def _remember(
        self, notice: Notice, drawn: Request | None, at: MessageRef, said_at: datetime | None = None
    ) -> Sequence[Notice]:
        """Remember it; without an instant, in the place of what was said before.

        What was closed while it was being sent did not find it yet, and is to be drawn anew.
        """
        subject = subject_of(notice)
        if not subject:
            return ()
        async with self._open_unit() as unit:
            if said_at is not None:
                await unit.sent.note(subject, at, notice, said_at)
            else:
                await unit.sent.renew(subject, at, notice)
            await unit.commit()
            now = await unit.requests.get(notice.request_id) if notice.request_id is not None else None
        if await self._was_overtaken(notice, drawn, now):
            to = Recipient.message(at.platform, at.conversation, at.message)
            return [replace(notice, form=Form.EDIT, to=to)]
        return ()

    async def _was_overtaken(self, notice: Notice, drawn: Request | None, now: Request | None) -> bool:
        if isinstance(notice.content, AskedTogether):
            return await self._as_it_is(notice) != notice
        has_moved = drawn is not None and now is not None and now.version != drawn.version
        moved_on = has_moved and now is not None and was_overtaken(notice.topic, now)
        return moved_on or await self.is_over(notice, now)

    async def each(self, notice: Notice, request: Request | None) -> Sequence[Notice]:
        """The single messages that one edit stands for."""
        async with self._open_unit() as unit:
            said = await unit.sent.of(notice.to.id)
        return [one for one in said if request is None or has_to_be_redrawn(one.topic, request, notice.topic)]

    async def edit(self, notice: Notice, request: Request | None) -> None:
        """Draw one anew where it stands. One that was deleted is left alone."""
        at = MessageRef(*notice.to.place)
        if not await self._messenger.edit(at, await self._as_it_is(notice), request):
            log.info("message to be drawn anew is gone", topic=notice.topic.value)

    async def forget(self) -> int:
        async with self._open_unit() as unit:
            forgotten = await unit.sent.forget(self._clock.now() - KEPT)
            await unit.commit()
        return forgotten

    async def _as_it_is(self, notice: Notice) -> Notice:
        """The notice of now. Of one request the messenger reads it; of several, and of policies, it is said here."""
        waiting = notice.content
        if isinstance(waiting, AskedTogether):
            return replace(notice, content=await self._together(waiting))
        if not isinstance(waiting, PoliciesWaiting):
            return notice
        async with self._open_unit() as unit:
            proposal = await unit.proposals.get(waiting.proposal)
        return notice if proposal is None else replace(notice, content=_as_decided(waiting, proposal))

    async def _together(self, asked: AskedTogether) -> AskedTogether:
        async with self._open_unit() as unit:
            first = await unit.requests.get(asked.submission)
            requests = await unit.requests.asked_with(first) if first is not None else ()
        return replace(asked, requests=tuple(requests))


def _as_decided(waiting: PoliciesWaiting, proposal: Proposal) -> AboutPolicies:
    match proposal.state:
        case ProposalState.WAITING:
            return waiting
        case ProposalState.APPROVED:
            change = replace(waiting.change, revision=proposal.based_on + 1)
            return PoliciesChanged(change, proposal.closed_by)
        case ProposalState.REJECTED | ProposalState.EXPIRED | ProposalState.OUTDATED:
            return PoliciesUnchanged(waiting.change, proposal.id, proposal.state.value, proposal.closed_by)
