"""Session activity: the command ``logs``, the button in a request's details and in its thread, the pages.

The source takes seconds to minutes. So a person sees at once that it is being read, and then what was found, in the
same place.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.ids import RequestId, read_request_id
from handlers.screens import activity
from handlers.screens.activity import Place
from handlers.screens.shown import Shown
from handlers.slack.context import SlackContext
from handlers.slack.pace import PaceKind
from handlers.slack.payloads import ButtonClick, Sender, SlashCommand
from handlers.words import sentences


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``logs ID`` and ``logs ID YYYY-MM-DD``: the same words for an unknown and a foreign one (rule 22)."""
    typed, _, day = command.rest.partition(" ")
    if not typed:
        await slack.answers.privately(command.sender, sentences.which_request(slack.command, command.word))
        return
    request_id = read_request_id(typed)
    if request_id is None:
        raise NotFound
    place = Place(request_id, day=_read_day(day))
    reading = slack.services.activity.reading
    request = await reading.find(command.sender.chat_user, place.request_id)
    reading.refuse_window(request, place.day)
    if not reading.is_kept(request, place.day):
        admit(slack, command.sender)
        await slack.answers.privately(command.sender, activity.reading_text(request_id, _source(slack)))
    report = await reading.read(request, place.day)
    await slack.say(command.sender, activity.build_message(report, place.page))


async def open_screen(slack: SlackContext, press: ButtonClick) -> None:
    """Open a modal, over the one that the button is in where it is in one: the trigger for it lives three seconds."""
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    show = slack.screens.push if press.in_modal else slack.screens.open
    view_id = await show(press.sender.trigger_id, activity.reading(shown.request_id, _source(slack)))
    await _fill(slack, press, view_id, Place(shown.request_id))


async def turn(slack: SlackContext, press: ButtonClick) -> None:
    """Another page, in the place of this one."""
    place = Place.load(press.value)
    if place is None:
        raise NotFound
    if press.view is not None:
        await _fill(slack, press, press.view_id, place, is_reading=False)
        return
    request = await slack.services.activity.reading.find(press.sender.chat_user, place.request_id)
    if not slack.services.activity.reading.is_kept(request, place.day):
        admit(slack, press.sender)
    report = await slack.services.activity.reading.read(request, place.day)
    await slack.say(press.sender, activity.build_message(report, place.page), replace=True)


async def _fill(
    slack: SlackContext, press: ButtonClick, view_id: str, place: Place, *, is_reading: bool = True
) -> None:
    """Show the page in the modal; what goes wrong, too. ``is_reading``: the modal says already that it is read."""
    shown = _show(slack, press, view_id, place, is_reading=is_reading)
    await slack.boundary.or_explain("activity", press.sender, shown, _explainer(slack, view_id, place.request_id))


async def _show(slack: SlackContext, press: ButtonClick, view_id: str, place: Place, *, is_reading: bool) -> None:
    services = slack.services.activity.reading
    request = await services.find(press.sender.chat_user, place.request_id)
    is_kept = services.is_kept(request, place.day)
    if not is_kept:
        admit(slack, press.sender)
    if not is_reading and not is_kept:
        await slack.screens.exchange(view_id, activity.reading(request.id, _source(slack)))
    report = await services.read(request, place.day)
    await slack.screens.exchange(view_id, activity.build(report, place.page))


def admit(slack: SlackContext, sender: Sender) -> None:
    """Let a few questions a minute through to the source of one person: each may cost money (rule 26)."""
    if not slack.boundary.pace.admits(sender.chat_user, PaceKind.READING_LOGS):
        raise Refused(Refusal(Reason.TOO_FAST, limit=timedelta(minutes=1)))


def _explainer(slack: SlackContext, view_id: str, request_id: RequestId) -> Callable[[str], Awaitable[None]]:
    async def explain(sentence: str) -> None:
        await slack.screens.exchange(view_id, activity.trouble(request_id, sentence))

    return explain


def _source(slack: SlackContext) -> str:
    return slack.services.activity.reading.source_name


def _read_day(typed: str) -> date | None:
    """A day as ``2026-11-22``; None when none was named."""
    try:
        return date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError:
        raise Refused(Refusal(Reason.DAY_UNREADABLE)) from None
