"""**Export as CSV**: taken down here, made in the background, sent as a direct message."""

from contextlib import suppress

from core.domain.commands import ExportKind, StartExport
from core.domain.errors import NotFound, UpstreamBusy
from core.services.audit.activity_rows import activity_subject
from handlers.flows import outcomes
from handlers.flows.activity import admit
from handlers.flows.platform import ButtonPress, Platform
from handlers.flows.review import PRESS_PATIENCE
from handlers.screens.activity import ActivityPage
from handlers.screens.audit import Turn
from handlers.screens.parts import row
from handlers.screens.screen import note
from handlers.screens.spans import Untrusted


async def requests(platform: Platform, press: ButtonPress) -> None:
    """Everything that was found, not the page."""
    turned = Turn.load(press.value)
    if turned is None:
        raise NotFound
    await _ask(platform, press, ExportKind.REQUESTS, turned.search)


async def activity(platform: Platform, press: ButtonPress) -> None:
    """Every event of the sessions, not the page."""
    place = ActivityPage.load(press.value)
    if place is None:
        raise NotFound
    admit(platform, press.sender)
    await _ask(platform, press, ExportKind.ACTIVITY, activity_subject(place.request_id, place.day))


async def report(platform: Platform, press: ButtonPress) -> None:
    """The figures of a period as a table."""
    await _ask(platform, press, ExportKind.REPORT, press.value)


async def charts(platform: Platform, press: ButtonPress) -> None:
    """The same as a picture."""
    await _ask(platform, press, ExportKind.CHARTS, press.value, "your charts")


async def _ask(
    platform: Platform, press: ButtonPress, kind: ExportKind, subject: str, what: str = "your export"
) -> None:
    command = StartExport(press.sender.chat_user, press.key, export=kind, subject=subject)
    outcome = await platform.services.commands.perform(command, PRESS_PATIENCE)
    sentence = await outcomes.sentence_of(platform, outcome, what)
    if press.in_screen:
        with suppress(UpstreamBusy):  # the trigger is gone; it is said in a message then
            await platform.push(press.sender, note("Export", [row(Untrusted(sentence))]))
            return
    await platform.privately(press.sender, sentence)
