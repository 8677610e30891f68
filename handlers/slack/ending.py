"""Withdrawing and ending early: from buttons and from commands."""

from core.domain.errors import NotFound
from core.domain.ids import RequestId, read_request_id
from core.domain.outcome import InHand, Outcome
from core.domain.request import Request
from core.ports import Act, ActKind
from handlers import sentences
from handlers.slack import home
from handlers.slack.desk import Desk
from handlers.slack.payloads import Command, Press, Sender
from handlers.slack.review import CLICK_PATIENCE, is_refused, redraw
from handlers.slack.views import request_card
from handlers.slack.views.render import Message
from handlers.slack.views.shown import Shown

_WHAT = {ActKind.CANCEL: "the withdrawal", ActKind.REVOKE: "the end of this access"}
_MOST_WORDS = 1000


async def command(desk: Desk, command: Command, kind: ActKind) -> None:
    """``cancel ID`` and ``revoke ID [why]``."""
    typed, _, reason = command.rest.partition(" ")
    if not typed:
        await desk.answers.privately(command.sender, sentences.which_request(desk.command, command.word))
        return
    request_id = read_request_id(typed)
    if request_id is None:
        raise NotFound
    key = f"command:{command.sender.trigger_id}"
    outcome = await _perform(desk, command.sender, kind, request_id, key, reason.strip())
    sentence = await desk.sentence_of(outcome, _WHAT[kind], command.sender.chat_user)
    await desk.answers.privately(command.sender, sentence)
    await _name_others(desk, command.sender, outcome)


async def _name_others(desk: Desk, sender: Sender, outcome: Outcome | InHand) -> None:
    """What gives the same access and was not ended, with the buttons that end it (rule 18)."""
    named = outcome.others if isinstance(outcome, Outcome) else ()
    found = [await desk.services.history.request(other) for other in named]
    others = [other for other in found if other is not None]
    if others:
        blocks = request_card.rest(others, desk.clock.now(), own=_is_own(others[0], sender))
        await desk.say(sender, Message("The same person has more requests for this target.", blocks))


def _is_own(request: Request, sender: Sender) -> bool:
    """Told by the account that asked: whoever asked from another one reads *revoke*, which does the same."""
    return request.requester_chat == sender.chat_user


async def press(desk: Desk, press: Press, kind: ActKind) -> None:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    outcome = await _perform(desk, press.sender, kind, shown.request_id, press.key)
    await home.answer(desk, press, await desk.sentence_of(outcome, _WHAT[kind], press.sender.chat_user))
    await _name_others(desk, press.sender, outcome)
    if not is_refused(outcome):
        await redraw(desk, press, shown)


async def _perform(
    desk: Desk, sender: Sender, kind: ActKind, request_id: RequestId, key: str, reason: str = ""
) -> Outcome | InHand:
    payload = {"request_id": request_id, "reason": reason[:_MOST_WORDS]}
    return await desk.services.inbox.perform(Act(kind, sender.chat_user, key, payload), CLICK_PATIENCE)
