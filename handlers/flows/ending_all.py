"""Withdrawing and ending several requests of one submission: each by itself, as if its own button had been pressed."""

import asyncio
from collections.abc import Sequence

from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import AccessError, NotFound, Reason, Refusal, Upstream
from core.domain.ids import show_request_id
from core.domain.outcome import InHand, Outcome
from core.domain.request import TRANSITIONS, Event, Request, Shown
from core.domain.settings import Requirement
from handlers.flows import outcomes
from handlers.flows.answers import FormAnswer, NextScreen, wrong
from handlers.flows.deadline import ACT_WITHIN, AnswerDeadline
from handlers.flows.ending import END, TITLE, WITHDRAWAL, is_own, needs_a_reason, others_of
from handlers.flows.opening import refused
from handlers.flows.platform import ButtonPress, FormSubmission, Platform, Sender
from handlers.flows.review import LOOK_PATIENCE, PRESS_PATIENCE
from handlers.screens import request_note, revoke_all_form
from handlers.screens.ids import InputId
from handlers.screens.request_buttons import read_all
from handlers.screens.screen import Screen
from handlers.words import sentences

Came = Sequence[tuple[Shown, Outcome | InHand]]


async def withdraw(platform: Platform, press: ButtonPress) -> None:
    """**Withdraw all**: those of one form that have not begun, at once."""
    shown = _shown(press)
    user = press.sender.chat_user
    commands = [CancelRequest(user, f"{press.key}:{one}", request_id=one.request_id, reason="") for one in shown]
    came = await platform.services.commands.perform_all(commands, PRESS_PATIENCE)
    sentence = await outcomes.sentence_of_all(platform, zip(shown, came, strict=True), WITHDRAWAL, user)
    await outcomes.answer(platform, press, sentence)


async def ask(platform: Platform, press: ButtonPress) -> None:
    """**End all** and **Revoke all** open a form about those that this person may end now.

    The others are named in it with the reason. If there is none to end, that is said, and no form opens.
    """
    looks = await asyncio.gather(*(_look(platform, press, each) for each in _shown(press)))
    found = [look for look in looks if not isinstance(look, str)]
    besides = "\n".join(look for look in looks if isinstance(look, str))
    if not found:
        await outcomes.answer(platform, press, besides)
        return
    requests, asked = [request for request, _ in found], found[0][1]
    own = all(is_own(one, press.sender) for one in requests)
    form = revoke_all_form.build(requests, asked, besides, own=own)
    if press.in_screen:
        await platform.exchange(press.screen_id, form)
    else:
        await platform.open(press.sender, form)


async def _look(platform: Platform, press: ButtonPress, shown: Shown) -> tuple[Request, Requirement] | str:
    """The request, and whether a reason is asked for; or why it is not ended with the others."""
    (command,) = _commands(press.sender, press.key, [shown], "")
    queries, number = platform.services.request_queries, show_request_id(shown.request_id)
    try:
        try:
            looked, asked = await asyncio.wait_for(platform.services.early_end.look(command), LOOK_PATIENCE)
        except (TimeoutError, Upstream):  # the form then shows what the card shows
            looked = await queries.known(press.sender.chat_user, shown.request_id, shown.digest)
            asked = Requirement.OPTIONAL
    except AccessError as error:
        return f"{number}: {sentences.error(error)}"
    if (looked.status, Event.REVOKE) not in TRANSITIONS:
        return f"{number}: {sentences.overtaken(looked, platform.clock.now())}"
    return looked, asked


async def submit(platform: Platform, submission: FormSubmission) -> FormAnswer:
    """End each, and say in the form what came of it; a reason that is missing is said on its field."""
    deadline = AnswerDeadline()
    filled, sender = revoke_all_form.parse(submission.filled), submission.sender
    if not filled.shown:
        return NextScreen(refused(TITLE, sentences.NO_SUCH_REQUEST))
    commands = _commands(sender, submission.key, filled.shown, filled.reason)
    outcome = await platform.services.commands.perform_all(commands, ACT_WITHIN)
    came = list(zip(filled.shown, outcome, strict=True))
    if any(map(needs_a_reason, outcome)):
        return await _ask_again(platform, sender, came, asks_why=filled.asks_why)
    briefly = request_note.said(outcomes.briefly_of_all(platform, came, END, sender.chat_user))
    return NextScreen(await deadline.or_else(_came(platform, sender, came), briefly))


async def _ask_again(platform: Platform, sender: Sender, came: Came, *, asks_why: bool) -> FormAnswer:
    """The field says what is missing. A form that was opened before a reason was required gets the field.

    It shows what lacks nothing but the reason: whatever else a form may name is not for everybody (rule 22).
    """
    if asks_why:
        return wrong(InputId.REASON.value, sentences.refusal(Refusal(Reason.REVOKE_REASON_MISSING)))
    lacking = [shown for shown, each in came if needs_a_reason(each)]
    others = [(shown, each) for shown, each in came if shown not in lacking]
    besides = await outcomes.sentence_of_all(platform, others, END, sender.chat_user)
    found = [await platform.services.request_queries.request(shown.request_id) for shown in lacking]
    requests = [one for one in found if one is not None]
    own = all(is_own(one, sender) for one in requests)
    return NextScreen(revoke_all_form.build(requests, Requirement.REQUIRED, besides, own=own))


async def _came(platform: Platform, sender: Sender, came: Came) -> Screen:
    """A line for each, and other access to the same targets with the buttons that end it (rule 18)."""
    sentence = await outcomes.sentence_of_all(platform, came, END, sender.chat_user)
    return request_note.said(sentence, await others_of(platform, sender, [each for _, each in came]))


def _shown(press: ButtonPress) -> tuple[Shown, ...]:
    shown = read_all(press.value)
    if not shown:
        raise NotFound
    return shown


def _commands(sender: Sender, key: str, several: Sequence[Shown], reason: str) -> list[RevokeAccess]:
    """One for each, with a key of its own: the same form delivered twice ends nothing twice."""
    return [
        RevokeAccess(sender.chat_user, f"{key}:{shown}", request_id=shown.request_id, reason=reason)
        for shown in several
    ]
