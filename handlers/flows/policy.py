"""Looking at policies: the list, one of them, their history; and the way from there to the forms."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.policy_diff import Section
from core.services.policies.catalogue import CatalogueEntry
from handlers.flows import explain, policy_change
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, OptionsQuery, Platform, Sender, TypedCommand
from handlers.screens import picker, policy_history, policy_list
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice
from handlers.screens.numbers import number_or, read_number
from handlers.screens.policy_list import PolicyRef
from handlers.screens.screen import Screen

_THINGS: Mapping[str, CatalogueEntry] = {
    ActionId.FIND_USERS: CatalogueEntry.USERS,
    ActionId.FIND_GROUPS: CatalogueEntry.GROUPS,
    ActionId.FIND_ACCOUNTS: CatalogueEntry.ACCOUNTS,
    ActionId.FIND_OUS: CatalogueEntry.OUS,
    ActionId.FIND_DIRECT_OUS: CatalogueEntry.DIRECT_OUS,
    ActionId.FIND_PERMISSION_SETS: CatalogueEntry.PERMISSION_SETS,
    ActionId.FIND_OPENED_SETS: CatalogueEntry.OPENED_SETS,
}

_KINDS: Mapping[str, Section] = {
    "eligibility": Section.ELIGIBILITY,
    "approval": Section.APPROVAL,
    "bundle": Section.BUNDLES,
    "bundles": Section.BUNDLES,
}
"""The kinds of what can be made, as they are typed."""

Work = Coroutine[Any, Any, None]


async def command(platform: Platform, command: TypedCommand) -> None:
    """``policy list|show|create|edit|delete|history|explain``; alone: the list."""
    word, _, rest = command.rest.partition(" ")
    known: dict[str, Callable[[Platform, Sender, str], Work]] = {
        "": lambda platform, sender, _: list_all(platform, sender),
        "list": lambda platform, sender, _: list_all(platform, sender),
        "show": show,
        "create": create,
        "edit": edit,
        "delete": delete,
        "history": lambda platform, sender, _: history(platform, sender),
    }
    if word.casefold() == "explain":
        await explain.command(platform, command, rest.strip())
    elif wanted := known.get(word.casefold()):
        await wanted(platform, command.sender, rest.strip())
    else:
        await platform.services.administration.admins.require(command.sender.chat_user)
        await platform.say(command.sender, policy_list.unknown_word(word, platform.command))


# --- looking -----------------------------------------------------------------------------------------


async def list_all(platform: Platform, sender: Sender) -> None:
    await platform.say(
        sender, policy_list.build(await platform.services.administration.admins.require(sender.chat_user))
    )


async def show(platform: Platform, sender: Sender, called: str) -> None:
    """One policy whole; the nearest name when there is none, all of them when there are two."""
    admin = await platform.services.administration.admins.require(sender.chat_user)
    refs = policy_list.named(admin.book, called)
    message = policy_list.show(admin, refs[0]) if len(refs) == 1 else policy_list.which(admin, refs, called)
    await platform.say(sender, message)


async def history(platform: Platform, sender: Sender) -> None:
    await platform.services.administration.admins.require(sender.chat_user)
    await platform.say(sender, policy_history.build(await platform.services.policies.history()))


async def press_list(platform: Platform, press: ButtonPress) -> None:
    """The list, from a page on."""
    start = number_or(press.value, 0)
    await show_when_ready(platform, press, "Policies", _list_screen(platform, press.sender, start))


async def press_policy(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Policy", _policy_screen(platform, press.sender, _ref(press)))


async def press_history(platform: Platform, press: ButtonPress) -> None:
    before = number_or(press.value, 0) or None
    await show_when_ready(platform, press, "History", _history_screen(platform, press.sender, before))


async def press_revision(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Revision", _revision_screen(platform, press.sender, _number(press)))


async def _list_screen(platform: Platform, sender: Sender, start: int) -> Screen:
    return policy_list.build_screen(await platform.services.administration.admins.require(sender.chat_user), start)


async def _policy_screen(platform: Platform, sender: Sender, ref: PolicyRef) -> Screen:
    return policy_list.show_screen(await platform.services.administration.admins.require(sender.chat_user), ref)


async def _history_screen(platform: Platform, sender: Sender, before: int | None) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return policy_history.build_screen(await platform.services.policies.history(before))


async def _revision_screen(platform: Platform, sender: Sender, number: int) -> Screen:
    admin = await platform.services.administration.admins.require(sender.chat_user)
    page = await platform.services.policies.history(number + 1)
    if not page.entries or page.entries[0].revision.book.revision != number:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN))
    return policy_history.build_revision(admin, page.entries[0])


# --- the way to the forms ----------------------------------------------------------------------------


async def create(platform: Platform, sender: Sender, kind: str) -> None:
    """``create eligibility|approval|bundle``; without a kind it is asked for."""
    section = _KINDS.get(kind.casefold())
    if section is not None:
        making = policy_change.new_form(platform, sender, section)
        await open_when_ready(platform, sender, "New policy", making)
        return
    await open_when_ready(platform, sender, "New policy", _kinds(platform, sender))


async def edit(platform: Platform, sender: Sender, called: str) -> None:
    await _on_one(platform, sender, called, policy_change.edit_form)


async def delete(platform: Platform, sender: Sender, called: str) -> None:
    await _on_one(platform, sender, called, policy_change.deletion)


async def _on_one(
    platform: Platform,
    sender: Sender,
    called: str,
    make: Callable[[Platform, Sender, PolicyRef], Coroutine[Any, Any, Screen]],
) -> None:
    """Do something about the policy of this name, or ask which one is meant. A trigger lives three seconds only."""
    book = await platform.services.policies.current()
    refs = policy_list.named(book, called)
    if len(refs) == 1:
        await open_when_ready(platform, sender, "Policy", make(platform, sender, refs[0]))
        return
    admin = await platform.services.administration.admins.require(sender.chat_user)
    await platform.say(sender, policy_list.which(admin, refs, called))


async def press_new(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "New policy", _kinds(platform, press.sender))


async def press_create(platform: Platform, press: ButtonPress) -> None:
    section = _KINDS.get(press.value, Section.ELIGIBILITY)
    await show_when_ready(platform, press, "New policy", policy_change.new_form(platform, press.sender, section))


async def press_edit(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Policy", policy_change.edit_form(platform, press.sender, _ref(press)))


async def press_delete(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Policy", policy_change.deletion(platform, press.sender, _ref(press)))


async def press_restore(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Restore", policy_change.restoration(platform, press.sender, _number(press)))


async def _kinds(platform: Platform, sender: Sender) -> Screen:
    await platform.services.administration.admins.require(sender.chat_user)
    return policy_list.kinds()


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Answer a type-ahead with everything there is; for admins alone."""
    found = await platform.services.administration.catalogue.find(
        lookup.sender.chat_user, _THINGS[lookup.action_id], lookup.typed
    )
    return picker.named_choices(found)


def _ref(press: ButtonPress) -> PolicyRef:
    ref = PolicyRef.read(press.value)
    if ref is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail="of this kind"))
    return ref


def _number(press: ButtonPress) -> int:
    try:
        return read_number(press.value)
    except ValueError:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN)) from None
