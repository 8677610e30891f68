"""Looking: own requests, one request whole, who one is, what one can do."""

from core.domain.errors import NotFound, Refused
from core.domain.ids import RequestId, read_request_id
from core.domain.people import Persona
from core.domain.request import Status
from core.services.history import RequestView
from handlers import sentences
from handlers.screens import details, lists
from handlers.screens import help as help_view
from handlers.screens.details import Powers
from handlers.screens.screen import Screen, note
from handlers.screens.shown import Shown
from handlers.slack import waiting
from handlers.slack.desk import Desk
from handlers.slack.opening import show_when_ready
from handlers.slack.payloads import Command, Press, Sender


async def requests(desk: Desk, sender: Sender, before: RequestId | None = None) -> None:
    """Own requests, newest first, ten a page."""
    page = await desk.services.history.own(sender.chat_user, before)
    await desk.say(sender, lists.build(page.requests, desk.clock.now(), more=page.more))


async def older(desk: Desk, press: Press) -> None:
    page = lists.Page.load(press.value)
    match page.of if page else None:
        case lists.ListName.MINE if page:
            await requests(desk, press.sender, page.before)
        case lists.ListName.WAITING if page:
            await waiting.approvals(desk, press.sender, page.before)
        case _:
            raise NotFound


async def show(desk: Desk, command: Command) -> None:
    """``show ID``: the same words for an unknown and a foreign one (rule 22)."""
    if not command.rest:
        await desk.answers.privately(command.sender, sentences.which_request(desk.command, command.word))
        return
    request_id = read_request_id(command.rest)
    if request_id is None:
        raise NotFound
    view = await desk.services.history.show(command.sender.chat_user, request_id)
    links = await desk.links_to(view.place, command.sender.chat_user)
    await desk.say(command.sender, details.build_message(view.card, view.events, links, _powers(view)))


async def open_details(desk: Desk, press: Press) -> None:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    view = await desk.services.history.show(press.sender.chat_user, shown.request_id)
    links = await desk.links_to(view.place, press.sender.chat_user)
    show_modal = desk.screens.push if press.in_modal else desk.screens.open
    await show_modal(press.sender.trigger_id, details.build(view.card, view.events, links, _powers(view)))


async def whoami(desk: Desk, sender: Sender) -> None:
    standing = await desk.services.history.standing(sender.chat_user)
    await desk.say(sender, help_view.whoami(standing.person, standing.group_names, standing.personas, sender.chat_user))


async def open_whoami(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Who you are", _whoami(desk, press.sender))


async def _whoami(desk: Desk, sender: Sender) -> Screen:
    standing = await desk.services.history.standing(sender.chat_user)
    told = help_view.whoami(standing.person, standing.group_names, standing.personas, sender.chat_user)
    return note("Who you are", told.parts)


async def open_help(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "All commands", _help(desk, press.sender))


async def _help(desk: Desk, sender: Sender) -> Screen:
    standing = await desk.services.history.standing(sender.chat_user)
    return note("All commands", help_view.commands(standing.personas, desk.command))


async def explain_commands(desk: Desk, sender: Sender, *, unknown: str = "") -> None:
    """Help is for everybody, also for whoever may do nothing yet."""
    personas, why_not, barred_by = frozenset[Persona](), "", None
    try:
        standing = await desk.services.history.standing(sender.chat_user)
        personas, barred_by = standing.personas, standing.person.barred_by
        why_not = sentences.barred(barred_by) if barred_by and not standing.person.may_ask else ""
    except Refused as refused:
        why_not = sentences.error(refused)
    await desk.say(
        sender,
        help_view.build(personas, desk.command, unknown=unknown, refused=why_not, taking_away=barred_by is not None),
    )


def _powers(view: RequestView) -> Powers:
    request = view.card.request
    return Powers(
        decide=view.may_decide,
        cancel=view.may_cancel,
        revoke=view.may_revoke,
        own=view.is_own,
        extend=view.is_own and request.status is Status.ACTIVE,
        ask_again=view.is_own and request.is_over,
    )
