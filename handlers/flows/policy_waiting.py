"""Changes of policies that wait for a second admin: looked at whole, approved or rejected by one click."""

import asyncio

from core.domain.commands import DecidePolicies
from core.domain.errors import Reason, Refusal, Refused
from core.domain.policy_merge import merge
from core.ports import Draft, Proposal, ProposalState
from core.services.policies.admin_gate import AdminContext
from handlers.flows import outcomes
from handlers.flows.opening import show_when_ready
from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.flows.review import KNOWN_LOOK_EVERY, KNOWN_LOOKS, PRESS_PATIENCE
from handlers.screens import policy_preview
from handlers.screens.ids import ActionId
from handlers.screens.numbers import read_number
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.screen import Screen

_WHAT = {True: "your approval of the change", False: "your rejection of the change"}


async def press(platform: Platform, press: ButtonPress) -> None:
    """**Approve** or **Reject**, from the message, from Home's details or from a command's answer.

    Approved in a message that is not known to be ours, the change is shown first: what stands there may be another one.
    """
    approve, number = press.action_id == ActionId.CHANGE_APPROVE, _number(press)
    if approve and (press.is_remade or not await _is_shown_by_us(platform, press, number)):
        await press_details(platform, press)
        return
    command = DecidePolicies(press.sender.chat_user, press.key, proposal=number, approve=approve)
    outcome = await platform.services.commands.perform(command, PRESS_PATIENCE)
    await outcomes.answer(platform, press, await outcomes.sentence_of(platform, outcome, _WHAT[approve]))


async def _is_shown_by_us(platform: Platform, press: ButtonPress, number: int) -> bool:
    """A message that is pressed the moment it is posted is noted a moment later: look again."""
    if press.message is None:
        return True
    proposals = platform.services.administration.proposals
    for _ in range(KNOWN_LOOKS):
        if await proposals.is_asked_in(number, press.message):
            return True
        await asyncio.sleep(KNOWN_LOOK_EVERY)
    return False


async def press_details(platform: Platform, press: ButtonPress) -> None:
    """The whole change with everything it would do, as its author saw it."""
    await show_when_ready(platform, press, policy_preview.WAITING, _details(platform, press.sender, _number(press)))


async def press_again(platform: Platform, press: ButtonPress) -> None:
    """An overtaken change, on top of what the others did: a draft of the person who asks."""
    await show_when_ready(platform, press, policy_preview.TITLE, _again(platform, press.sender, _number(press)))


async def _details(platform: Platform, sender: Sender, number: int) -> Screen:
    administration = platform.services.administration
    admin = await administration.admins.require(sender.chat_user)
    proposal = await administration.proposals.one(number)
    if proposal.state is not ProposalState.WAITING:
        raise Refused(Refusal(Reason.CHANGE_CLOSED, detail=proposal.state.value))
    if proposal.based_on != admin.book.revision:
        raise Refused(Refusal(Reason.CHANGE_OUTDATED))
    preview = await administration.drafts.look(admin, _draft(admin, proposal))
    return policy_preview.waiting(preview, proposal)


async def _again(platform: Platform, sender: Sender, number: int) -> Screen:
    administration = platform.services.administration
    admin = await administration.admins.require(sender.chat_user)
    proposal = await administration.proposals.one(number)
    base = await administration.drafts.book_at(proposal.based_on)
    draft = await administration.drafts.keep(admin, merge(base, proposal.book, admin.book), admin.book.revision)
    return policy_preview.build(await administration.drafts.look(admin, draft), PreviewNote(draft.id))


def _draft(admin: AdminContext, proposal: Proposal) -> Draft:
    return Draft(admin.person.id, proposal.book, proposal.based_on, proposal.at)


def _number(press: ButtonPress) -> int:
    try:
        return read_number(press.value)
    except ValueError:
        raise Refused(Refusal(Reason.DRAFT_FORGOTTEN)) from None
