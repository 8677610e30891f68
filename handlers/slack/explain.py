"""**Explain**: what the rules say about one person, one account and one permission set."""

from typing import Any

from core.domain.errors import AccessError, NotFound
from core.domain.people import ChatUser
from core.services.queries.policy_explainer import Explanation
from handlers.screens import explain_form
from handlers.screens.screen import Screen
from handlers.slack.context import SlackContext
from handlers.slack.deadline import AnswerDeadline
from handlers.slack.drawing.render import render_view
from handlers.slack.modals import open_when_ready, show_when_ready
from handlers.slack.payloads import ButtonClick, Sender, SlashCommand, ViewSubmission
from handlers.words import sentences

_TOO_SLOW = "AWS is not answering in time. Try again in a minute."


async def command(slack: SlackContext, command: SlashCommand, rest: str) -> None:
    """``policy explain USER ACCOUNT PERMISSION_SET``; with something missing, the form that asks for it."""
    words = rest.split()
    if len(words) < 3:
        await open_when_ready(slack, command.sender, "Explain", _form(slack, command.sender))
        return
    who, account, permission_set = words[0], " ".join(words[1:-1]), words[-1]
    admin = await slack.services.administration.admins.require(command.sender.chat_user)
    try:
        told = await _explain(slack, command, who, account, permission_set)
    except NotFound as unknown:
        await slack.answers.privately(command.sender, str(unknown))
        return
    await slack.say(command.sender, explain_form.answer(told, approvals_on=admin.book.settings.approval_required))


async def press(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Explain", _form(slack, press.sender))


async def submit(slack: SlackContext, submission: ViewSubmission) -> dict[str, Any]:
    """Answer in the place of the form."""
    view = await AnswerDeadline().or_else(_answered(slack, submission), explain_form.failed(_TOO_SLOW))
    return {"response_action": "update", "view": render_view(view)}


async def _answered(slack: SlackContext, submission: ViewSubmission) -> Screen:
    admin = await slack.services.administration.admins.require(submission.sender.chat_user)
    asked = explain_form.parse(submission.filled)
    try:
        told = await slack.services.explainer.explain_ids(asked.user, asked.account, asked.permission_set)
    except NotFound as unknown:
        return explain_form.failed(str(unknown))
    except AccessError as error:
        return explain_form.failed(sentences.error(error))
    return explain_form.answer_view(told, approvals_on=admin.book.settings.approval_required)


async def _form(slack: SlackContext, sender: Sender) -> Screen:
    await slack.services.administration.admins.require(sender.chat_user)
    return explain_form.build()


async def _explain(
    slack: SlackContext, command: SlashCommand, who: str, account: str, permission_set: str
) -> Explanation:
    """``@ada`` is whom Slack says it is; anything else a user name or an address of Identity Center."""
    explaining = slack.services.explainer
    if not who.startswith("@") or not command.mentioned:
        return await explaining.explain(who, account, permission_set)
    chat_user = ChatUser(command.sender.chat_user.team, command.mentioned[0])
    principal = await slack.services.identity.principal_of(chat_user)
    return await explaining.explain_principal(principal, account, permission_set)
