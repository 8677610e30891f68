"""Looking: own requests, one request whole, who one is, what one can do."""

from collections.abc import Sequence

from core.domain.errors import NotFound, Refused
from core.domain.ids import RequestId, read_request_id
from core.domain.people import Persona
from core.domain.request import Shown, Status
from core.services.queries.request_queries import RequestView
from handlers.flows import waiting
from handlers.flows.opening import show_when_ready
from handlers.flows.platform import ButtonPress, Platform, Sender, TypedCommand
from handlers.screens import details, lists
from handlers.screens import help as help_screen
from handlers.screens.details import Powers
from handlers.screens.screen import Screen, note
from handlers.words import sentences
from handlers.words.subcommands import Subcommand, without_groups


async def requests(platform: Platform, sender: Sender, before: RequestId | None = None) -> None:
    """Own requests, newest first, ten a page."""
    page = await platform.services.request_queries.own(sender.chat_user, before)
    await platform.say(sender, lists.build(page.requests, platform.clock.now(), more=page.more))


async def older(platform: Platform, press: ButtonPress) -> None:
    page = lists.Page.load(press.value)
    match page.of if page else None:
        case lists.ListName.MINE if page:
            await requests(platform, press.sender, page.before)
        case lists.ListName.WAITING if page:
            await waiting.approvals(platform, press.sender, page.before)
        case _:
            raise NotFound


async def show(platform: Platform, command: TypedCommand) -> None:
    """``show ID``: the same words for an unknown and a foreign one (rule 22)."""
    if not command.rest:
        await platform.privately(command.sender, sentences.which_request(platform.command, command.word))
        return
    request_id = read_request_id(command.rest)
    if request_id is None:
        raise NotFound
    view = await platform.services.request_queries.show(command.sender.chat_user, request_id)
    links = await platform.links_to(view.place, command.sender.chat_user)
    await platform.say(command.sender, details.build_message(view.card, view.events, links, _powers(view)))


async def open_details(platform: Platform, press: ButtonPress) -> None:
    shown = Shown.read(press.value)
    if shown is None:
        raise NotFound
    view = await platform.services.request_queries.show(press.sender.chat_user, shown.request_id)
    links = await platform.links_to(view.place, press.sender.chat_user)
    show_screen = platform.push if press.in_screen else platform.open
    await show_screen(press.sender, details.build(view.card, view.events, links, _powers(view)))


async def whoami(platform: Platform, sender: Sender) -> None:
    standing = await platform.services.request_queries.standing(sender.chat_user)
    await platform.say(
        sender, help_screen.whoami(standing.person, standing.group_names, standing.personas, sender.chat_user)
    )


async def open_whoami(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Who you are", _whoami(platform, press.sender))


async def _whoami(platform: Platform, sender: Sender) -> Screen:
    standing = await platform.services.request_queries.standing(sender.chat_user)
    told = help_screen.whoami(standing.person, standing.group_names, standing.personas, sender.chat_user)
    return note("Who you are", told.parts)


async def open_help(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "All commands", _help(platform, press.sender))


async def _help(platform: Platform, sender: Sender) -> Screen:
    standing = await platform.services.request_queries.standing(sender.chat_user)
    known = _known(platform, groups_too=standing.asks_for_groups)
    return note("All commands", help_screen.commands(standing.personas, platform.command, known))


def _known(platform: Platform, *, groups_too: bool) -> Sequence[Subcommand]:
    """The subcommands as they are explained: of groups only where they can be asked for."""
    return platform.subcommands if groups_too else without_groups(platform.subcommands)


async def explain_commands(platform: Platform, sender: Sender, *, unknown: str = "") -> None:
    """Help is for everybody, also for whoever may do nothing yet."""
    personas, why_not, barred_by, groups_too = frozenset[Persona](), "", None, False
    try:
        standing = await platform.services.request_queries.standing(sender.chat_user)
        personas, barred_by = standing.personas, standing.person.barred_by
        groups_too = standing.asks_for_groups
        if barred_by and not standing.person.may_ask:
            why_not = sentences.barred(barred_by, is_second=standing.person.is_second)
    except Refused as refused:
        why_not = sentences.error(refused)
    await platform.say(
        sender,
        help_screen.build(
            personas,
            platform.command,
            unknown=unknown,
            refused=why_not,
            taking_away=barred_by is not None,
            known=_known(platform, groups_too=groups_too),
        ),
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
        end_all=view.end_all,
    )
