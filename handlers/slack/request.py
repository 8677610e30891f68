"""Asking: the form **Request access**, from the command to the answer."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

from core.domain.errors import Field, NotFound
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.outcome import InHand, Result
from core.domain.people import ChatUser
from core.domain.request import Request, Status, extension_start
from core.ports import Command, CommandKind, MessageRef
from handlers.screens import request_form, request_note
from handlers.screens.choices import account_choices, duration_choices, permission_set_choices
from handlers.screens.ids import ActionId
from handlers.screens.screen import Screen
from handlers.screens.shown import Shown
from handlers.slack.context import SlackContext
from handlers.slack.deadline import ACT_WITHIN, AnswerDeadline
from handlers.slack.drawing.render import render_options, render_view
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.modals import open_when_ready, refused
from handlers.slack.payloads import ButtonClick, OptionsQuery, Sender, SlashCommand, ViewSubmission
from handlers.words import sentences

CARD_LOOKS, CARD_LOOK_EVERY = 8, 0.1
"""How often, and every how many seconds, it is looked whether the card stands already."""
LINKED_WITHIN = 0.8
"""Seconds that are left for finding the address of a card."""


@dataclass(frozen=True, slots=True)
class WantedForm:
    """What the form is opened with; empty for an empty one."""

    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    filled: request_form.Prefill = field(default_factory=request_form.Prefill)


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``request``, alone or with what is wanted behind it."""
    await open_form(slack, command.sender, _shortcut(slack, command) if command.rest else None)


async def open_form(slack: SlackContext, sender: Sender, wanting: Awaitable[WantedForm] | None = None) -> None:
    """Open the form, or say why there is none for this person."""
    making = _first_view(slack, sender, wanting or _nothing_yet())
    await open_when_ready(slack, sender, request_note.TITLE, making, "Looking up what you may ask for …")


async def ask_again(slack: SlackContext, press: ButtonClick) -> None:
    """Open the form with the values of an own request."""
    await open_form(slack, press.sender, _again(slack, press))


async def extend(slack: SlackContext, press: ButtonClick) -> None:
    """Open the form for more of the access that an own request holds, beginning before that one ends."""
    await open_form(slack, press.sender, _more(slack, press))


async def _nothing_yet() -> WantedForm:
    return WantedForm()


async def _again(slack: SlackContext, press: ButtonClick) -> WantedForm:
    like = await _own(slack, press)
    return WantedForm(like.target.account, like.target.permission_set, request_form.like(like))


async def _more(slack: SlackContext, press: ButtonClick) -> WantedForm:
    like, now = await _own(slack, press), slack.clock.now()
    if like.status is not Status.ACTIVE:
        return WantedForm(
            like.target.account, like.target.permission_set, replace(request_form.like(like), extends=like)
        )
    filled = replace(request_form.like(like), justification="", start_at=extension_start(like, now), extends=like)
    return WantedForm(like.target.account, like.target.permission_set, filled)


async def _own(slack: SlackContext, press: ButtonClick) -> Request:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    return await slack.services.request_queries.own_one(press.sender.chat_user, shown.request_id)


async def _shortcut(slack: SlackContext, command: SlashCommand) -> WantedForm:
    read = await slack.services.request_line.read(command.sender.chat_user, command.rest)
    filled = request_form.Prefill(
        duration=read.duration,
        justification=read.justification,
        not_understood=read.not_understood,
        alike=read.alike,
    )
    return WantedForm(read.account, read.permission_set, filled)


async def _first_view(slack: SlackContext, sender: Sender, wanting: Awaitable[WantedForm]) -> Screen:
    choosing, user = slack.services.form_options, sender.chat_user
    wanted = await wanting
    await choosing.may_ask(user)
    preview = await choosing.preview(user, wanted.account, wanted.permission_set)
    state = request_form.FormState(
        key=sender.trigger_id,
        account=wanted.account if preview.account else None,
        permission_set=wanted.permission_set if preview.permission_set else None,
    )
    if state.target is not None and preview.eligibility is None:
        state = replace(state, account=None, permission_set=None)
        preview = await choosing.preview(user, None, None)
    return request_form.build(state, preview, wanted.filled, slack.clock.now())


async def choose(slack: SlackContext, press: ButtonClick) -> None:
    """An account or permission set was chosen: narrow the other, and show what applies."""
    view = press.view
    if view is None or not view.get("id"):  # the form is a modal: such a choice comes from nothing of ours
        raise NotFound
    state = request_form.chosen(press.filled)
    changed = Field.ACCOUNT if press.action_id == ActionId.ACCOUNT else Field.PERMISSION_SET
    preview = await slack.services.form_options.preview(press.sender.chat_user, state.account, state.permission_set)
    if state.target is not None and preview.eligibility is None:
        state = state.emptied(changed)
        preview = await slack.services.form_options.preview(press.sender.chat_user, state.account, state.permission_set)
    form = request_form.build(state, preview, now=slack.clock.now())
    both = state.target is not None  # a press that knew of one alone is older than this
    await slack.screens.exchange(press.view_id, form, seen_hash=str(view.get("hash") or "") or None, insist=both)


async def look_up(slack: SlackContext, lookup: OptionsQuery) -> list[dict[str, Any]]:
    """Answer a type-ahead with what this person may ask for."""
    state, user = _state_of(lookup), lookup.sender.chat_user
    if lookup.action_id == ActionId.ACCOUNT:
        choices = await slack.services.form_options.accounts(user, lookup.typed, state.permission_set)
        return render_options(account_choices(choices))
    if lookup.action_id == ActionId.PERMISSION_SET:
        found = await slack.services.form_options.permission_sets(user, lookup.typed, state.account)
        return render_options(permission_set_choices(found))
    return render_options(
        duration_choices(await slack.services.form_options.durations(user, lookup.typed, state.target))
    )


def _state_of(lookup: OptionsQuery) -> request_form.FormState:
    """What is chosen so far: the inputs say it, and where they are not sent along, the form's own note."""
    filled = lookup.filled
    return request_form.chosen(filled) if filled.answers else request_form.FormState.load(filled.memo)


async def submit(slack: SlackContext, submission: ViewSubmission) -> dict[str, Any]:
    """Judge a submitted form; returns what Slack is answered: errors on their fields, or the next view."""
    deadline = AnswerDeadline()
    form = request_form.parse(submission.filled)
    if form.problems:
        return {"response_action": "errors", "errors": request_form.errors(form.problems, form.inputs)}
    user = submission.sender.chat_user
    command = Command(CommandKind.SUBMIT, user, f"form:{form.key or submission.key}", form.payload())
    outcome = await slack.services.commands.perform(command, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your request"))
    if outcome.result is Result.DECLINED:
        return {"response_action": "errors", "errors": request_form.errors(outcome.refusals, form.inputs)}
    if outcome.request_id is None:
        return _update(refused(request_note.TITLE, sentences.outcome(outcome, None, slack.clock.now())))
    sent = _sent(slack, user, outcome.request_id, deadline)
    return _update(await deadline.or_else(sent, request_note.sent_as(outcome.request_id)))


async def _sent(slack: SlackContext, reader: ChatUser, request_id: RequestId, deadline: AnswerDeadline) -> Screen:
    request = await slack.services.request_queries.request(request_id)
    if request is None:
        return refused(request_note.TITLE, sentences.NO_SUCH_REQUEST)
    deciders = await slack.services.request_queries.deciders(request)
    links = await slack.links_to(await _place(slack, request, deadline), reader)
    waits_for = [*(deciders.groups or deciders.people), *deciders.personal]
    return request_note.sent(request, waits_for, links)


async def _place(slack: SlackContext, request: Request, deadline: AnswerDeadline) -> MessageRef | None:
    """Where the card stands: it is posted in this very moment, and waited for as long as there is time."""
    waits = request.status is Status.PENDING and bool(request.channels)
    for _ in range(CARD_LOOKS if waits else 0):
        place = await slack.services.request_queries.place(request.id)
        if place is not None or deadline.left < LINKED_WITHIN:
            return place
        await asyncio.sleep(CARD_LOOK_EVERY)
    return None


def _update(view: AnyView) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(view)}
