"""**Explain**: what the rules say about one person, one account and one permission set."""

import re
from dataclasses import replace

from core.domain.errors import AccessError, NotFound
from core.domain.people import Principal
from handlers.flows.answers import FormAnswer, NextScreen
from handlers.flows.deadline import AnswerDeadline
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender, TypedCommand
from handlers.screens import explain_form
from handlers.screens.screen import Screen
from handlers.words import sentences

_TOO_SLOW = "AWS is not answering in time. Try again in a minute."


async def command(platform: Platform, command: TypedCommand, rest: str) -> None:
    """``policy explain USER ACCOUNT PERMISSION_SET``; with something missing, the form that asks for the others."""
    mentioned = re.match(rf"(?:{command.mention})(?!\S)", rest) if command.mentioned else None
    who = mentioned[0] if mentioned else rest.partition(" ")[0]
    words = rest[len(who) :].split()
    if len(words) < 2:
        making = _form(platform, command, who, "".join(words))
        await open_when_ready(platform, command.sender, "Explain", making)
        return
    account, permission_set = " ".join(words[:-1]), words[-1]
    admin = await platform.services.administration.admins.require(command.sender.chat_user)
    try:
        principal = await _called(platform, command, who)
        told = await platform.services.explainer.explain_principal(principal, account, permission_set)
    except NotFound as unknown:
        await platform.privately(command.sender, str(unknown))
        return
    await platform.say(command.sender, explain_form.answer(told, approvals_on=admin.book.settings.approval_required))


async def press(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Explain", _blank(platform, press.sender))


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


async def _blank(platform: Platform, sender: Sender) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return explain_form.build()


async def _form(platform: Platform, command: TypedCommand, who: str, account: str) -> Screen:
    """The form with what was typed. A dialog that is made again knows nobody who was mentioned."""
    await platform.services.administration.admins.require(command.sender.chat_user)
    is_known = bool(who) and (bool(command.mentioned) or not who.startswith("@"))
    try:
        user = await _called(platform, command, who) if is_known else None
        return explain_form.build(user, await platform.services.explainer.account_called(account) if account else None)
    except NotFound as unknown:
        return explain_form.failed(str(unknown))


async def _called(platform: Platform, command: TypedCommand, who: str) -> Principal:
    """``@ada`` is whom the platform says it is; anything else a user name or an address of Identity Center."""
    if not who.startswith("@") or not command.mentioned:
        return await platform.services.explainer.user_called(who)
    chat_user = replace(command.sender.chat_user, user=command.mentioned[0])
    return await platform.services.identity.principal_of(chat_user)
