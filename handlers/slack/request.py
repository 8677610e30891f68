"""Asking: the form **Request access**, from the command to the answer."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

from slack_sdk.models.views import View

from core.domain.errors import Field, NotFound
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.outcome import InHand, Result
from core.domain.people import ChatUser
from core.domain.request import Request, Status, extension_start
from core.ports import Act, ActKind, MessageRef
from handlers import sentences
from handlers.screens import request_note
from handlers.screens.screen import Screen
from handlers.screens.shown import Shown
from handlers.slack.deadline import ACT_WITHIN, Deadline
from handlers.slack.desk import Desk
from handlers.slack.drawing.surfaces import AnyView
from handlers.slack.ids import ActionId
from handlers.slack.opening import open_when_ready, refused
from handlers.slack.payloads import Command, Lookup, Press, Sender, Submission
from handlers.slack.views import request_form
from handlers.slack.views.option import account_options, duration_options, permission_set_options
from handlers.slack.views.render import render_options, render_view

CARD_LOOKS, CARD_LOOK_EVERY = 8, 0.1
"""How often, and every how many seconds, it is looked whether the card stands already."""
LINKED_WITHIN = 0.8
"""Seconds that are left for finding the address of a card."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form is opened with; empty for an empty one."""

    account: AccountId | None = None
    permission_set: PermissionSetArn | None = None
    filled: request_form.Prefill = field(default_factory=request_form.Prefill)


async def command(desk: Desk, command: Command) -> None:
    """``request``, alone or with what is wanted behind it."""
    await open_form(desk, command.sender, _shortcut(desk, command) if command.rest else None)


async def open_form(desk: Desk, sender: Sender, wanting: Awaitable[Wanted] | None = None) -> None:
    """Open the form, or say why there is none for this person."""
    making = _first_view(desk, sender, wanting or _nothing_yet())
    await open_when_ready(desk, sender, request_note.TITLE, making, "Looking up what you may ask for …")


async def ask_again(desk: Desk, press: Press) -> None:
    """Open the form with the values of an own request."""
    await open_form(desk, press.sender, _again(desk, press))


async def extend(desk: Desk, press: Press) -> None:
    """Open the form for more of the access that an own request holds, beginning before that one ends."""
    await open_form(desk, press.sender, _more(desk, press))


async def _nothing_yet() -> Wanted:
    return Wanted()


async def _again(desk: Desk, press: Press) -> Wanted:
    like = await _own(desk, press)
    return Wanted(like.target.account, like.target.permission_set, request_form.like(like))


async def _more(desk: Desk, press: Press) -> Wanted:
    like, now = await _own(desk, press), desk.clock.now()
    if like.status is not Status.ACTIVE:
        return Wanted(like.target.account, like.target.permission_set, replace(request_form.like(like), extends=like))
    filled = replace(request_form.like(like), justification="", start_at=extension_start(like, now), extends=like)
    return Wanted(like.target.account, like.target.permission_set, filled)


async def _own(desk: Desk, press: Press) -> Request:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    return await desk.services.history.own_one(press.sender.chat_user, shown.request_id)


async def _shortcut(desk: Desk, command: Command) -> Wanted:
    read = await desk.services.shortcuts.read(command.sender.chat_user, command.rest)
    filled = request_form.Prefill(
        duration=read.duration,
        justification=read.justification,
        not_understood=read.not_understood,
        alike=read.alike,
    )
    return Wanted(read.account, read.permission_set, filled)


async def _first_view(desk: Desk, sender: Sender, wanting: Awaitable[Wanted]) -> View:
    choosing, user = desk.services.choosing, sender.chat_user
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
    return request_form.build(state, preview, wanted.filled, desk.clock.now())


async def choose(desk: Desk, press: Press) -> None:
    """An account or permission set was chosen: narrow the other, and show what applies."""
    view = press.view
    if view is None or not view.get("id"):  # the form is a modal: such a choice comes from nothing of ours
        raise NotFound
    state = request_form.chosen(view)
    changed = Field.ACCOUNT if press.action_id == ActionId.ACCOUNT else Field.PERMISSION_SET
    preview = await desk.services.choosing.preview(press.sender.chat_user, state.account, state.permission_set)
    if state.target is not None and preview.eligibility is None:
        state = state.emptied(changed)
        preview = await desk.services.choosing.preview(press.sender.chat_user, state.account, state.permission_set)
    form = request_form.build(state, preview, now=desk.clock.now())
    both = state.target is not None  # a press that knew of one alone is older than this
    await desk.screens.exchange(press.view_id, form, seen_hash=str(view.get("hash") or "") or None, insist=both)


async def look_up(desk: Desk, lookup: Lookup) -> list[dict[str, Any]]:
    """Answer a type-ahead with what this person may ask for."""
    state, user = _state_of(lookup), lookup.sender.chat_user
    if lookup.action_id == ActionId.ACCOUNT:
        choices = await desk.services.choosing.accounts(user, lookup.typed, state.permission_set)
        return render_options(account_options(choices))
    if lookup.action_id == ActionId.PERMISSION_SET:
        found = await desk.services.choosing.permission_sets(user, lookup.typed, state.account)
        return render_options(permission_set_options(found))
    return render_options(duration_options(await desk.services.choosing.durations(user, lookup.typed, state.target)))


def _state_of(lookup: Lookup) -> request_form.FormState:
    """What is chosen so far: the inputs say it, and where they are not sent along, the form's own note."""
    inputs = (lookup.view.get("state") or {}).get("values")
    if inputs:
        return request_form.chosen(lookup.view)
    return request_form.FormState.load(str(lookup.view.get("private_metadata") or ""))


async def submit(desk: Desk, submission: Submission) -> dict[str, Any]:
    """Judge a submitted form; returns what Slack is answered: errors on their fields, or the next view."""
    deadline = Deadline()
    form = request_form.parse(submission.view)
    if form.problems:
        return {"response_action": "errors", "errors": request_form.errors(form.problems, form.blocks)}
    user = submission.sender.chat_user
    act = Act(ActKind.SUBMIT, user, f"form:{form.key or submission.key}", form.payload())
    outcome = await desk.services.inbox.perform(act, ACT_WITHIN)
    if isinstance(outcome, InHand):
        return _update(request_note.in_hand(outcome, "your request"))
    if outcome.result is Result.DECLINED:
        return {"response_action": "errors", "errors": request_form.errors(outcome.refusals, form.blocks)}
    if outcome.request_id is None:
        return _update(refused(request_note.TITLE, sentences.outcome(outcome, None, desk.clock.now())))
    sent = _sent(desk, user, outcome.request_id, deadline)
    return _update(await deadline.or_else(sent, request_note.sent_as(outcome.request_id)))


async def _sent(desk: Desk, reader: ChatUser, request_id: RequestId, deadline: Deadline) -> Screen:
    request = await desk.services.history.request(request_id)
    if request is None:
        return refused(request_note.TITLE, sentences.NO_SUCH_REQUEST)
    deciders = await desk.services.history.deciders(request)
    links = await desk.links_to(await _place(desk, request, deadline), reader)
    waits_for = [*(deciders.groups or deciders.people), *deciders.personal]
    return request_note.sent(request, waits_for, links)


async def _place(desk: Desk, request: Request, deadline: Deadline) -> MessageRef | None:
    """Where the card stands: it is posted in this very moment, and waited for as long as there is time."""
    waits = request.status is Status.PENDING and bool(request.channels)
    for _ in range(CARD_LOOKS if waits else 0):
        place = await desk.services.history.place(request.id)
        if place is not None or deadline.left < LINKED_WITHIN:
            return place
        await asyncio.sleep(CARD_LOOK_EVERY)
    return None


def _update(view: AnyView) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(view)}
