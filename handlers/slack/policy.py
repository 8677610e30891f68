"""Looking at policies: the list, one of them, their history; and the way from there to the forms."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from core.domain.errors import Field, Reason, Refusal, Refused
from core.domain.policy_diff import Section
from core.services.policies.catalogue import CatalogueEntry
from handlers.screens import picker, policy_history, policy_list
from handlers.screens.ids import ActionId
from handlers.screens.numbers import number_or, read_number
from handlers.screens.policy_list import PolicyRef
from handlers.screens.screen import Screen
from handlers.slack import explain, policy_change
from handlers.slack.context import SlackContext
from handlers.slack.drawing.render import render_options
from handlers.slack.modals import open_when_ready, show_when_ready
from handlers.slack.payloads import ButtonClick, OptionsQuery, Sender, SlashCommand

_THINGS: Mapping[str, CatalogueEntry] = {
    ActionId.FIND_USERS: CatalogueEntry.USERS,
    ActionId.FIND_GROUPS: CatalogueEntry.GROUPS,
    ActionId.FIND_ACCOUNTS: CatalogueEntry.ACCOUNTS,
    ActionId.FIND_OUS: CatalogueEntry.OUS,
    ActionId.FIND_DIRECT_OUS: CatalogueEntry.DIRECT_OUS,
    ActionId.FIND_PERMISSION_SETS: CatalogueEntry.PERMISSION_SETS,
    ActionId.FIND_OPENED_SETS: CatalogueEntry.OPENED_SETS,
}

Work = Coroutine[Any, Any, None]


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``policy list|show|create|edit|delete|history|explain``; alone: the list."""
    word, _, rest = command.rest.partition(" ")
    known: dict[str, Callable[[SlackContext, Sender, str], Work]] = {
        "": lambda slack, sender, _: list_all(slack, sender),
        "list": lambda slack, sender, _: list_all(slack, sender),
        "show": show,
        "create": create,
        "edit": edit,
        "delete": delete,
        "history": lambda slack, sender, _: history(slack, sender),
    }
    if word.casefold() == "explain":
        await explain.command(slack, command, rest.strip())
    elif wanted := known.get(word.casefold()):
        await wanted(slack, command.sender, rest.strip())
    else:
        await slack.services.administration.admins.require(command.sender.chat_user)
        await slack.say(command.sender, policy_list.unknown_word(word, slack.command))


# --- looking -----------------------------------------------------------------------------------------


async def list_all(slack: SlackContext, sender: Sender) -> None:
    await slack.say(sender, policy_list.build(await slack.services.administration.admins.require(sender.chat_user)))


async def show(slack: SlackContext, sender: Sender, called: str) -> None:
    """One policy whole; the nearest name when there is none, all of them when there are two."""
    admin = await slack.services.administration.admins.require(sender.chat_user)
    refs = policy_list.named(admin.book, called)
    message = policy_list.show(admin, refs[0]) if len(refs) == 1 else policy_list.which(admin, refs, called)
    await slack.say(sender, message)


async def history(slack: SlackContext, sender: Sender) -> None:
    await slack.services.administration.admins.require(sender.chat_user)
    await slack.say(sender, policy_history.build(await slack.services.policies.history()))


async def press_list(slack: SlackContext, press: ButtonClick) -> None:
    """The list, from a page on."""
    start = number_or(press.value, 0)
    await show_when_ready(slack, press, "Policies", _list_view(slack, press.sender, start))


async def press_policy(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Policy", _policy_view(slack, press.sender, _ref(press)))


async def press_history(slack: SlackContext, press: ButtonClick) -> None:
    before = number_or(press.value, 0) or None
    await show_when_ready(slack, press, "History", _history_view(slack, press.sender, before))


async def press_revision(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Revision", _revision_view(slack, press.sender, _number(press)))


async def _list_view(slack: SlackContext, sender: Sender, start: int) -> Screen:
    return policy_list.build_view(await slack.services.administration.admins.require(sender.chat_user), start)


async def _policy_view(slack: SlackContext, sender: Sender, ref: PolicyRef) -> Screen:
    return policy_list.show_view(await slack.services.administration.admins.require(sender.chat_user), ref)


async def _history_view(slack: SlackContext, sender: Sender, before: int | None) -> Screen:
    await slack.services.administration.admins.require(sender.chat_user)
    return policy_history.build_view(await slack.services.policies.history(before))


async def _revision_view(slack: SlackContext, sender: Sender, number: int) -> Screen:
    admin = await slack.services.administration.admins.require(sender.chat_user)
    page = await slack.services.policies.history(number + 1)
    if not page.entries or page.entries[0].revision.book.revision != number:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN))
    return policy_history.build_revision(admin, page.entries[0])


# --- the way to the forms ----------------------------------------------------------------------------


async def create(slack: SlackContext, sender: Sender, kind: str) -> None:
    """``create eligibility|approval``; without a kind it is asked for."""
    if kind.casefold() in {Section.ELIGIBILITY, Section.APPROVAL}:
        making = policy_change.new_form(slack, sender, Section(kind.casefold()))
        await open_when_ready(slack, sender, "New policy", making)
        return
    await open_when_ready(slack, sender, "New policy", _kinds(slack, sender))


async def edit(slack: SlackContext, sender: Sender, called: str) -> None:
    await _on_one(slack, sender, called, policy_change.edit_form)


async def delete(slack: SlackContext, sender: Sender, called: str) -> None:
    await _on_one(slack, sender, called, policy_change.deletion)


async def _on_one(
    slack: SlackContext,
    sender: Sender,
    called: str,
    make: Callable[[SlackContext, Sender, PolicyRef], Coroutine[Any, Any, Screen]],
) -> None:
    """Do something about the policy of this name, or ask which one is meant. A trigger lives three seconds only."""
    book = await slack.services.policies.current()
    refs = policy_list.named(book, called)
    if len(refs) == 1:
        await open_when_ready(slack, sender, "Policy", make(slack, sender, refs[0]))
        return
    admin = await slack.services.administration.admins.require(sender.chat_user)
    await slack.say(sender, policy_list.which(admin, refs, called))


async def press_new(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "New policy", _kinds(slack, press.sender))


async def press_create(slack: SlackContext, press: ButtonClick) -> None:
    section = Section.APPROVAL if press.value == Section.APPROVAL else Section.ELIGIBILITY
    await show_when_ready(slack, press, "New policy", policy_change.new_form(slack, press.sender, section))


async def press_edit(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Policy", policy_change.edit_form(slack, press.sender, _ref(press)))


async def press_delete(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Policy", policy_change.deletion(slack, press.sender, _ref(press)))


async def press_restore(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Restore", policy_change.restoration(slack, press.sender, _number(press)))


async def _kinds(slack: SlackContext, sender: Sender) -> Screen:
    await slack.services.administration.admins.require(sender.chat_user)
    return policy_list.kinds()


async def look_up(slack: SlackContext, lookup: OptionsQuery) -> list[dict[str, Any]]:
    """Answer a type-ahead with everything there is; for admins alone."""
    found = await slack.services.administration.catalogue.find(
        lookup.sender.chat_user, _THINGS[lookup.action_id], lookup.typed
    )
    return render_options(picker.named_choices(found))


def _ref(press: ButtonClick) -> PolicyRef:
    ref = PolicyRef.read(press.value)
    if ref is None:
        raise Refused(Refusal(Reason.POLICY_GONE, Field.NAME, detail="of this kind"))
    return ref


def _number(press: ButtonClick) -> int:
    try:
        return read_number(press.value)
    except ValueError:
        raise Refused(Refusal(Reason.REVISION_UNKNOWN)) from None
