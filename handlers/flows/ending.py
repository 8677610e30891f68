"""Withdrawing and ending early: from buttons, the form behind some of them, and commands."""

import asyncio
from collections.abc import Sequence

from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import NotFound, Reason, Refusal, Refused, Upstream
from core.domain.ids import read_request_id
from core.domain.outcome import InHand, Outcome
from core.domain.request import TRANSITIONS, Event, Request, Shown
from core.domain.settings import Requirement
from handlers.flows import outcomes
from handlers.flows.answers import FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import refused
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender, TypedCommand
from handlers.flows.review import LOOK_PATIENCE, PRESS_PATIENCE, is_refused, redraw
from handlers.screens import request_card, request_note, revoke_form
from handlers.screens.ids import InputId
from handlers.screens.parts import Part
from handlers.screens.screen import Screen, message
from handlers.words import ending_words, sentences

WITHDRAWAL, END = "the withdrawal", "the end of this access"
TITLE = "Request"


async def cancel(platform: Platform, command: TypedCommand) -> None:
    """``cancel ID [why]``."""
    await _end(platform, command, CancelRequest, WITHDRAWAL)


async def revoke(platform: Platform, command: TypedCommand) -> None:
    """``revoke ID [why]``."""
    await _end(platform, command, RevokeAccess, END)


async def _end(
    platform: Platform, command: TypedCommand, kind: type[CancelRequest] | type[RevokeAccess], what: str
) -> None:
    typed, _, reason = command.rest.partition(" ")
    if not typed:
        await platform.privately(command.sender, sentences.which_request(platform.command, command.word))
        return
    request_id = read_request_id(typed)
    if request_id is None:
        raise NotFound
    key, why = f"command:{command.sender.key}", reason.strip()[: revoke_form.LONGEST]
    ended = kind(command.sender.chat_user, key, request_id=request_id, reason=why)
    outcome = await platform.services.commands.perform(ended, PRESS_PATIENCE)
    sentence = await outcomes.sentence_of(platform, outcome, what, command.sender.chat_user)
    if needs_a_reason(outcome):
        sentence = f"{sentence} {ending_words.where_to_say_why(platform.command, request_id)}"
    await platform.privately(command.sender, sentence)
    others = await others_of(platform, command.sender, [outcome])
    if others:
        await platform.say(command.sender, message("The same person has more requests for this target.", others))


async def press(platform: Platform, press: ButtonPress) -> None:
    """**Withdraw**: done at once."""
    shown = _shown(press)
    command = CancelRequest(press.sender.chat_user, press.key, request_id=shown.request_id, reason="")
    outcome = await platform.services.commands.perform(command, PRESS_PATIENCE)
    sentence = await outcomes.sentence_of(platform, outcome, WITHDRAWAL, press.sender.chat_user)
    await outcomes.answer(platform, press, sentence)
    if not is_refused(outcome):
        await redraw(platform, press, shown)


async def ask(platform: Platform, press: ButtonPress) -> None:
    """**Revoke** and **End now** open a form. Who may not, or is late, is told before anything is typed."""
    shown = _shown(press)
    try:
        request, asked = await _looked(platform, press, shown)
    except (Refused, NotFound) as error:
        await outcomes.answer(platform, press, sentences.error(error))
        return
    if (request.status, Event.REVOKE) not in TRANSITIONS:
        await outcomes.answer(platform, press, sentences.overtaken(request, platform.clock.now()))
        await redraw(platform, press, shown)
        return
    form = revoke_form.build(request, asked, own=is_own(request, press.sender), card=press.message)
    if press.in_screen:
        await platform.exchange(press.screen_id, form)
    else:
        await platform.open(press.sender, form)


async def _looked(platform: Platform, press: ButtonPress, shown: Shown) -> tuple[Request, Requirement]:
    """The request, and whether a reason is asked for. While AWS is away the form shows what the card shows."""
    command = RevokeAccess(press.sender.chat_user, press.key, request_id=shown.request_id, reason="")
    try:
        return await asyncio.wait_for(platform.services.early_end.look(command), LOOK_PATIENCE)
    except (TimeoutError, Upstream):
        known = await platform.services.request_queries.known(press.sender.chat_user, shown.request_id, shown.digest)
        return known, Requirement.OPTIONAL


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """End it, and say in the form what came of it; a reason that is missing is said on its field."""
    deadline = AnswerDeadline()
    filled, sender = revoke_form.parse(submission.filled), submission.sender
    if filled.shown is None:
        return _update(refused(TITLE, sentences.NO_SUCH_REQUEST))
    reason = filled.reason[: revoke_form.LONGEST]
    command = RevokeAccess(sender.chat_user, submission.key, request_id=filled.shown.request_id, reason=reason)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, END, title=TITLE))
    if needs_a_reason(outcome):
        return await _ask_again(platform, submission, filled)
    if filled.card is not None and not is_refused(outcome):
        redrawn = platform.services.dispatcher.redraw(filled.shown.request_id, filled.card, sender.chat_user)
        platform.boundary.go_on("card", sender, redrawn)
    briefly = request_note.said(sentences.outcome(outcome, None, platform.clock.now(), sender.chat_user))
    return _update(await deadline.or_else(_came(platform, sender, outcome), briefly))


async def _ask_again(platform: Platform, submission: FormSubmission, filled: revoke_form.Ending) -> FormAnswer:
    """The field says what is missing. A form that was opened before a reason was required gets the field."""
    if filled.asks_why:
        missing = sentences.refusal(Refusal(Reason.REVOKE_REASON_MISSING))
        return wrong(InputId.REASON.value, missing)
    request = await platform.services.request_queries.request(filled.shown.request_id) if filled.shown else None
    if request is None:
        return _update(refused(TITLE, sentences.NO_SUCH_REQUEST))
    own = is_own(request, submission.sender)
    return _update(revoke_form.build(request, Requirement.REQUIRED, own=own, card=filled.card))


async def _came(platform: Platform, sender: Sender, outcome: Outcome) -> Screen:
    """The outcome, and other access to the same target with the buttons that end it (rule 18)."""
    sentence = await outcomes.sentence_of(platform, outcome, END, sender.chat_user)
    return request_note.said(sentence, await others_of(platform, sender, [outcome]))


async def others_of(platform: Platform, sender: Sender, came: Sequence[Outcome | InHand]) -> list[Part]:
    """Other access to the same targets, with the buttons that end it."""
    named = dict.fromkeys(other for each in came if isinstance(each, Outcome) for other in each.others)
    found = [await platform.services.request_queries.request(other) for other in named]
    others = [other for other in found if other is not None]
    return request_card.rest(others, platform.clock.now(), own=is_own(others[0], sender)) if others else []


def needs_a_reason(outcome: Outcome | InHand) -> bool:
    """True if nothing was ended because settings ask for a reason."""
    refusals = outcome.refusals if isinstance(outcome, Outcome) else ()
    return any(refusal.reason is Reason.REVOKE_REASON_MISSING for refusal in refusals)


def is_own(request: Request, sender: Sender) -> bool:
    """Told by the account that asked: whoever asked from another one reads *revoke*, which does the same."""
    return request.requester_chat == sender.chat_user


def _shown(press: ButtonPress) -> Shown:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    return shown


def _update(view: Screen) -> FormAnswer:
    return NextScreen(view)
