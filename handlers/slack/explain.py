"""**Explain**: what the rules say about one person, one account and one permission set."""

from typing import Any

from slack_sdk.models.views import View

from core.domain.errors import AccessError, NotFound
from core.domain.people import ChatUser
from core.services.explaining import Explanation
from handlers import sentences
from handlers.slack.deadline import Deadline
from handlers.slack.desk import Desk
from handlers.slack.opening import open_when_ready, show_when_ready
from handlers.slack.payloads import Command, Press, Sender, Submission
from handlers.slack.views import explain_form
from handlers.slack.views.render import render_view

_TOO_SLOW = "AWS is not answering in time. Try again in a minute."


async def command(desk: Desk, command: Command, rest: str) -> None:
    """``policy explain USER ACCOUNT PERMISSION_SET``; with something missing, the form that asks for it."""
    words = rest.split()
    if len(words) < 3:
        await open_when_ready(desk, command.sender, "Explain", _form(desk, command.sender))
        return
    who, account, permission_set = words[0], " ".join(words[1:-1]), words[-1]
    seat = await desk.services.administration.admins.enter(command.sender.chat_user)
    try:
        told = await _explain(desk, command, who, account, permission_set)
    except NotFound as unknown:
        await desk.answers.privately(command.sender, str(unknown))
        return
    await desk.say(command.sender, explain_form.answer(told, approvals_on=seat.book.settings.approval_required))


async def press(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Explain", _form(desk, press.sender))


async def submit(desk: Desk, submission: Submission) -> dict[str, Any]:
    """Answer in the place of the form."""
    view = await Deadline().or_else(_answered(desk, submission), explain_form.failed(_TOO_SLOW))
    return {"response_action": "update", "view": render_view(view)}


async def _answered(desk: Desk, submission: Submission) -> View:
    seat = await desk.services.administration.admins.enter(submission.sender.chat_user)
    asked = explain_form.parse(submission.view)
    try:
        told = await desk.services.explaining.explain_ids(asked.user, asked.account, asked.permission_set)
    except NotFound as unknown:
        return explain_form.failed(str(unknown))
    except AccessError as error:
        return explain_form.failed(sentences.error(error))
    return explain_form.answer_view(told, approvals_on=seat.book.settings.approval_required)


async def _form(desk: Desk, sender: Sender) -> View:
    await desk.services.administration.admins.enter(sender.chat_user)
    return explain_form.build()


async def _explain(desk: Desk, command: Command, who: str, account: str, permission_set: str) -> Explanation:
    """``@ada`` is whom Slack says it is; anything else a user name or an address of Identity Center."""
    explaining = desk.services.explaining
    if not who.startswith("@") or not command.mentioned:
        return await explaining.explain(who, account, permission_set)
    chat_user = ChatUser(command.sender.chat_user.team, command.mentioned[0])
    principal = await desk.services.identity.principal_of(chat_user)
    return await explaining.explain_principal(principal, account, permission_set)
