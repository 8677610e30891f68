"""Deciding: Approve and Reject on a card, and the forms behind them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from core.domain.approval import Verdict
from core.domain.durations import MINUTE
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.outcome import InHand, Outcome, Result
from core.domain.policy import Requirement
from core.domain.request import Request
from core.ports import Act, ActKind
from core.services.choosing import duration_choices
from core.services.deciding import Pressed
from handlers import sentences
from handlers.screens import request_note, review_form
from handlers.screens.review_form import ListPlace, Origin
from handlers.screens.screen import Screen
from handlers.screens.shown import Shown
from handlers.slack import home, waiting
from handlers.slack.deadline import ACT_WITHIN, Deadline
from handlers.slack.desk import Desk
from handlers.slack.ids import ActionId, BlockId
from handlers.slack.opening import refused
from handlers.slack.payloads import Lookup, Press, Sender, Submission
from handlers.slack.views.option import duration_options
from handlers.slack.views.render import render_options, render_view

CLICK_PATIENCE = timedelta(seconds=8)
"""After a click nobody waits at a screen; when it takes longer, "in hand" is said."""
KNOWN_LOOKS, KNOWN_LOOK_EVERY = 8, 0.1
"""How often, and every how many seconds, it is looked whether the message that was pressed is one of ours."""
LOOK_PATIENCE = 1.2
"""Seconds for the check before a form opens; the check that counts is made when it is sent."""


async def press(desk: Desk, press: Press) -> None:
    """Approve at once, or open the form that asks for the words that are needed."""
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    verdict = Verdict.REJECT if press.action_id == ActionId.REJECT else Verdict.APPROVE
    settings = await desk.services.choosing.settings()
    if verdict is Verdict.REJECT or press.action_id == ActionId.SHORTEN:
        pressed = await desk.services.deciding.pressed(shown.request_id, shown.digest, press.message)
        shown = replace(shown, digest=pressed.digest) if pressed is not None else shown
    if press.action_id == ActionId.SHORTEN:
        await _open(desk, press, shown, partial(review_form.build_shorten, rule=settings.approver_comment))
        return
    if verdict is Verdict.REJECT or settings.approver_comment is Requirement.REQUIRED:
        await _open(
            desk, press, shown, review_form.build_reject if verdict is Verdict.REJECT else review_form.build_approve
        )
        return
    pressed = await _known(desk, press, shown)
    if pressed is not None and not pressed.counts_at_once:
        await _open(desk, press, replace(shown, digest=pressed.digest), review_form.build_confirm)
        return
    act = _act(press.sender, press.key, shown, verdict, "")
    outcome = await desk.services.inbox.perform(act, CLICK_PATIENCE)
    await home.answer(desk, press, await _sentence(desk, shown, outcome))
    if not is_refused(outcome):
        await redraw(desk, press, shown)


async def _known(desk: Desk, press: Press, shown: Shown) -> Pressed | None:
    """Where a press comes from. A card that was pressed the moment it was posted is noted a moment later."""
    look = partial(desk.services.deciding.pressed, shown.request_id, shown.digest, press.message)
    pressed = await look()
    for _ in range(KNOWN_LOOKS):
        if pressed is None or pressed.is_ours or pressed.digest != shown.digest or pressed.quorum > 1:
            break
        await asyncio.sleep(KNOWN_LOOK_EVERY)
        pressed = await look()
    return pressed


async def _open(desk: Desk, press: Press, shown: Shown, build: Callable[[Request, ListPlace | None], Screen]) -> None:
    """Who may not decide is told so before anything is typed."""
    verdict = Verdict.REJECT if press.action_id == ActionId.REJECT else Verdict.APPROVE
    act = _act(press.sender, press.key, shown, verdict, "-")
    try:
        looked = await asyncio.wait_for(desk.services.deciding.look(act), LOOK_PATIENCE)
    except TimeoutError:  # the form then holds what the card holds
        looked = await desk.services.history.known(press.sender.chat_user, shown.request_id, shown.digest)
    except Refused as error:
        await home.answer(desk, press, await _who_may(desk, shown, error.refusals))
        return
    if looked.is_over or looked.decided_at is not None:
        await home.answer(desk, press, sentences.overtaken(looked, desk.clock.now()))
        await redraw(desk, press, shown)
        return
    await desk.screens.open(press.sender.trigger_id, build(looked, waiting.place_of(press)))


async def look_up(desk: Desk, lookup: Lookup) -> list[dict[str, Any]]:
    """Offer the lengths that are less than what was asked for."""
    origin = Origin.read(lookup.view.get("private_metadata"))
    if origin is None:
        return []
    shown = origin.shown
    request = await desk.services.history.known(lookup.sender.chat_user, shown.request_id, shown.digest)
    choices = duration_choices(request.duration, lookup.typed)
    return render_options(duration_options([choice for choice in choices if choice.length != request.duration]))


async def submit_shorter(desk: Desk, submission: Submission) -> dict[str, Any]:
    """Approve for the length that was chosen; what is wrong with it stands on its field."""
    deadline = Deadline()
    review = review_form.parse(submission.filled)
    if review.origin is None:
        return _update(sentences.NO_SUCH_REQUEST)
    if review.allowed is None:
        unreadable = sentences.refusal(Refusal(Reason.DURATION_UNREADABLE))
        return {"response_action": "errors", "errors": {BlockId.ALLOWED.value: unreadable}}
    shown = review.origin.shown
    act = _act(submission.sender, submission.key, shown, Verdict.APPROVE, review.words, review.allowed)
    outcome = await desk.services.inbox.perform(act, ACT_WITHIN)
    errors = _on_fields(outcome.refusals, review.input) if isinstance(outcome, Outcome) else {}
    if errors:
        return {"response_action": "errors", "errors": errors}
    return await _after(desk, submission.sender, review.origin, outcome, deadline)


def _on_fields(refusals: tuple[Refusal, ...], words: str) -> dict[str, str]:
    """The refusals that can be mended in the form, by the block they belong to."""
    blocks = {
        Reason.DURATION_TOO_SHORT: BlockId.ALLOWED.value,
        Reason.LONGER_THAN_ASKED: BlockId.ALLOWED.value,
        Reason.COMMENT_MISSING: words,
    }
    return {blocks[each.reason]: sentences.refusal(each) for each in refusals if each.reason in blocks}


async def submit(desk: Desk, submission: Submission, verdict: Verdict, *, needs_words: bool = True) -> dict[str, Any]:
    """Take the words and decide; returns what Slack is answered."""
    deadline = Deadline()
    review = review_form.parse(submission.filled)
    if review.origin is None:
        return _update(sentences.NO_SUCH_REQUEST)
    if needs_words and not review.words:
        missing = Reason.REASON_MISSING if verdict is Verdict.REJECT else Reason.COMMENT_MISSING
        return {"response_action": "errors", "errors": {review.input: sentences.refusal(Refusal(missing))}}
    act = _act(submission.sender, submission.key, review.origin.shown, verdict, review.words)
    outcome = await desk.services.inbox.perform(act, ACT_WITHIN)
    return await _after(desk, submission.sender, review.origin, outcome, deadline)


async def _after(
    desk: Desk, sender: Sender, origin: Origin, outcome: Outcome | InHand, deadline: Deadline
) -> dict[str, Any]:
    """Close the form when it did what it was for; else say in it what came of it."""
    if isinstance(outcome, InHand):
        in_hand = request_note.in_hand(outcome, "your decision", title="Request")
        return {"response_action": "update", "view": render_view(in_hand)}
    if outcome.result in {Result.APPROVED, Result.REJECTED, Result.COUNTED}:
        if origin.back is not None:
            desk.boundary.go_on("list", sender, _shown_in_list(desk, sender, origin.back, outcome))
        return {}
    briefly = sentences.outcome(outcome, None, desk.clock.now())
    return _update(await deadline.or_else(_sentence(desk, origin.shown, outcome), briefly))


async def _shown_in_list(desk: Desk, sender: Sender, back: ListPlace, outcome: Outcome) -> None:
    """The list that the form was opened from shows what waits now."""
    sentence = await desk.sentence_of(outcome, "your decision")
    await waiting.answer(desk, replace(sender, response_url=back.respond), back.page, sentence)


async def _sentence(desk: Desk, shown: Shown, outcome: Outcome | InHand) -> str:
    if isinstance(outcome, Outcome) and outcome.result is Result.DECLINED:
        return await _who_may(desk, shown, outcome.refusals)
    return await desk.sentence_of(outcome, "your approval")


async def _who_may(desk: Desk, shown: Shown, refusals: tuple[Refusal, ...]) -> str:
    """The refusal; and for whoever may not decide: who may."""
    sentence = sentences.refusals(refusals)
    if not {refusal.reason for refusal in refusals} & {Reason.NOT_AN_APPROVER, Reason.OWN_REQUEST}:
        return sentence
    request = await desk.services.history.request(shown.request_id)
    if request is None:
        return sentence
    deciders = await desk.services.history.deciders(request)
    needed = sentences.who_decides(deciders.people, deciders.groups, deciders.quorum, deciders.personal)
    return f"{sentence} It needs {needed}."


def is_refused(outcome: Outcome | InHand) -> bool:
    """Whether nothing came of a press: then the card that was pressed has nothing new to show either."""
    return isinstance(outcome, Outcome) and outcome.result in {Result.DECLINED, Result.NOT_FOUND, Result.BROKEN}


async def redraw(desk: Desk, press: Press, shown: Shown) -> None:
    """The card that was clicked may be one that nobody keeps any more: it shows what is so, too."""
    if press.message is not None:
        await desk.services.delivering.redraw(shown.request_id, press.message, press.sender.chat_user)


def _act(
    sender: Sender, key: str, shown: Shown, verdict: Verdict, comment: str, allowed: timedelta | None = None
) -> Act:
    payload: dict[str, object] = {
        "request_id": shown.request_id,
        "digest": shown.digest,
        "verdict": verdict.value,
        "comment": comment,
    }
    if allowed is not None:
        payload["minutes"] = round(allowed / MINUTE)
    return Act(ActKind.DECIDE, sender.chat_user, key, payload)


def _update(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(refused("Request", sentence))}
