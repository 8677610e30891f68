"""Asking: the form **Request access**, from the command to the answer."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import datetime

from core.domain.commands import SubmitRequest
from core.domain.errors import Field, NotFound
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.outcome import InHand, Result
from core.domain.people import ChatUser
from core.domain.request import Request, Shown, Status, extension_start
from core.ports import MessageRef
from handlers.flows.answers import FieldErrors, FormAnswer, NextScreen
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.opening import open_when_ready, refused
from handlers.flows.platform import (
    ButtonPress,
    FormSubmission,
    OptionsQuery,
    Platform,
    Sender,
    ShortcutUse,
    TypedCommand,
)
from handlers.screens import favourites, request_form, request_note
from handlers.screens.choices import account_choices, duration_choices, permission_set_choices
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice
from handlers.screens.screen import Screen
from handlers.words import sentences

CARD_LOOKS, CARD_LOOK_EVERY = 27, 0.03
"""The number of looks for the posted card, and the seconds between them."""
LINKED_WITHIN = 0.8
"""Seconds that are left for finding the address of a card."""


@dataclass(frozen=True, slots=True)
class WantedForm:
    """The values that the form is opened with; empty for an empty one."""

    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    filled: request_form.Prefill = field(default_factory=request_form.Prefill)


async def command(platform: Platform, command: TypedCommand) -> None:
    """``request``, alone or with what is wanted behind it."""
    await open_form(platform, command.sender, _shortcut(platform, command) if command.rest else None)


async def open_form(platform: Platform, sender: Sender, wanting: Awaitable[WantedForm] | None = None) -> None:
    """Open the form, or say why there is none for this person."""
    making = _first_screen(platform, sender, wanting or _known(WantedForm()))
    await open_when_ready(platform, sender, request_note.TITLE, making, "Looking up what you may ask for …")


async def ask_again(platform: Platform, press: ButtonPress) -> None:
    """Open the form with the values of an own request."""
    await open_form(platform, press.sender, _again(platform, press))


async def ask_for_favourite(platform: Platform, press: ButtonPress) -> None:
    """Open the form with a target that was asked for before, or starred."""
    target = favourites.read(press.value)
    if target is None:
        raise NotFound
    await open_form(platform, press.sender, _known(WantedForm(target.account, target.permission_set)))


async def extend(platform: Platform, press: ButtonPress) -> None:
    """Open the form for more of the access that an own request holds, beginning before that one ends."""
    await open_form(platform, press.sender, _more(platform, press))


async def about_message(platform: Platform, shortcut: ShortcutUse) -> None:
    """Open the form with somebody's message as the justification, and with its link."""
    justification = request_form.quoting(shortcut.quoted, shortcut.link)
    filled = WantedForm(filled=request_form.Prefill(justification=justification, quotes=bool(justification)))
    await open_form(platform, shortcut.sender, _known(filled))


async def _known(wanted: WantedForm) -> WantedForm:
    return wanted


async def _again(platform: Platform, press: ButtonPress) -> WantedForm:
    like = await _own(platform, press)
    return WantedForm(like.target.account, like.target.permission_set, request_form.like(like))


async def _more(platform: Platform, press: ButtonPress) -> WantedForm:
    like = await _own(platform, press)
    return WantedForm(like.target.account, like.target.permission_set, _prolonging(like, platform.clock.now()))


def _prolonging(like: Request, now: datetime) -> request_form.Prefill:
    filled = replace(request_form.like(like), extends=like)
    if like.status is not Status.ACTIVE:
        return filled
    return replace(filled, justification="", start_at=extension_start(like, now))


async def _own(platform: Platform, press: ButtonPress) -> Request:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    return await platform.services.request_queries.own_one(press.sender.chat_user, shown.request_id)


async def _shortcut(platform: Platform, command: TypedCommand) -> WantedForm:
    read = await platform.services.request_line.read(command.sender.chat_user, command.rest)
    filled = request_form.Prefill(
        duration=read.duration,
        justification=read.justification,
        not_understood=read.not_understood,
        alike=read.alike,
    )
    return WantedForm(read.account, read.permission_set, filled)


async def _first_screen(platform: Platform, sender: Sender, wanting: Awaitable[WantedForm]) -> Screen:
    choosing, user = platform.services.form_options, sender.chat_user
    wanted = await wanting
    await choosing.may_ask(user)
    preview = await choosing.preview(user, wanted.account, wanted.permission_set)
    state = request_form.FormState(
        key=sender.key,
        account=wanted.account if preview.account else None,
        permission_set=wanted.permission_set if preview.permission_set else None,
        extends=wanted.filled.extends.id if wanted.filled.extends else None,
        quotes=wanted.filled.quotes,
    )
    if state.target is not None and preview.eligibility is None:
        state = replace(state, account=None, permission_set=None)
        preview = await choosing.preview(user, None, None)
    return request_form.build(state, preview, wanted.filled, platform.clock.now())


async def choose(platform: Platform, press: ButtonPress) -> None:
    """An account or permission set was chosen: narrow the other, and show what applies."""
    screen_id = press.screen_id
    state = request_form.chosen(press.filled)
    changed = Field.ACCOUNT if press.action_id == ActionId.ACCOUNT else Field.PERMISSION_SET
    preview = await platform.services.form_options.preview(press.sender.chat_user, state.account, state.permission_set)
    if state.target is not None and preview.eligibility is None:
        state = state.emptied(changed)
        preview = await platform.services.form_options.preview(
            press.sender.chat_user, state.account, state.permission_set
        )
    filled = await _still_prolonging(platform, press.sender, state)
    form = request_form.build(state, preview, filled, platform.clock.now())
    both = state.target is not None  # a press that knew of one alone is older than this
    await platform.exchange(screen_id, form, seen=press.screen_version, insist=both)


async def _still_prolonging(
    platform: Platform, sender: Sender, state: request_form.FormState
) -> request_form.Prefill | None:
    """The values of the request that the form was opened to prolong, as long as it asks for the same."""
    if state.extends is None:
        return None
    like = await platform.services.request_queries.own_one(sender.chat_user, state.extends)
    return _prolonging(like, platform.clock.now()) if like.target == state.target else None


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Answer a type-ahead with what this person may ask for."""
    state, user = _state_of(lookup), lookup.sender.chat_user
    if lookup.action_id == ActionId.ACCOUNT:
        choices = await platform.services.form_options.accounts(user, lookup.typed, state.permission_set)
        return account_choices(choices)
    if lookup.action_id == ActionId.PERMISSION_SET:
        found = await platform.services.form_options.permission_sets(user, lookup.typed, state.account)
        return permission_set_choices(found)
    return duration_choices(await platform.services.form_options.durations(user, lookup.typed, state.target))


def _state_of(lookup: OptionsQuery) -> request_form.FormState:
    """The choice so far: the inputs say it, and where they are not sent along, the form's own note."""
    filled = lookup.filled
    return request_form.chosen(filled) if filled.answers else request_form.FormState.load(filled.memo)


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Judge a submitted form."""
    deadline = AnswerDeadline()
    form = request_form.parse(submission.filled)
    if form.problems:
        return FieldErrors(request_form.errors(form.problems, form.inputs))
    user = submission.sender.chat_user
    command = SubmitRequest(user, f"form:{form.key or submission.key}", access=form.access)
    outcome = await platform.services.commands.perform(command, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your request"))
    if outcome.result is Result.DECLINED:
        return FieldErrors(request_form.errors(outcome.refusals, form.inputs))
    if outcome.request_id is None:
        return _update(refused(request_note.TITLE, sentences.outcome(outcome, None, platform.clock.now())))
    sent = _sent(platform, user, outcome.request_id, deadline)
    return _update(await deadline.or_else(sent, request_note.sent_as(outcome.request_id)))


async def _sent(platform: Platform, reader: ChatUser, request_id: RequestId, deadline: AnswerDeadline) -> Screen:
    request = await platform.services.request_queries.request(request_id)
    if request is None:
        return refused(request_note.TITLE, sentences.NO_SUCH_REQUEST)
    deciders = await platform.services.request_queries.deciders(request)
    links = await platform.links_to(await _place(platform, request, reader, deadline), reader)
    waits_for = [*(deciders.groups or deciders.people), *deciders.personal]
    return request_note.sent(request, waits_for, links)


async def _place(platform: Platform, request: Request, reader: ChatUser, deadline: AnswerDeadline) -> MessageRef | None:
    """The address of the card: it is being posted at this moment, and waited for as long as there is time."""
    waits = request.status is Status.PENDING and bool(request.channels)
    for _ in range(CARD_LOOKS if waits else 0):
        place = await platform.services.request_queries.place(request.id, reader)
        if place is not None or deadline.left < LINKED_WITHIN:
            return place
        await asyncio.sleep(CARD_LOOK_EVERY)
    return None


def _update(view: Screen) -> FormAnswer:
    return NextScreen(view)
