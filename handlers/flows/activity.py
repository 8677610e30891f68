"""Session activity: the command ``logs``, the button in a request's details and in its thread, the pages.

The source takes seconds to minutes. So a person sees at once that it is being read, and then what was found, in the
same place.
"""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.ids import RequestId, read_request_id
from core.domain.request import Shown
from handlers.flows.pace import PaceKind
from handlers.flows.platform import ButtonPress, Platform, Sender, TypedCommand
from handlers.screens import activity
from handlers.screens.activity import ActivityPage
from handlers.words import sentences


async def command(platform: Platform, command: TypedCommand) -> None:
    """``logs ID`` and ``logs ID YYYY-MM-DD``: the same words for an unknown and a foreign one (rule 22)."""
    typed, _, day = command.rest.partition(" ")
    if not typed:
        await platform.privately(command.sender, sentences.which_request(platform.command, command.word))
        return
    request_id = read_request_id(typed)
    if request_id is None:
        raise NotFound
    place = ActivityPage(request_id, day=_read_day(day))
    reading = platform.services.activity.reading
    request = await reading.find(command.sender.chat_user, place.request_id)
    reading.refuse_window(request, place.day)
    if not reading.is_kept(request, place.day):
        admit(platform, command.sender)
        await platform.privately(command.sender, activity.reading_text(request_id, _source(platform)))
    report = await reading.read(request, place.day)
    await platform.say(command.sender, activity.build_message(report, place.page))


async def open_screen(platform: Platform, press: ButtonPress) -> None:
    """Open a screen, over the one that the button is in where it is in one: the trigger for it lives three seconds."""
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    show = platform.push if press.in_screen else platform.open
    view_id = await show(press.sender, activity.reading(shown.request_id, _source(platform)))
    await _fill(platform, press, view_id, ActivityPage(shown.request_id))


async def turn(platform: Platform, press: ButtonPress) -> None:
    """Another page, in the place of this one."""
    place = ActivityPage.load(press.value)
    if place is None:
        raise NotFound
    if press.in_screen or press.in_home:
        await _fill(platform, press, press.screen_id, place, is_reading=False)
        return
    request = await platform.services.activity.reading.find(press.sender.chat_user, place.request_id)
    if not platform.services.activity.reading.is_kept(request, place.day):
        admit(platform, press.sender)
    report = await platform.services.activity.reading.read(request, place.day)
    await platform.say(press.sender, activity.build_message(report, place.page), replace=True)


async def _fill(
    platform: Platform, press: ButtonPress, view_id: str, place: ActivityPage, *, is_reading: bool = True
) -> None:
    """Show the page in the screen; what goes wrong, too. ``is_reading``: the screen says already that it is read."""
    shown = _show(platform, press, view_id, place, is_reading=is_reading)
    await platform.boundary.or_explain("activity", press.sender, shown, _explainer(platform, view_id, place.request_id))


async def _show(platform: Platform, press: ButtonPress, view_id: str, place: ActivityPage, *, is_reading: bool) -> None:
    services = platform.services.activity.reading
    request = await services.find(press.sender.chat_user, place.request_id)
    is_kept = services.is_kept(request, place.day)
    if not is_kept:
        admit(platform, press.sender)
    if not is_reading and not is_kept:
        await platform.exchange(view_id, activity.reading(request.id, _source(platform)))
    report = await services.read(request, place.day)
    await platform.exchange(view_id, activity.build(report, place.page))


def admit(platform: Platform, sender: Sender) -> None:
    """Let a few questions a minute through to the source of one person: each may cost money (rule 26)."""
    if not platform.boundary.pace.admits(sender.chat_user, PaceKind.READING_LOGS):
        raise Refused(Refusal(Reason.TOO_FAST, limit=timedelta(minutes=1)))


def _explainer(platform: Platform, view_id: str, request_id: RequestId) -> Callable[[str], Awaitable[None]]:
    async def explain(sentence: str) -> None:
        await platform.exchange(view_id, activity.trouble(request_id, sentence))

    return explain


def _source(platform: Platform) -> str:
    return platform.services.activity.reading.source_name


def _read_day(typed: str) -> date | None:
    """A day as ``2026-11-22``; None when none was named."""
    try:
        return date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError:
        raise Refused(Refusal(Reason.DAY_UNREADABLE)) from None
