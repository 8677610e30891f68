"""**Export as CSV**: taken down here, made in the background, sent as a direct message."""

from contextlib import suppress

from core.domain.errors import NotFound, UpstreamBusy
from core.ports import Act, ActKind, ExportKind
from core.services.activity_rows import activity_subject
from handlers.screens.activity import Place
from handlers.screens.audit import Turn
from handlers.slack.activity import admit
from handlers.slack.desk import Desk
from handlers.slack.payloads import Press
from handlers.slack.review import CLICK_PATIENCE
from handlers.slack.views.block import note, section
from handlers.slack.views.text import prose


async def requests(desk: Desk, press: Press) -> None:
    """Everything that was found, not the page."""
    turned = Turn.load(press.value)
    if turned is None:
        raise NotFound
    await _ask(desk, press, ExportKind.REQUESTS, turned.search)


async def activity(desk: Desk, press: Press) -> None:
    """Every event of the sessions, not the page."""
    place = Place.load(press.value)
    if place is None:
        raise NotFound
    admit(desk, press.sender)
    await _ask(desk, press, ExportKind.ACTIVITY, activity_subject(place.request_id, place.day))


async def report(desk: Desk, press: Press) -> None:
    """The figures of a period as a table."""
    await _ask(desk, press, ExportKind.REPORT, press.value)


async def charts(desk: Desk, press: Press) -> None:
    """The same as a picture."""
    await _ask(desk, press, ExportKind.CHARTS, press.value, "your charts")


async def _ask(desk: Desk, press: Press, kind: ExportKind, subject: str, what: str = "your export") -> None:
    act = Act(ActKind.EXPORT, press.sender.chat_user, press.key, {"kind": kind.value, "subject": subject})
    outcome = await desk.services.inbox.perform(act, CLICK_PATIENCE)
    sentence = await desk.sentence_of(outcome, what)
    if press.in_modal:
        with suppress(UpstreamBusy):  # the trigger is gone; it is said in a message then
            await desk.screens.push(press.sender.trigger_id, note("Export", [section(prose(sentence))]))
            return
    await desk.answers.privately(press.sender, sentence)
