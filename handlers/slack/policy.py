"""Looking at policies: the list, one of them, their history; and the way from there to the forms."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from slack_sdk.models.views import View

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.policy_diff import Section
from core.services.catalogue import Thing
from handlers.screens.numbers import number_or, read_number
from handlers.slack import explain, policy_change
from handlers.slack.desk import Desk
from handlers.slack.ids import ActionId
from handlers.slack.opening import open_when_ready, show_when_ready
from handlers.slack.payloads import Command, Lookup, Press, Sender
from handlers.slack.views import picker, policy_history, policy_list
from handlers.slack.views.policy_list import PolicyRef
from handlers.slack.views.render import render_options

_THINGS: Mapping[str, Thing] = {
    ActionId.FIND_USERS: Thing.USERS,
    ActionId.FIND_GROUPS: Thing.GROUPS,
    ActionId.FIND_ACCOUNTS: Thing.ACCOUNTS,
    ActionId.FIND_OUS: Thing.OUS,
    ActionId.FIND_DIRECT_OUS: Thing.DIRECT_OUS,
    ActionId.FIND_PERMISSION_SETS: Thing.PERMISSION_SETS,
    ActionId.FIND_OPENED_SETS: Thing.OPENED_SETS,
}

Work = Coroutine[Any, Any, None]


async def command(desk: Desk, command: Command) -> None:
    """``policy list|show|create|edit|delete|history|explain``; alone: the list."""
    word, _, rest = command.rest.partition(" ")
    known: dict[str, Callable[[Desk, Sender, str], Work]] = {
        "": lambda desk, sender, _: list_all(desk, sender),
        "list": lambda desk, sender, _: list_all(desk, sender),
        "show": show,
        "create": create,
        "edit": edit,
        "delete": delete,
        "history": lambda desk, sender, _: history(desk, sender),
    }
    if word.casefold() == "explain":
        await explain.command(desk, command, rest.strip())
    elif wanted := known.get(word.casefold()):
        await wanted(desk, command.sender, rest.strip())
    else:
        await desk.services.administration.admins.enter(command.sender.chat_user)
        await desk.say(command.sender, policy_list.unknown_word(word, desk.command))


# --- looking -----------------------------------------------------------------------------------------


async def list_all(desk: Desk, sender: Sender) -> None:
    await desk.say(sender, policy_list.build(await desk.services.administration.admins.enter(sender.chat_user)))


async def show(desk: Desk, sender: Sender, called: str) -> None:
    """One policy whole; the nearest name when there is none, all of them when there are two."""
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    refs = policy_list.named(seat.book, called)
    message = policy_list.show(seat, refs[0]) if len(refs) == 1 else policy_list.which(seat, refs, called)
    await desk.say(sender, message)


async def history(desk: Desk, sender: Sender) -> None:
    await desk.services.administration.admins.enter(sender.chat_user)
    await desk.say(sender, policy_history.build(await desk.services.policies.history()))


async def press_list(desk: Desk, press: Press) -> None:
    """The list, from a page on."""
    start = number_or(press.value, 0)
    await show_when_ready(desk, press, "Policies", _list_view(desk, press.sender, start))


async def press_policy(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Policy", _policy_view(desk, press.sender, _ref(press)))


async def press_history(desk: Desk, press: Press) -> None:
    before = number_or(press.value, 0) or None
    await show_when_ready(desk, press, "History", _history_view(desk, press.sender, before))


async def press_revision(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Revision", _revision_view(desk, press.sender, _number(press)))


async def _list_view(desk: Desk, sender: Sender, start: int) -> View:
    return policy_list.build_view(await desk.services.administration.admins.enter(sender.chat_user), start)


async def _policy_view(desk: Desk, sender: Sender, ref: PolicyRef) -> View:
    return policy_list.show_view(await desk.services.administration.admins.enter(sender.chat_user), ref)


async def _history_view(desk: Desk, sender: Sender, before: int | None) -> View:
    await desk.services.administration.admins.enter(sender.chat_user)
    return policy_history.build_view(await desk.services.policies.history(before))


async def _revision_view(desk: Desk, sender: Sender, number: int) -> View:
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    page = await desk.services.policies.history(number + 1)
    if not page.entries or page.entries[0].revision.book.revision != number:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN))
    return policy_history.build_revision(seat, page.entries[0])


# --- the way to the forms ----------------------------------------------------------------------------


async def create(desk: Desk, sender: Sender, kind: str) -> None:
    """``create eligibility|approval``; without a kind it is asked for."""
    if kind.casefold() in {Section.ELIGIBILITY, Section.APPROVAL}:
        making = policy_change.new_form(desk, sender, Section(kind.casefold()))
        await open_when_ready(desk, sender, "New policy", making)
        return
    await open_when_ready(desk, sender, "New policy", _kinds(desk, sender))


async def edit(desk: Desk, sender: Sender, called: str) -> None:
    await _on_one(desk, sender, called, policy_change.edit_form)


async def delete(desk: Desk, sender: Sender, called: str) -> None:
    await _on_one(desk, sender, called, policy_change.deletion)


async def _on_one(
    desk: Desk, sender: Sender, called: str, make: Callable[[Desk, Sender, PolicyRef], Coroutine[Any, Any, View]]
) -> None:
    """Do something about the policy of this name, or ask which one is meant. A trigger lives three seconds only."""
    book = await desk.services.policies.current()
    refs = policy_list.named(book, called)
    if len(refs) == 1:
        await open_when_ready(desk, sender, "Policy", make(desk, sender, refs[0]))
        return
    seat = await desk.services.administration.admins.enter(sender.chat_user)
    await desk.say(sender, policy_list.which(seat, refs, called))


async def press_new(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "New policy", _kinds(desk, press.sender))


async def press_create(desk: Desk, press: Press) -> None:
    section = Section.APPROVAL if press.value == Section.APPROVAL else Section.ELIGIBILITY
    await show_when_ready(desk, press, "New policy", policy_change.new_form(desk, press.sender, section))


async def press_edit(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Policy", policy_change.edit_form(desk, press.sender, _ref(press)))


async def press_delete(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Policy", policy_change.deletion(desk, press.sender, _ref(press)))


async def press_restore(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Restore", policy_change.restoration(desk, press.sender, _number(press)))


async def _kinds(desk: Desk, sender: Sender) -> View:
    await desk.services.administration.admins.enter(sender.chat_user)
    return policy_list.kinds()


async def look_up(desk: Desk, lookup: Lookup) -> list[dict[str, Any]]:
    """Answer a type-ahead with everything there is; for admins alone."""
    found = await desk.services.administration.catalogue.find(
        lookup.sender.chat_user, _THINGS[lookup.action_id], lookup.typed
    )
    return render_options(picker.named_options(found))


def _ref(press: Press) -> PolicyRef:
    ref = PolicyRef.read(press.value)
    if ref is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail="of this kind"))
    return ref


def _number(press: Press) -> int:
    try:
        return read_number(press.value)
    except ValueError:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN)) from None
