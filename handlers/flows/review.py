"""Deciding: Approve and Reject on a card, and the forms behind them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from core.domain.approval import Verdict
from core.domain.commands import DecideRequest
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.outcome import InHand, Outcome, Result
from core.domain.request import Request, Shown
from core.domain.settings import Requirement
from core.services.queries.form_options import duration_choices
from core.services.requests.decide import PressCheck
from handlers.flows import outcomes, waiting
from handlers.flows.answers import Closed, FieldErrors, FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import refused
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, Platform, Sender
from handlers.screens import choices, request_note, review_form
from handlers.screens.ids import ActionId, InputId
from handlers.screens.inputs import Choice
from handlers.screens.review_form import ListPlace, ReviewOrigin
from handlers.screens.screen import Screen
from handlers.words import sentences

PRESS_PATIENCE = timedelta(seconds=8)
"""Patience after a click: when it takes longer, the answer says that it is saved."""
KNOWN_LOOKS, KNOWN_LOOK_EVERY = 8, 0.1
"""The number of looks for the pressed message among ours, and the seconds between them."""
LOOK_PATIENCE = 1.2
"""Seconds for the check before a form opens; the check that counts is made when it is sent."""


async def press(platform: Platform, press: ButtonPress) -> None:
    """Approve at once, or open the form that asks for the words that are needed."""
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    verdict = Verdict.REJECT if press.action_id == ActionId.REJECT else Verdict.APPROVE
    settings = await platform.services.form_options.settings()
    if verdict is Verdict.REJECT or press.action_id == ActionId.SHORTEN:
        check = await platform.services.decisions.check_press(shown.request_id, shown.digest, press.message)
        shown = replace(shown, digest=check.digest) if check is not None else shown
    if press.action_id == ActionId.SHORTEN:
        await _open(platform, press, shown, partial(review_form.build_shorten, rule=settings.approver_comment))
        return
    if verdict is Verdict.REJECT or settings.approver_comment is Requirement.REQUIRED:
        await _open(
            platform, press, shown, review_form.build_reject if verdict is Verdict.REJECT else review_form.build_approve
        )
        return
    check = await known_press(platform, press, shown)
    if press.is_remade or (check is not None and not check.counts_at_once):
        shown = shown if check is None else replace(shown, digest=check.digest)
        await _open(platform, press, shown, review_form.build_confirm)
        return
    command = _command(press.sender, press.key, shown, verdict, "")
    outcome = await platform.services.commands.perform(command, PRESS_PATIENCE)
    await outcomes.answer(platform, press, await _sentence(platform, shown, outcome))
    if not is_refused(outcome):
        await redraw(platform, press, shown)


async def known_press(platform: Platform, press: ButtonPress, shown: Shown) -> PressCheck | None:
    """The check of a press. A card that is pressed the moment it is posted is noted a moment later: look again."""
    look = partial(platform.services.decisions.check_press, shown.request_id, shown.digest, press.message)
    check = await look()
    for _ in range(KNOWN_LOOKS):
        if check is None or check.is_ours or check.digest != shown.digest or check.quorum > 1:
            break
        await asyncio.sleep(KNOWN_LOOK_EVERY)
        check = await look()
    return check


async def _open(
    platform: Platform, press: ButtonPress, shown: Shown, build: Callable[[Request, ListPlace | None], Screen]
) -> None:
    """Open a form; somebody who may not decide is told so before typing."""
    verdict = Verdict.REJECT if press.action_id == ActionId.REJECT else Verdict.APPROVE
    command = _command(press.sender, press.key, shown, verdict, "-")
    try:
        looked = await asyncio.wait_for(platform.services.decisions.look(command), LOOK_PATIENCE)
    except TimeoutError:  # the form then holds what the card holds
        looked = await platform.services.request_queries.known(press.sender.chat_user, shown.request_id, shown.digest)
    except Refused as error:
        await outcomes.answer(platform, press, await _who_may(platform, shown, error.refusals))
        return
    if looked.is_over or looked.decided_at is not None:
        await outcomes.answer(platform, press, sentences.overtaken(looked, platform.clock.now()))
        await redraw(platform, press, shown)
        return
    await platform.open(press.sender, build(looked, waiting.place_of(press)))


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Offer the lengths that are less than what was asked for."""
    origin = ReviewOrigin.read(lookup.filled.memo)
    if origin is None:
        return []
    shown = origin.shown
    request = await platform.services.request_queries.known(lookup.sender.chat_user, shown.request_id, shown.digest)
    offered = duration_choices(request.duration, lookup.typed)
    shorter = [choice for choice in offered if choice.length != request.duration]
    return choices.duration_choices(shorter)


async def submit_shorter(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Approve for the length that was chosen; what is wrong with it stands on its field."""
    deadline = AnswerDeadline()
    review = review_form.parse(submission.filled)
    if review.origin is None:
        return _update(sentences.NO_SUCH_REQUEST)
    if review.allowed is None:
        is_chosen = bool(submission.filled.chosen(InputId.ALLOWED))
        reason = Reason.DURATION_UNREADABLE if is_chosen else Reason.NOTHING_CHOSEN
        return wrong(InputId.ALLOWED.value, sentences.refusal(Refusal(reason)))
    shown = review.origin.shown
    command = _command(submission.sender, submission.key, shown, Verdict.APPROVE, review.words, review.allowed)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    errors = _on_fields(outcome.refusals, review.input) if isinstance(outcome, Outcome) else {}
    if errors:
        return FieldErrors(errors)
    return await _after(platform, submission.sender, review.origin, outcome, deadline)


def _on_fields(refusals: tuple[Refusal, ...], words: str) -> dict[str, str]:
    """The refusals that can be mended in the form, by the input they belong to."""
    inputs = {
        Reason.DURATION_TOO_SHORT: InputId.ALLOWED.value,
        Reason.LONGER_THAN_ASKED: InputId.ALLOWED.value,
        Reason.COMMENT_MISSING: words,
    }
    return {inputs[each.reason]: sentences.refusal(each) for each in refusals if each.reason in inputs}


async def submit(
    platform: Platform, submission: FormSubmission, verdict: Verdict, *, needs_words: bool = True
) -> FormAnswer:
    """Take the words and decide."""
    deadline = AnswerDeadline()
    review = review_form.parse(submission.filled)
    if review.origin is None:
        return _update(sentences.NO_SUCH_REQUEST)
    if needs_words and not review.words:
        missing = Reason.REASON_MISSING if verdict is Verdict.REJECT else Reason.COMMENT_MISSING
        return wrong(review.input, sentences.refusal(Refusal(missing)))
    command = _command(submission.sender, submission.key, review.origin.shown, verdict, review.words)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    return await _after(platform, submission.sender, review.origin, outcome, deadline)


async def _after(
    platform: Platform, sender: Sender, origin: ReviewOrigin, outcome: Outcome | InHand, deadline: AnswerDeadline
) -> FormAnswer:
    """Close the form when it did what it was for; else say in it what came of it."""
    if isinstance(outcome, InHand):
        return NextScreen(request_note.in_hand(outcome, "your decision", title="Request"))
    if outcome.result in {Result.APPROVED, Result.REJECTED, Result.COUNTED}:
        if origin.back is not None:
            platform.boundary.go_on("list", sender, _shown_in_list(platform, sender, origin.back, outcome))
        return Closed()
    briefly = sentences.outcome(outcome, None, platform.clock.now())
    return _update(await deadline.or_else(_sentence(platform, origin.shown, outcome), briefly))


async def _shown_in_list(platform: Platform, sender: Sender, back: ListPlace, outcome: Outcome) -> None:
    """The list that the form was opened from shows what waits now."""
    sentence = await outcomes.sentence_of(platform, outcome, "your decision")
    await waiting.answer(platform, sender.by_way_of(back.respond), back.page, sentence)


async def _sentence(platform: Platform, shown: Shown, outcome: Outcome | InHand) -> str:
    if isinstance(outcome, Outcome) and outcome.result is Result.DECLINED:
        return await _who_may(platform, shown, outcome.refusals)
    return await outcomes.sentence_of(platform, outcome, "your approval")


async def _who_may(platform: Platform, shown: Shown, refusals: tuple[Refusal, ...]) -> str:
    """The refusal; and for whoever may not decide: who may."""
    sentence = sentences.refusals(refusals)
    if not {refusal.reason for refusal in refusals} & {Reason.NOT_AN_APPROVER, Reason.OWN_REQUEST}:
        return sentence
    request = await platform.services.request_queries.request(shown.request_id)
    if request is None:
        return sentence
    deciders = await platform.services.request_queries.deciders(request)
    needed = sentences.who_decides(deciders.people, deciders.groups, deciders.quorum, deciders.personal)
    return f"{sentence} It needs {needed}."


def is_refused(outcome: Outcome | InHand) -> bool:
    """True if nothing came of a press: then the card that was pressed has nothing new to show either."""
    return isinstance(outcome, Outcome) and outcome.result in {Result.DECLINED, Result.NOT_FOUND, Result.BROKEN}


async def redraw(platform: Platform, press: ButtonPress, shown: Shown) -> None:
    """The card that was clicked may be one that nobody keeps any more: it shows what is so, too."""
    if press.message is not None:
        await platform.services.dispatcher.redraw(shown.request_id, press.message, press.sender.chat_user)


def _command(
    sender: Sender, key: str, shown: Shown, verdict: Verdict, comment: str, allowed: timedelta | None = None
) -> DecideRequest:
    return DecideRequest(
        sender.chat_user,
        key,
        request_id=shown.request_id,
        digest=shown.digest,
        verdict=verdict,
        comment=comment,
        allowed=allowed,
    )


def _update(sentence: str) -> FormAnswer:
    return NextScreen(refused("Request", sentence))
