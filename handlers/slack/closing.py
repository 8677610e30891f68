"""Closing by hand: ``close ID``, the button beside a warning, and the form behind both (rule 17)."""

from typing import Any

from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.ids import RequestId, read_request_id
from core.domain.outcome import InHand, Result
from core.domain.people import Persona
from core.domain.request import Request, Status
from core.ports import Command, CommandKind
from core.services.provisioning.manual_close import ONLY_FOR
from handlers.screens import close_form, request_note, review_form
from handlers.screens.ids import InputId
from handlers.screens.shown import Shown
from handlers.slack import home
from handlers.slack.context import SlackContext
from handlers.slack.deadline import ACT_WITHIN
from handlers.slack.drawing.render import render_view
from handlers.slack.modals import refused
from handlers.slack.payloads import ButtonClick, Sender, SlashCommand, ViewSubmission
from handlers.words import sentences

TITLE = "Close by hand"


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``close ID``."""
    if not command.rest:
        await slack.answers.privately(command.sender, sentences.which_request(slack.command, command.word))
        return
    request_id = read_request_id(command.rest.split(" ")[0])
    if request_id is None:
        raise NotFound
    problem = await _open(slack, command.sender, request_id)
    if problem:
        await slack.answers.privately(command.sender, problem)


async def press(slack: SlackContext, press: ButtonClick) -> None:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    problem = await _open(slack, press.sender, shown.request_id)
    if problem:
        await home.answer(slack, press, problem)


async def _open(slack: SlackContext, sender: Sender, request_id: RequestId) -> str:
    """Open the form; or what to say instead."""
    request = (await slack.services.request_queries.show(sender.chat_user, request_id)).card.request
    standing = await slack.services.request_queries.standing(sender.chat_user)
    if Persona.ADMIN not in standing.personas:
        raise Refused(Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR))
    if request.status is not Status.REVOKING:
        return _not_now(slack, request)
    await slack.screens.open(sender.trigger_id, close_form.build(request))
    return ""


async def submit(slack: SlackContext, submission: ViewSubmission) -> dict[str, Any]:
    """Close it; what is wrong with the reason is shown on its field."""
    shown = Shown.read(submission.view.get("private_metadata"))
    reason = review_form.parse(submission.filled).words
    if shown is None:
        return _said(sentences.NO_SUCH_REQUEST)
    payload = {"request_id": shown.request_id, "reason": reason}
    command = Command(CommandKind.CLOSE, submission.sender.chat_user, submission.key, payload)
    outcome = await slack.services.commands.perform(command, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return {"response_action": "update", "view": render_view(request_note.in_hand(outcome, title=TITLE))}
    if outcome.result is Result.DECLINED and outcome.refusals[0].reason is Reason.CLOSING_REASON_MISSING:
        return {"response_action": "errors", "errors": {InputId.REASON.value: sentences.refusals(outcome.refusals)}}
    request = await slack.services.request_queries.request(shown.request_id)
    if outcome.result is Result.TOO_LATE and request is not None:
        return _said(_not_now(slack, request))
    return _said(sentences.outcome(outcome, request, slack.clock.now()))


def _not_now(slack: SlackContext, request: Request) -> str:
    """Only a revocation that is under way can be closed by hand."""
    only = "Only access that is already being ended can be closed by hand."
    if request.status in {Status.SCHEDULED, Status.GRANTING, Status.ACTIVE}:
        return f"{only} Revoke it first."
    return f"{only} {sentences.overtaken(request, slack.clock.now())}"


def _said(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(refused(TITLE, sentence))}
