"""Accounts that wait for a release: looked at and released by admins, one by one or together (rule 1)."""

from collections.abc import Sequence
from typing import Any

from core.domain.errors import Conflict, NotFound
from core.domain.pairing import Pairing, fingerprint
from core.domain.request import Actor
from handlers.screens import pairs as view
from handlers.screens.numbers import number_or
from handlers.screens.screen import Screen
from handlers.slack.desk import Desk
from handlers.slack.ids import BlockId
from handlers.slack.opening import show_when_ready
from handlers.slack.payloads import Press, Sender, Submission
from handlers.slack.views.render import render_view

CHANGED = "This is not what was shown any more. Close this, and open the list again."
NO_REASON = "Say how you made sure who they are. It stands in the audit trail."


async def press_list(desk: Desk, press: Press) -> None:
    """From a page on."""
    await show_when_ready(desk, press, view.TITLE, _list(desk, press.sender, number_or(press.value, 0)))


async def press_release(desk: Desk, press: Press) -> None:
    """Ask for the reason, for one or for all that are sure."""
    wanted = view.Wanted.read(press.value)
    if wanted is None:
        raise NotFound
    await show_when_ready(desk, press, view.TITLE, _form(desk, press.sender, wanted))


async def submit(desk: Desk, submission: Submission) -> dict[str, Any]:
    """Release what was shown; nothing when that has changed since."""
    seat = await desk.services.administration.admins.enter(submission.sender.chat_user)
    wanted, why = view.Wanted.read(submission.view.get("private_metadata")), view.read_reason(submission.filled)
    if not why:
        return _error(NO_REASON)
    waiting = await desk.services.administration.releasing.waiting()
    if wanted is None:
        return _error(CHANGED)
    if wanted.account is None:
        return _all(desk, submission.sender, seat.actor, wanted, waiting, why)
    return await _one(desk, seat.actor, wanted, waiting, why)


async def _one(desk: Desk, actor: Actor, wanted: view.Wanted, waiting: Sequence[Pairing], why: str) -> dict[str, Any]:
    for pairing in waiting:
        if pairing.pin.chat_user == wanted.account and pairing.leads_to == wanted.leads_to:
            try:
                await desk.services.administration.releasing.release(pairing, actor, why)
            except Conflict:
                break
            return _update(f"{pairing.pin.chat_user.user} may act again.")
    return _error(CHANGED)


def _all(
    desk: Desk, sender: Sender, actor: Actor, wanted: view.Wanted, waiting: Sequence[Pairing], why: str
) -> dict[str, Any]:
    """In the background: hundreds take longer than a form may wait."""
    sure = [each for each in waiting if each.is_sure]
    if not sure or fingerprint(sure) != wanted.shown:
        return _error(CHANGED)
    releasing = desk.services.administration.releasing

    async def release() -> None:
        await releasing.release_all(sure, actor, why)

    desk.boundary.take("release", sender, release())
    return _update(f"{len(sure)} accounts are being released. Each gets a message, and the audit channel a line.")


async def _list(desk: Desk, sender: Sender, start: int) -> Screen:
    await desk.services.administration.admins.enter(sender.chat_user)
    return view.build_list(await desk.services.administration.releasing.waiting(), start)


async def _form(desk: Desk, sender: Sender, wanted: view.Wanted) -> Screen:
    await desk.services.administration.admins.enter(sender.chat_user)
    return view.build_form(wanted, await desk.services.administration.releasing.waiting())


def _error(sentence: str) -> dict[str, Any]:
    return {"response_action": "errors", "errors": {BlockId.REASON.value: sentence}}


def _update(sentence: str) -> dict[str, Any]:
    return {"response_action": "update", "view": render_view(view.said(sentence))}
