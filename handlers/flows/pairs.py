"""Accounts that wait for a release: looked at and released by admins, one by one or together (rule 1)."""

from collections.abc import Sequence

from core.domain.errors import Conflict, NotFound
from core.domain.pairing import Pairing, fingerprint
from core.domain.request import Actor
from handlers.flows.answers import FormAnswer, NextScreen, wrong
from handlers.flows.opening import show_when_ready
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender
from handlers.screens import pairs as view
from handlers.screens.ids import InputId
from handlers.screens.numbers import number_or
from handlers.screens.screen import Screen
from handlers.words.counts import counted

CHANGED = "The list has changed since it was shown. Close this, and open it again."
NO_REASON = "Say how you made sure who they are. It's kept in the audit trail."


async def press_list(platform: Platform, press: ButtonPress) -> None:
    """From a page on."""
    await show_when_ready(platform, press, view.TITLE, _list(platform, press.sender, number_or(press.value, 0)))


async def press_release(platform: Platform, press: ButtonPress) -> None:
    """Ask for the reason, for one or for all that are sure."""
    wanted = view.PairsToRelease.read(press.value)
    if wanted is None:
        raise NotFound
    await show_when_ready(platform, press, view.TITLE, _form(platform, press.sender, wanted))


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """Release what was shown; nothing when that has changed since."""
    admin = await platform.services.administration.admins.require(submission.sender.chat_user)
    wanted, why = view.PairsToRelease.read(submission.filled.memo), view.read_reason(submission.filled)
    if not why:
        return _error(NO_REASON)
    waiting = await platform.services.administration.pair_release.waiting()
    if wanted is None:
        return _error(CHANGED)
    if wanted.account is None:
        return _all(platform, submission.sender, admin.actor, wanted, waiting, why)
    return await _one(platform, admin.actor, wanted, waiting, why)


async def _one(
    platform: Platform, actor: Actor, wanted: view.PairsToRelease, waiting: Sequence[Pairing], why: str
) -> FormAnswer:
    for pairing in waiting:
        if pairing.pin.chat_user == wanted.account and pairing.leads_to == wanted.leads_to:
            try:
                await platform.services.administration.pair_release.release(pairing, actor, why)
            except Conflict:
                break
            return _update(f"{pairing.pin.chat_user.user} can act again.")
    return _error(CHANGED)


def _all(
    platform: Platform, sender: Sender, actor: Actor, wanted: view.PairsToRelease, waiting: Sequence[Pairing], why: str
) -> FormAnswer:
    """In the background: hundreds take longer than a form may wait."""
    sure = [each for each in waiting if each.is_sure]
    if not sure or fingerprint(sure) != wanted.shown:
        return _error(CHANGED)
    releasing = platform.services.administration.pair_release

    async def release() -> None:
        await releasing.release_all(sure, actor, why)

    platform.boundary.take("release", sender, release())
    said = f"{counted(len(sure), 'account is', 'accounts are')} being released."
    return _update(f"{said} Each gets a message, and the audit channel a line.")


async def _list(platform: Platform, sender: Sender, start: int) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return view.build_list(await platform.services.administration.pair_release.waiting(), start)


async def _form(platform: Platform, sender: Sender, wanted: view.PairsToRelease) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return view.build_form(wanted, await platform.services.administration.pair_release.waiting())


def _error(sentence: str) -> FormAnswer:
    return wrong(InputId.REASON.value, sentence)


def _update(sentence: str) -> FormAnswer:
    return NextScreen(view.said(sentence))
