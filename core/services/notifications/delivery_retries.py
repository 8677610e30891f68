"""The fate of a message that was tried: it is sent, tried again, or given up, and stops no other message."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from core.domain.errors import (
    AnswerLost,
    Conflict,
    PlatformAbsent,
    Refused,
    Side,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from core.domain.notice_content import ApproverUnreached
from core.domain.notices import ADMINS, Audience, Form, Notice, Plain, Recipient
from core.ports import Clock, OpenUnit, Outgoing, UnitOfWork
from core.services.runtime.retries import next_try

GivenUp = Callable[[UnitOfWork, Notice, Exception], Awaitable[Sequence[Notice]]]
"""Told of a message that reaches nobody, in the unit of work that gives it up; returns what is said of that."""
HeardAt = Callable[[Side], datetime | None]
"""The last time a platform took a message; None: not yet in this process."""
Send = Callable[[Outgoing], Awaitable[Sequence[Notice]]]
"""Sends one, and returns the single ones that it stands for."""
Claimed = TypeVar("Claimed")
ClaimNext = Callable[[UnitOfWork], Awaitable[Sequence[Claimed]]]
"""Claims, in this unit of work, what is to be sent in the place that becomes free."""

MOST_FAULTS, FIRST_PAUSE = 5, timedelta(seconds=2)
"""The most faults of this program that a message may meet, and the first pause: each next one is four times as long."""
LONGEST_PAUSE = timedelta(minutes=5)
TRIED_FOR = timedelta(days=1)
"""The time for which a message is tried that the platform does not take while it takes others."""
HEARD_WITHIN = timedelta(hours=1)
"""The platform takes messages when it has taken one in this time."""
PASSED_AFTER = 8
"""Tries after which a message no longer holds back what is about other requests (four minutes, or longer)."""
PASSED_SOON, HEARD_LATELY = 2, timedelta(minutes=1)
"""The same when the platform has taken something else lately: then it is this message that has the trouble."""
INSTEAD_EVERY = 4
"""A card that its channel does not take goes to the approvers after ``PASSED_AFTER`` tries, and every so many."""

log = structlog.get_logger()


class DeliveryRetries:
    """Counts and pauses each message by itself. A message that Slack does not take is never lost for an outage."""

    def __init__(self, open_unit: OpenUnit, clock: Clock, heard_at: HeardAt, given_up: GivenUp) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._given_up = given_up
        self._heard_at = heard_at

    async def carry(self, outgoing: Outgoing, send: Send, claim_next: ClaimNext[Claimed]) -> Sequence[Claimed] | None:
        """Send it and note what came of it. Nothing leaves this, whatever one message meets.

        Returns what was claimed next, in the transaction that noted it; None where others may be due that were not.
        """
        try:
            return await self._carry(outgoing, send, claim_next)
        except Conflict:  # it took longer than the lease, and another has taken it over
            log.warning("message was taken over", notice=outgoing.id)
        except Upstream as error:  # what came of it could not be stored: it is claimed again after its lease
            log.warning("message could not be noted", notice=outgoing.id, because=str(error))
        except Exception:
            log.exception("message could not be noted", notice=outgoing.id, incident=secrets.token_hex(4))
        return None

    async def _carry(self, outgoing: Outgoing, send: Send, claim_next: ClaimNext[Claimed]) -> Sequence[Claimed] | None:
        try:
            followers = await send(outgoing)
        except Conflict:
            raise
        except (UpstreamBusy, AnswerLost) as error:
            await self._later(outgoing, error)
        except UpstreamRefused as error:
            if error.side in {Side.AWS, Side.STORAGE} and self._clock.now() - outgoing.created_at < TRIED_FOR:
                await self._later(outgoing, error)  # what is read before: that says nothing of the message
            else:
                await self._give_up(outgoing, error)
        except Refused as error:
            await self._give_up(outgoing, error)
        except Exception as error:  # noqa: BLE001 - a fault in one message must not stop the others
            await self._fault(outgoing, error)
        else:
            return await self._sent(outgoing, followers, claim_next)
        return None

    async def _sent(
        self, outgoing: Outgoing, followers: Sequence[Notice], claim_next: ClaimNext[Claimed]
    ) -> Sequence[Claimed]:
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.outbox.put(followers, now)
            await unit.outbox.sent(outgoing, now)
            claimed = await claim_next(unit)
            await unit.commit()
        return claimed

    async def _later(self, outgoing: Outgoing, error: Upstream) -> None:
        """Again, for as long as it takes: unless the platform takes everything but this one message."""
        now, tries = self._clock.now(), outgoing.attempts + 1
        is_unanswered = _is_unanswered(error)
        is_tried = tries >= PASSED_AFTER and now - outgoing.created_at >= TRIED_FOR
        if is_unanswered and is_tried and self._heard_since(error.side, now - HEARD_WITHIN):
            await self._give_up(outgoing, error)
            return
        at = next_try(now, outgoing.attempts, error, timedelta(seconds=1), LONGEST_PAUSE)
        (log.warning if is_unanswered else log.info)(
            "message to be sent again", notice=outgoing.id, at=str(at), because=str(error)
        )
        is_stuck = is_unanswered and tries >= PASSED_AFTER and tries % INSTEAD_EVERY == 0
        is_absent = isinstance(error, PlatformAbsent)
        is_alone = is_stuck and (is_absent or self._heard_since(error.side, outgoing.created_at))
        soon = is_unanswered and tries >= PASSED_SOON and self._heard_since(error.side, now - HEARD_LATELY)
        instead = _instead(outgoing.notice) if is_alone else ()
        await self._again(outgoing, at, str(error), passed=soon or tries >= PASSED_AFTER, instead=instead)

    def _heard_since(self, side: Side, at: datetime) -> bool:
        """True if the platform that did not take it takes other messages."""
        last = self._heard_at(side)
        return last is not None and last >= at

    async def _fault(self, outgoing: Outgoing, error: Exception) -> None:
        """A fault of this program: tried a few times more, in case it passes, and then given up."""
        incident, tries = secrets.token_hex(4), outgoing.faults + 1
        log.error("message met a fault", incident=incident, notice=outgoing.id, tries=tries, exc_info=error)
        why = f"{type(error).__name__}, incident {incident}"
        if tries >= MOST_FAULTS:
            await self._give_up(outgoing, UpstreamRefused(why, code="fault", side=Side.BOT))
        else:
            at = self._clock.now() + FIRST_PAUSE * 4**outgoing.faults
            await self._again(outgoing, at, why, faulty=True, passed=True)

    async def _again(
        self,
        outgoing: Outgoing,
        at: datetime,
        because: str,
        *,
        passed: bool,
        faulty: bool = False,
        instead: Sequence[Notice] = (),
    ) -> None:
        async with self._open_unit() as unit:
            await unit.outbox.retry(outgoing, at, because, faulty=faulty, passed=passed)
            await unit.outbox.put(instead, self._clock.now())
            await unit.commit()

    async def _give_up(self, outgoing: Outgoing, error: Exception) -> None:
        notice = outgoing.notice
        log.error("message undeliverable", notice=outgoing.id, to=notice.to.audience.value, because=str(error))
        async with self._open_unit() as unit:
            await unit.outbox.undeliverable(outgoing, self._clock.now(), str(error))
            await unit.outbox.put([*_instead(notice), *await self._given_up(unit, notice, error)], self._clock.now())
            await unit.commit()


def _instead(notice: Notice) -> Sequence[Notice]:
    """A card that no channel takes goes to each approver: a request must not wait where nobody sees it.

    What is said under it goes with it. Of one that an approver does not take, the requester and the admins are told.
    """
    if notice.request_id is None or notice.form not in {Form.CARD, Form.THREAD}:
        return ()
    if notice.form is Form.THREAD:
        to_each = replace(notice, to=Recipient.approvers(notice.request_id))
        return (to_each,) if notice.to.audience is Audience.CONVERSATION else ()
    if notice.to.audience in {Audience.PRINCIPAL, Audience.CHAT_USER}:
        return (Notice(Form.DIRECT, ApproverUnreached(notice.to.id, absent=False), ADMINS, notice.request_id),)
    if notice.to.audience is not Audience.CONVERSATION:
        return ()
    return (Notice(Form.CARD, Plain(notice.topic), Recipient.approvers(notice.request_id), notice.request_id),)


def _is_unanswered(error: Upstream) -> bool:
    """The chat platform did not take it and asked for no pause: it may be away, or may be unable to take this one."""
    asked = isinstance(error, UpstreamBusy) and error.retry_after is not None
    return not asked and error.side not in {Side.AWS, Side.STORAGE}
