"""**Export as CSV**: taken down here, made in the background, sent as a direct message."""

from contextlib import suppress

from core.domain.errors import NotFound, UpstreamBusy
from core.ports import Command, CommandKind, ExportKind
from core.services.audit.activity_rows import activity_subject
from handlers.screens.activity import Place
from handlers.screens.audit import Turn
from handlers.screens.parts import row
from handlers.screens.screen import note
from handlers.screens.spans import Untrusted
from handlers.slack.activity import admit
from handlers.slack.context import SlackContext
from handlers.slack.payloads import ButtonClick
from handlers.slack.review import CLICK_PATIENCE


async def requests(slack: SlackContext, press: ButtonClick) -> None:
    """Everything that was found, not the page."""
    turned = Turn.load(press.value)
    if turned is None:
        raise NotFound
    await _ask(slack, press, ExportKind.REQUESTS, turned.search)


async def activity(slack: SlackContext, press: ButtonClick) -> None:
    """Every event of the sessions, not the page."""
    place = Place.load(press.value)
    if place is None:
        raise NotFound
    admit(slack, press.sender)
    await _ask(slack, press, ExportKind.ACTIVITY, activity_subject(place.request_id, place.day))


async def report(slack: SlackContext, press: ButtonClick) -> None:
    """The figures of a period as a table."""
    await _ask(slack, press, ExportKind.REPORT, press.value)


async def charts(slack: SlackContext, press: ButtonClick) -> None:
    """The same as a picture."""
    await _ask(slack, press, ExportKind.CHARTS, press.value, "your charts")


async def _ask(
    slack: SlackContext, press: ButtonClick, kind: ExportKind, subject: str, what: str = "your export"
) -> None:
    command = Command(CommandKind.EXPORT, press.sender.chat_user, press.key, {"kind": kind.value, "subject": subject})
    outcome = await slack.services.commands.perform(command, CLICK_PATIENCE)
    sentence = await slack.sentence_of(outcome, what)
    if press.in_modal:
        with suppress(UpstreamBusy):  # the trigger is gone; it is said in a message then
            await slack.screens.push(press.sender.trigger_id, note("Export", [row(Untrusted(sentence))]))
            return
    await slack.answers.privately(press.sender, sentence)
