"""Closing by hand: ``close ID``, the button beside a warning, and the form behind both (rule 17)."""

from core.domain.commands import CloseRequest
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.ids import RequestId, read_request_id
from core.domain.outcome import InHand, Result
from core.domain.people import Persona
from core.domain.request import Request, Shown, Status, is_being_taken_away
from core.services.provisioning.manual_close import ONLY_FOR
from handlers.flows import outcomes
from handlers.flows.answers import FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN
from handlers.flows.opening import refused
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender, TypedCommand
from handlers.screens import close_form, request_note, review_form
from handlers.screens.ids import InputId
from handlers.words import sentences

TITLE = "Close by hand"


async def command(platform: Platform, command: TypedCommand) -> None:
    """``close ID``."""
    if not command.rest:
        await platform.privately(command.sender, sentences.which_request(platform.command, command.word))
        return
    request_id = read_request_id(command.rest.split(" ")[0])
    if request_id is None:
        raise NotFound
    problem = await _open(platform, command.sender, request_id)
    if problem:
        await platform.privately(command.sender, problem)


async def press(platform: Platform, press: ButtonPress) -> None:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    problem = await _open(platform, press.sender, shown.request_id)
    if problem:
        await outcomes.answer(platform, press, problem)


async def _open(platform: Platform, sender: Sender, request_id: RequestId) -> str:
    """Open the form; or what to say instead."""
    request = (await platform.services.request_queries.show(sender.chat_user, request_id)).card.request
    standing = await platform.services.request_queries.standing(sender.chat_user)
    if Persona.ADMIN not in standing.personas:
        raise Refused(Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR))
    if not is_being_taken_away(request):
        return _not_now(platform, request)
    await platform.open(sender, close_form.build(request))
    return ""


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Close it; what is wrong with the reason is shown on its field."""
    shown = Shown.read(submission.filled.memo)
    reason = review_form.parse(submission.filled).words
    if shown is None:
        return _said(sentences.NO_SUCH_REQUEST)
    sender = submission.sender.chat_user
    command = CloseRequest(sender, submission.key, request_id=shown.request_id, reason=reason)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return NextScreen(request_note.in_hand(outcome, title=TITLE))
    if outcome.result is Result.DECLINED and outcome.refusals[0].reason is Reason.CLOSING_REASON_MISSING:
        return wrong(InputId.REASON.value, sentences.refusals(outcome.refusals))
    request = await platform.services.request_queries.request(shown.request_id)
    if outcome.result is Result.TOO_LATE and request is not None:
        return _said(_not_now(platform, request))
    return _said(sentences.outcome(outcome, request, platform.clock.now()))


def _not_now(platform: Platform, request: Request) -> str:
    """Only what is being taken away can be closed by hand."""
    only = "Only access that is already being ended can be closed by hand."
    if request.status in {Status.SCHEDULED, Status.GRANTING, Status.ACTIVE}:
        return f"{only} Revoke it first."
    return f"{only} {sentences.overtaken(request, platform.clock.now())}"


def _said(sentence: str) -> FormAnswer:
    return NextScreen(refused(TITLE, sentence))
