"""**Explain**: what the rules say about one person, one account and one permission set."""

from dataclasses import replace

from core.domain.errors import AccessError, NotFound
from core.services.queries.policy_explainer import Explanation
from handlers.flows.answers import FormAnswer, NextScreen
from handlers.flows.deadline import AnswerDeadline
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender, TypedCommand
from handlers.screens import explain_form
from handlers.screens.screen import Screen
from handlers.words import sentences

_TOO_SLOW = "AWS is not answering in time. Try again in a minute."


async def command(platform: Platform, command: TypedCommand, rest: str) -> None:
    """``policy explain USER ACCOUNT PERMISSION_SET``; with something missing, the form that asks for it."""
    words = rest.split()
    if len(words) < 3:
        await open_when_ready(platform, command.sender, "Explain", _form(platform, command.sender))
        return
    who, account, permission_set = words[0], " ".join(words[1:-1]), words[-1]
    admin = await platform.services.administration.admins.require(command.sender.chat_user)
    try:
        told = await _explain(platform, command, who, account, permission_set)
    except NotFound as unknown:
        await platform.privately(command.sender, str(unknown))
        return
    await platform.say(command.sender, explain_form.answer(told, approvals_on=admin.book.settings.approval_required))


async def press(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Explain", _form(platform, press.sender))


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Answer in the place of the form."""
    view = await AnswerDeadline().or_else(_answered(platform, submission), explain_form.failed(_TOO_SLOW))
    return NextScreen(view)


async def _answered(platform: Platform, submission: FormSubmission) -> Screen:
    admin = await platform.services.administration.admins.require(submission.sender.chat_user)
    asked = explain_form.parse(submission.filled)
    try:
        told = await platform.services.explainer.explain_ids(asked.user, asked.account, asked.permission_set)
    except NotFound as unknown:
        return explain_form.failed(str(unknown))
    except AccessError as error:
        return explain_form.failed(sentences.error(error))
    return explain_form.answer_screen(told, approvals_on=admin.book.settings.approval_required)


async def _form(platform: Platform, sender: Sender) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return explain_form.build()


async def _explain(
    platform: Platform, command: TypedCommand, who: str, account: str, permission_set: str
) -> Explanation:
    """``@ada`` is whom the platform says it is; anything else a user name or an address of Identity Center."""
    explaining = platform.services.explainer
    if not who.startswith("@") or not command.mentioned:
        return await explaining.explain(who, account, permission_set)
    chat_user = replace(command.sender.chat_user, user=command.mentioned[0])
    principal = await platform.services.identity.principal_of(chat_user)
    return await explaining.explain_principal(principal, account, permission_set)
