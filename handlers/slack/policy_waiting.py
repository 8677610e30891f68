"""Changes of policies that wait for a second admin: looked at whole, approved or rejected by one click."""

from slack_sdk.models.views import View

from core.domain.errors import Reason, Refusal, Refused
from core.domain.policy_merge import merge
from core.ports import Act, ActKind, Draft, Proposal, ProposalState
from core.services.admins import Seat
from handlers.screens.numbers import read_number
from handlers.slack import home
from handlers.slack.desk import Desk
from handlers.slack.ids import ActionId
from handlers.slack.opening import show_when_ready
from handlers.slack.payloads import Press, Sender
from handlers.slack.review import CLICK_PATIENCE
from handlers.slack.views import policy_preview
from handlers.slack.views.policy_preview import PreviewNote

_WHAT = {True: "your approval of the change", False: "your rejection of the change"}


async def press(desk: Desk, press: Press) -> None:
    """**Approve** or **Reject**, from the message, from Home's details or from a command's answer."""
    approve = press.action_id == ActionId.CHANGE_APPROVE
    payload = {"proposal": _number(press), "approve": approve}
    act = Act(ActKind.DECIDE_POLICIES, press.sender.chat_user, press.key, payload)
    outcome = await desk.services.inbox.perform(act, CLICK_PATIENCE)
    await home.answer(desk, press, await desk.sentence_of(outcome, _WHAT[approve]))


async def press_details(desk: Desk, press: Press) -> None:
    """The whole change with everything it would do, as its author saw it."""
    await show_when_ready(desk, press, policy_preview.WAITING, _details(desk, press.sender, _number(press)))


async def press_again(desk: Desk, press: Press) -> None:
    """What was overtaken, on top of what the others did: a draft of whoever asks."""
    await show_when_ready(desk, press, policy_preview.TITLE, _again(desk, press.sender, _number(press)))


async def _details(desk: Desk, sender: Sender, number: int) -> View:
    administration = desk.services.administration
    seat = await administration.admins.enter(sender.chat_user)
    proposal = await administration.proposing.one(number)
    if proposal.state is not ProposalState.WAITING:
        raise Refused(Refusal(Reason.CHANGE_CLOSED, detail=proposal.state.value))
    if proposal.based_on != seat.book.revision:
        raise Refused(Refusal(Reason.CHANGE_OUTDATED))
    preview = await administration.drafting.look(seat, _draft(seat, proposal))
    return policy_preview.waiting(preview, proposal)


async def _again(desk: Desk, sender: Sender, number: int) -> View:
    administration = desk.services.administration
    seat = await administration.admins.enter(sender.chat_user)
    proposal = await administration.proposing.one(number)
    base = await administration.drafting.book_at(proposal.based_on)
    draft = await administration.drafting.keep(seat, merge(base, proposal.book, seat.book), seat.book.revision)
    return policy_preview.build(await administration.drafting.look(seat, draft), PreviewNote(draft.id))


def _draft(seat: Seat, proposal: Proposal) -> Draft:
    return Draft(seat.person.id, proposal.book, proposal.based_on, proposal.at)


def _number(press: Press) -> int:
    try:
        return read_number(press.value)
    except ValueError:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN)) from None
