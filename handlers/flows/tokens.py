"""Tokens of the HTTP API: looked at, made and revoked by admins."""

from collections.abc import Mapping

from core.domain.errors import NotFound, Reason, Refused
from handlers.flows.answers import FieldErrors, FormAnswer, NextScreen
from handlers.flows.opening import open_when_ready, refused, show_when_ready
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender
from handlers.screens import tokens as view
from handlers.screens.ids import InputId
from handlers.screens.numbers import number_or, read_number
from handlers.screens.screen import Screen
from handlers.words import sentences

_FIELDS: Mapping[Reason, InputId] = {
    Reason.TOKEN_NAME_UNUSABLE: InputId.TOKEN_NAME,
    Reason.TOKEN_NAME_TAKEN: InputId.TOKEN_NAME,
    Reason.TOO_MANY_TOKENS: InputId.TOKEN_NAME,
    Reason.TOKEN_WITHOUT_SCOPE: InputId.TOKEN_SCOPES,
    Reason.TOKEN_WITHOUT_END: InputId.TOKEN_LIFE,
}


async def open_list(platform: Platform, sender: Sender) -> None:
    """The command ``tokens``."""
    await open_when_ready(platform, sender, view.TITLE, _list(platform, sender, 0))


async def press_list(platform: Platform, press: ButtonPress) -> None:
    """From a page on."""
    start = number_or(press.value, 0)
    await show_when_ready(platform, press, view.TITLE, _list(platform, press.sender, start))


async def press_new(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, view.TITLE, _form(platform, press.sender))


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Make it, and show it once. What is wrong is shown on its field, and nothing typed is lost."""
    typed = view.parse(submission.filled)
    tokens = platform.services.administration.tokens
    if not tokens.address:
        return NextScreen(refused(view.TITLE, view.OFF))
    try:
        new = await tokens.make(submission.sender.chat_user, typed.name, typed.scopes, typed.life)
    except Refused as no:
        if {each.reason for each in no.refusals} <= _FIELDS.keys():
            return FieldErrors({_FIELDS[each.reason].value: sentences.refusal(each) for each in no.refusals})
        raise
    return NextScreen(view.made(new, tokens.address))


async def revoke(platform: Platform, press: ButtonPress) -> None:
    """At once: it only takes away."""
    try:
        number = read_number(press.value)
    except ValueError:
        raise NotFound from None
    await show_when_ready(platform, press, view.TITLE, _revoked(platform, press.sender, number))


async def _list(platform: Platform, sender: Sender, start: int) -> Screen:
    tokens = platform.services.administration.tokens
    known = await tokens.known(sender.chat_user)
    return view.build_list(known, tokens.address, platform.clock.now(), start)


async def _form(platform: Platform, sender: Sender) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return view.build_form() if platform.services.administration.tokens.address else refused(view.TITLE, view.OFF)


async def _revoked(platform: Platform, sender: Sender, number: int) -> Screen:
    return view.revoked(await platform.services.administration.tokens.revoke(sender.chat_user, number))
