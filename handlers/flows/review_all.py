"""Deciding on several requests of one submission: each by itself, as if its own button had been pressed (rule 13)."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.domain.approval import Verdict
from core.domain.commands import DecideRequest
from core.domain.errors import AccessError, NotFound, Reason, Refusal, Upstream
from core.domain.ids import show_request_id
from core.domain.outcome import InHand, Outcome, Result
from core.domain.request import Request, Shown
from core.domain.settings import Requirement
from handlers.flows import outcomes, waiting
from handlers.flows.answers import Closed, FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import refused
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender
from handlers.flows.review import LOOK_PATIENCE, PRESS_PATIENCE, known_press
from handlers.screens import request_note, review_all_form
from handlers.screens.ids import ActionId
from handlers.screens.request_buttons import read_all
from handlers.screens.review_form import ListPlace
from handlers.words import sentences

_DONE = frozenset({Result.APPROVED, Result.REJECTED, Result.COUNTED})
_WHAT = "your decision"

Came = Sequence[tuple[Shown, Outcome | InHand]]


async def press(platform: Platform, press: ButtonPress) -> None:
    """**Approve all** approves at once what one press may approve; else, and to reject, a form names them once more."""
    shown = read_all(press.value)
    if not shown:
        raise NotFound
    if press.action_id == ActionId.REJECT_ALL:
        await _open(platform, press, shown, Verdict.REJECT)
        return
    settings = await platform.services.form_options.settings()
    checks = await asyncio.gather(*(known_press(platform, press, each) for each in shown))
    at_once = not press.is_remade and all(check is None or check.counts_at_once for check in checks)
    if settings.approver_comment is Requirement.REQUIRED or not at_once:
        await _open(platform, press, shown, Verdict.APPROVE)
        return
    commands = _commands(press.sender, press.key, shown, Verdict.APPROVE, "")
    came = await platform.services.commands.perform_all(commands, PRESS_PATIENCE)
    sentence = await outcomes.sentence_of_all(platform, zip(shown, came, strict=True), _WHAT)
    await outcomes.answer(platform, press, sentence)


async def _open(platform: Platform, press: ButtonPress, shown: Sequence[Shown], verdict: Verdict) -> None:
    """Open the form about those that this person may decide on now; the others are named in it with the reason."""
    looks = await asyncio.gather(*(_look(platform, press, each, verdict) for each in shown))
    open_ones = [look for look in looks if isinstance(look, Request)]
    besides = "\n".join(look for look in looks if isinstance(look, str))
    if not open_ones:
        await outcomes.answer(platform, press, besides)
        return
    settings, back = await platform.services.form_options.settings(), waiting.place_of(press)
    if verdict is Verdict.REJECT:
        screen = review_all_form.build_reject(open_ones, besides, back)
    elif settings.approver_comment is Requirement.REQUIRED:
        screen = review_all_form.build_approve(open_ones, besides, back)
    else:
        screen = review_all_form.build_confirm(open_ones, besides, back)
    await platform.open(press.sender, screen)


async def _look(platform: Platform, press: ButtonPress, shown: Shown, verdict: Verdict) -> Request | str:
    """The request, or why it is not decided with the others."""
    check = await platform.services.decisions.check_press(shown.request_id, shown.digest, press.message)
    shown = shown if check is None else replace(shown, digest=check.digest)
    (command,) = _commands(press.sender, press.key, [shown], verdict, "-")
    number = show_request_id(shown.request_id)
    known = platform.services.request_queries.known
    try:
        try:
            looked = await asyncio.wait_for(platform.services.decisions.look(command), LOOK_PATIENCE)
        except (TimeoutError, Upstream):  # the form then holds what the card holds
            looked = await known(press.sender.chat_user, shown.request_id, shown.digest)
    except AccessError as error:
        return f"{number}: {sentences.error(error)}"
    if looked.is_over or looked.decided_at is not None:
        return f"{number}: {sentences.overtaken(looked, platform.clock.now())}"
    return looked


async def submit(
    platform: Platform, submission: FormSubmission, verdict: Verdict, *, needs_words: bool = True
) -> FormAnswer:
    """Take the words, and decide each with them."""
    deadline = AnswerDeadline()
    review = review_all_form.parse(submission.filled)
    if not review.shown:
        return NextScreen(refused("Request", sentences.NO_SUCH_REQUEST))
    if needs_words and not review.words:
        missing = Reason.REASON_MISSING if verdict is Verdict.REJECT else Reason.COMMENT_MISSING
        return wrong(review.input, sentences.refusal(Refusal(missing)))
    commands = _commands(submission.sender, submission.key, review.shown, verdict, review.words)
    outcome = await platform.services.commands.perform_all(commands, ACT_WITHIN)
    came = list(zip(review.shown, outcome, strict=True))
    if review.back is not None:
        shown_in_list = _shown_in_list(platform, submission.sender, review.back, came)
        platform.boundary.go_on("list", submission.sender, shown_in_list)
    if all(isinstance(each, Outcome) and each.result in _DONE for each in outcome):
        return Closed()
    said = outcomes.sentence_of_all(platform, came, _WHAT)
    return NextScreen(request_note.said(await deadline.or_else(said, _briefly(came))))


async def _shown_in_list(platform: Platform, sender: Sender, back: ListPlace, came: Came) -> None:
    """The list that the form was opened from shows what waits now."""
    sentence = await outcomes.sentence_of_all(platform, came, _WHAT)
    await waiting.answer(platform, sender.by_way_of(back.respond), back.page, sentence)


def _briefly(came: Came) -> str:
    """The short answer, when there is no time for more: it names those that were decided."""
    done = [shown for shown, each in came if isinstance(each, Outcome) and each.result in _DONE]
    others = [shown for shown, each in came if shown not in done]
    said = f"Decided: {_numbers(done)}." if done else ""
    return f"{said} Look at the card for the others: {_numbers(others)}.".strip()


def _numbers(several: Iterable[Shown]) -> str:
    return ", ".join(show_request_id(shown.request_id) for shown in several)


def _commands(
    sender: Sender, key: str, several: Sequence[Shown], verdict: Verdict, comment: str
) -> list[DecideRequest]:
    """A decision for each, with a key of its own: the same press delivered twice decides nothing twice."""
    return [
        DecideRequest(
            sender.chat_user,
            f"{key}:{shown}",
            request_id=shown.request_id,
            digest=shown.digest,
            verdict=verdict,
            comment=comment,
        )
        for shown in several
    ]
