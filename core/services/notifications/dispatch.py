"""Sends what the outbox holds. Storage decides what is said; this only carries it, again and again until it is said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from core.domain.conversations import Place, conversation_on, platform_of
from core.domain.errors import Refused, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.notice_content import ApproverUnreached, Reminder
from core.domain.notices import (
    Audience,
    Form,
    Notice,
    Plain,
    Recipient,
    Topic,
    home_of,
)
from core.domain.people import ChatUser
from core.domain.policy_notices import admin_groups_of, not_told
from core.domain.request import Request, Status
from core.domain.transition_notices import CARD_COMES_WITHIN, leads_to_card, whom_to_remind
from core.domain.visibility import may_see
from core.ports import (
    NO_THREAD,
    ChatPlatforms,
    Clock,
    MessageRef,
    OpenUnit,
    Outgoing,
    PrincipalDirectory,
    UnitOfWork,
)
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.notifications.channel_checks import ChannelChecks
from core.services.notifications.delivery_retries import DeliveryRetries
from core.services.notifications.home_screens import HomeRefresh
from core.services.notifications.leased_messenger import Lease, LeasedMessenger, speaking_under
from core.services.notifications.mentions import ApproverMentions
from core.services.notifications.messages_with_buttons import MessagesWithButtons
from core.services.notifications.posted_cards import PostedCards
from core.services.notifications.recipients import RecipientLookup
from core.services.notifications.request_card import CardReader, card_for
from core.services.notifications.request_readers import RequestReaders
from core.services.notifications.unreachable_approvers import UnreachableApprovers
from core.services.notifications.unreachable_mail import NO_RECIPIENT, UnreachableMail
from core.services.notifications.unreachable_requesters import UnreachableRequesters
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import FORGOTTEN_AT_ONCE, KEPT
from core.services.runtime.worker_pool import WorkerPool

AT_ONCE = 20
WAITS_FOR_CARD = 2
"""The number of waits more before a requester's first message goes out without its card."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Claimed:
    """``request``: the one that it is about, as it was when it was claimed."""

    outgoing: Outgoing
    request: Request | None
    lease: Lease


class OutboxDispatcher:
    """Takes the next unsent notice of each recipient, makes it one or more messages, remembers where they stand."""

    def __init__(
        self,
        open_unit: OpenUnit,
        platforms: ChatPlatforms,
        identity: Identity,
        policy_context: PolicyContext,
        cards: CardReader,
        directory: PrincipalDirectory,
        clock: Clock,
        homes: HomeRefresh,
        mail: UnreachableMail,
        *,
        audit_channels: Sequence[ConversationId],
    ) -> None:
        self._open_unit = open_unit
        self._platforms = platforms
        messenger = self._messenger = LeasedMessenger(platforms, clock)
        self._identity = identity
        self._policy_context = policy_context
        self._cards = cards
        self._clock = clock
        self._homes = homes
        self._mail = mail
        self._audit_channels = audit_channels
        self._recipients = RecipientLookup(open_unit, identity, policy_context, directory)
        self._readers = RequestReaders(identity, policy_context, self._recipients, clock)
        self._unreachable_requesters = UnreachableRequesters(open_unit, clock)
        self._retries = DeliveryRetries(open_unit, clock, messenger.heard_at, self._unreachable_requesters.note)
        self._channels = ChannelChecks(open_unit, platforms, clock)
        self._posted = PostedCards(open_unit, clock)
        self._mentions = ApproverMentions(open_unit, cards, identity)
        self._unreachable_approvers = UnreachableApprovers(open_unit, directory, clock)
        self._buttons = MessagesWithButtons(open_unit, messenger, clock)
        self._pool = WorkerPool(self._claim, self._try, AT_ONCE)

    async def deliver(self) -> int:
        """Send what is due; returns how many notices it took up itself."""
        return await self._pool.run()

    async def _claim(self, limit: int) -> Sequence[_Claimed]:
        async with self._open_unit() as unit:
            due = await self._claim_in(unit, limit)
            await unit.commit()
        return due

    async def _claim_in(self, unit: UnitOfWork, limit: int = 1) -> Sequence[_Claimed]:
        now = self._clock.now()
        due = await unit.outbox.claim(now, LEASE, limit)
        named = sorted(set(filter(None, (each.notice.request_id for each in due))))
        about = {request.id: request for request in await unit.requests.several(named)} if named else {}
        return [_Claimed(each, about.get(each.notice.request_id or RequestId(0)), Lease(now + LEASE)) for each in due]

    async def _try(self, claimed: _Claimed) -> bool:
        with speaking_under(claimed.lease):
            due = await self._retries.carry(claimed.outgoing, lambda _: self._carry_held(claimed), self._claim_in)
        self._pool.take_up(due or ())
        return due is None or bool(due)

    async def redraw(self, request_id: RequestId, at: MessageRef, clicked_by: ChatUser) -> None:
        """Draw a card anew that somebody has just clicked, when it is not one that is kept up to date.

        Where it stands is what the click says: a card is drawn there only for those who may see the request,
        and nothing is ever posted.
        """
        request = await self._request(request_id)
        if request is None:
            return
        async with self._open_unit() as unit:
            known = {ref: place for place, ref in (await unit.cards.of(request_id)).items()}
        if at in known:
            await self._draw_kept(request_id, known[at])
            return
        try:
            person = await self._identity.identify(clicked_by, taking_away=True)
            rules = await self._policy_context.rules()
            if may_see(rules.book, rules.organization, person, request):
                await self._channels.refuse_shared(conversation_on(at.platform, at.conversation))
                await self._messenger.update_card(await self._cards.read(request, at.platform), at)
        except (Upstream, Refused) as error:
            log.info("old card not drawn anew", request=request_id, because=str(error))

    async def _draw_kept(self, request_id: RequestId, place: Place) -> None:
        """The outbox sees to it; once more where it had given up: a channel was archived, and is there again."""
        to = Recipient.chat(place) if isinstance(place, ChatUser) else Recipient.conversation(place)
        async with self._open_unit() as unit:
            if await unit.outbox.was_refused(Form.CARD, to, request_id):
                notice = Notice(Form.CARD, Plain(Topic.APPROVAL_COUNTED), to, request_id)
                await unit.outbox.put([notice], self._clock.now())
                await unit.commit()

    async def forget(self) -> int:
        """Delete messages that were sent, or could not be, long ago."""
        async with self._open_unit() as unit:
            forgotten = await unit.outbox.forget(self._clock.now() - KEPT, FORGOTTEN_AT_ONCE)
            await unit.commit()
        return forgotten + await self._buttons.forget()

    async def know_admins(self) -> None:
        """Learn whom to alarm while AWS can still tell."""
        await self._recipients.know_admins()

    async def _carry_held(self, claimed: _Claimed) -> Sequence[Notice]:
        return await renewing(self._carry(claimed), lambda: self._hold(claimed.outgoing, claimed.lease))

    async def _hold(self, outgoing: Outgoing, lease: Lease) -> None:
        until = self._clock.now() + LEASE
        async with self._open_unit() as unit:
            await unit.outbox.hold(outgoing, until)
            await unit.commit()
        lease.until = until

    async def _carry(self, claimed: _Claimed) -> Sequence[Notice]:
        outgoing, notice = claimed.outgoing, claimed.outgoing.notice
        request = claimed.request or await self._request(notice.request_id)
        if outgoing.attempts < WAITS_FOR_CARD and await self._has_no_card_yet(notice, request):
            raise UpstreamBusy("its card comes first", retry_after=CARD_COMES_WITHIN, side=Side.CHAT)
        if await self._readers.is_for_nobody(outgoing, request):
            log.info("reader decides no more", topic=notice.topic.value, request=notice.request_id, to=notice.to.id)
            return ()
        return await self._send(notice, request, outgoing.created_at)

    async def _has_no_card_yet(self, notice: Notice, request: Request | None) -> bool:
        """True if it is the first word to a requester, which leads to a card that is being posted at this moment."""
        if notice.form is not Form.DIRECT or request is None or not leads_to_card(notice.topic, request):
            return False
        async with self._open_unit() as unit:
            return not await unit.cards.of(request.id)

    async def _send(  # noqa: PLR0911 - one row an audience
        self, notice: Notice, request: Request | None, put_at: datetime
    ) -> Sequence[Notice]:
        """Send one notice, or say which single ones it stands for."""
        match notice.to.audience:
            case Audience.APPROVERS:
                return await self._to_approvers(notice, request)
            case Audience.ADMINS:
                return await self._to_admins(notice, request)
            case Audience.AUDIT_CHANNEL:
                return await self._to_audit_channels(notice, request)
            case Audience.SENT:
                return await self._buttons.each(notice, request)
            case Audience.HOME:
                await self._homes.redraw([PrincipalId(notice.to.id)])
            case Audience.HOMES_OF_APPROVERS:
                return await self._to_homes(notice, request)
            case Audience.CONVERSATION | Audience.PRINCIPAL | Audience.CHAT_USER | Audience.MESSAGE:
                return await self._to_one(notice, request, put_at)
        return ()

    async def _to_one(self, notice: Notice, request: Request | None, put_at: datetime) -> Sequence[Notice]:
        match notice.form:
            case Form.DIRECT | Form.THREAD if await self._buttons.is_over(notice, request):
                log.info("message no longer needed", topic=notice.topic.value, request=notice.request_id)
            case Form.CARD if request is not None:
                await self._card(notice, request)
            case Form.THREAD if request is not None:
                await self._reply(notice, request)
            case Form.EDIT:
                await self._buttons.edit(notice, request)
            case _:
                return await self._tell(notice, request, put_at)
        return ()

    async def _tell(self, notice: Notice, request: Request | None, put_at: datetime) -> Sequence[Notice]:
        edits: list[Notice] = []

        async def tell(user: ChatUser) -> None:
            told = await self._buttons.tell(user, notice, request, await self._link(request, user))
            edits.extend(told.edits)
            if notice.topic is Topic.REMINDER and request is not None:
                await self._note_buttons(request.id, told.at)
            await self._unreachable_requesters.clear(notice, request)

        saying = self._recipients.reach(notice.to, tell, platform=_asked_from(request, notice.to))
        if await self._mail.or_told(saying, self._recipients.owner_of, notice, request, put_at):
            return edits
        if notice.topic is Topic.REMINDER:
            _pass_over(notice.to)
        else:
            raise UpstreamRefused("Nobody on the chat platform is this principal.", code=NO_RECIPIENT, side=Side.CHAT)
        return ()

    async def _note_buttons(self, request_id: RequestId, at: MessageRef) -> None:
        async with self._open_unit() as unit:
            await unit.cards.note_buttons(request_id, at, self._clock.now())
            await unit.commit()

    async def _card(self, notice: Notice, request: Request) -> None:
        """Show the card where it belongs; what is decided already is shown to nobody who has not seen it wait."""
        to = notice.to
        if to.audience is Audience.CONVERSATION:
            channel = ConversationId(to.id)
            await self._channels.refuse_shared(channel)
            await self._show_card(request, channel, is_new=notice.topic is Topic.SUBMITTED)
            return

        async def show(user: ChatUser) -> None:
            await self._show_card(request, user, is_new=notice.topic is Topic.SUBMITTED)

        showing = self._recipients.reach(to, show)
        if not await self._mail.with_card(showing, self._recipients.owner_of, self._cards.read, to, request):
            _pass_over(to)
            await self._unreachable_approvers.note_absent(request, to)

    async def _show_card(self, request: Request, place: Place, *, is_new: bool = False) -> MessageRef | None:
        """``is_new``: others that were asked for with it may have brought it there already, and it says nothing new."""
        posted, platform = await self._posted.find(request, place), platform_of(place)
        shown = [one for one in posted.shown if one.id == request.id or await self._is_for(place, one)]
        waits = any(one.status is Status.PENDING for one in shown)
        if posted.known is None and isinstance(place, ChatUser) and not waits:
            return None
        if is_new and request.card is not None and posted.known is not None and posted.is_noted:
            return posted.known
        card = await self._cards.read_all(shown, platform)
        if posted.known is None and waits and not isinstance(place, ChatUser):
            card = replace(card, mentioned=await self._mentions.of(request, platform))
        ref = await self._messenger.show_card(card, place, posted.known)
        if ref == posted.known and posted.is_noted:
            return ref
        if await self._posted.note(shown, place, ref):
            now = await self._request(request.id)
            return await self._show_card(now or request, place)
        return ref

    async def _is_for(self, place: Place, request: Request) -> bool:
        """A channel shows all that was posted there; a person sees what an approver of it may see (rule 22)."""
        return not isinstance(place, ChatUser) or await self._readers.may_still_see(place, request)

    async def _reply(self, notice: Notice, request: Request) -> None:
        to = notice.to
        place: Place = to.chat_user if to.audience is Audience.CHAT_USER else ConversationId(to.id)
        if to.audience is Audience.CONVERSATION:
            await self._channels.refuse_shared(ConversationId(to.id))
        async with self._open_unit() as unit:
            card = await unit.cards.get(request.id, place)
        if card is None:
            raise UpstreamRefused("There is no card to reply under.", code="no_card", side=Side.CHAT)
        try:
            await self._messenger.reply(card, notice, request)
        except UpstreamRefused as refused:
            if refused.code not in NO_THREAD:
                raise
            anew = await self._show_card(request, place)  # somebody has deleted it: it is posted once more
            await self._messenger.reply(anew or card, notice, request)

    async def _to_approvers(self, notice: Notice, request: Request | None) -> Sequence[Notice]:
        """The notice for each approver who is to have the card; later changes go to those who have it."""
        if request is None:
            return ()
        if isinstance(notice.content, Reminder):
            return await self._reminders(notice, notice.content, request)
        async with self._open_unit() as unit:
            places = await unit.cards.of(request.id)
        known = [place for place in places if isinstance(place, ChatUser)]
        holders = {Recipient.chat(user) for user in known if await self._readers.may_still_see(user, request)}
        if request.status is Status.PENDING and notice.form is Form.CARD:
            approvers = await self._cards.approvers(request)
            holders.update(await self._recipients.recipients(approver.id for approver in approvers))
        return _to_each(notice, holders)

    async def _reminders(self, notice: Notice, reminder: Reminder, request: Request) -> Sequence[Notice]:
        """One message for each approver who has not decided, as many as one reminder may send."""
        async with self._open_unit() as unit:
            votes = await unit.votes.of_several([request.id, *reminder.others])
        if request.status is not Status.PENDING:
            return ()
        approvers = [principal.id for principal in await self._cards.approvers(request)]
        decided = ({vote.principal_id for vote in votes.get(one, ())} for one in (request.id, *reminder.others))
        reminded = whom_to_remind(approvers, set.intersection(*decided), reminder.round)
        return _to_each(notice, await self._recipients.recipients(reminded))

    async def _to_audit_channels(self, notice: Notice, request: Request | None) -> Sequence[Notice]:
        """A line in the one there is, or one message each: a channel that takes nothing holds up no other."""
        if not notice.to.id and len(self._audit_channels) > 1:
            return tuple(replace(notice, to=Recipient.audit_channel(channel)) for channel in self._audit_channels)
        channel = ConversationId(notice.to.id) if notice.to.id else next(iter(self._audit_channels), None)
        if channel is not None and channel in self._audit_channels:  # an operator may have taken it out since
            await self._channels.refuse_shared(channel)
            await self._messenger.write_line(channel, notice, request, await self._link(request, channel))
        return ()

    async def _to_homes(self, notice: Notice, request: Request | None) -> Sequence[Notice]:
        if request is None:
            return ()
        try:
            approvers = await self._homes.of_approvers(request)
        except Upstream as error:
            log.info("homes of approvers not drawn anew", request=request.id, because=str(error))
            return ()
        return tuple(home_of(principal, notice.topic, request.id) for principal in approvers)

    async def _to_admins(self, notice: Notice, request: Request | None) -> Sequence[Notice]:
        admins = await self._recipients.admins(besides=admin_groups_of(notice), but=not_told(notice))
        if isinstance(notice.content, ApproverUnreached):
            return await self._unreachable_approvers.to_tell(notice.content, request, admins)
        return _to_each(notice, admins)

    async def _link(self, request: Request | None, reader: Place) -> MessageRef | None:
        """The card, when this reader, or those of a channel, can open it."""
        if request is None:
            return None
        async with self._open_unit() as unit:
            cards = await unit.cards.of(request.id)
        return card_for(cards, reader)

    async def _request(self, request_id: RequestId | None) -> Request | None:
        if request_id is None:
            return None
        async with self._open_unit() as unit:
            return await unit.requests.get(request_id)


def _asked_from(request: Request | None, to: Recipient) -> str:
    """The platform that a requester reads about a request on: the one that it was asked for from."""
    is_theirs = request is not None and to == Recipient.principal(request.requester)
    return request.requester_chat.platform if request and request.requester_chat and is_theirs else ""


def _to_each(notice: Notice, recipients: Iterable[Recipient]) -> Sequence[Notice]:
    return tuple(replace(notice, to=to) for to in sorted(recipients, key=lambda to: (to.audience, to.id)))


def _pass_over(to: Recipient) -> None:
    """One of many who could act: that nobody on the chat platform is this principal, holds nothing up."""
    log.info("nobody to tell", principal=to.id)
