"""Asking for membership of a group: the form **Request access** for that, from the command to its answer."""

from dataclasses import dataclass, field, replace

from core.domain.ids import GroupId
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, OptionsQuery, Platform, Sender
from handlers.screens import group_form, request_form, request_note
from handlers.screens.inputs import Choice
from handlers.screens.screen import Screen

MEANWHILE = "Looking up what you may ask for …"


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """The values that the form is opened with."""

    group: GroupId | None = None
    filled: request_form.Prefill = field(default_factory=request_form.Prefill)


async def open_form(platform: Platform, sender: Sender, wanted: WantedGroup | None = None) -> None:
    """Open the form, or say why there is none for this person."""
    making = first_screen(platform, sender, wanted or WantedGroup())
    await open_when_ready(platform, sender, request_note.TITLE, making, MEANWHILE)


async def pressed(platform: Platform, press: ButtonPress) -> None:
    """Home's button, and the one in the form for an account, which this takes the place of."""
    making = first_screen(platform, press.sender, WantedGroup())
    await show_when_ready(platform, press, request_note.TITLE, making)


async def first_screen(platform: Platform, sender: Sender, wanted: WantedGroup) -> Screen:
    choosing, user = platform.services.form_options, sender.chat_user
    await choosing.may_ask_for_groups(user)
    preview = await choosing.group_preview(user, wanted.group)
    state = group_form.GroupFormState(sender.key, wanted.group if preview.group else None)
    return group_form.build(state, preview, wanted.filled, platform.clock.now())


async def choose(platform: Platform, press: ButtonPress) -> None:
    """A group was chosen: show what applies to it."""
    state, user = group_form.chosen(press.filled) or group_form.GroupFormState(press.sender.key), press.sender.chat_user
    preview = await platform.services.form_options.group_preview(user, state.group)
    state = state if preview.group else replace(state, group=None)
    form = group_form.build(state, preview, None, platform.clock.now())
    await platform.exchange(press.screen_id, form, seen=press.screen_version, insist=True)


async def look_up(platform: Platform, lookup: OptionsQuery) -> list[Choice]:
    """Answer a type-ahead with the groups that this person may ask for."""
    found = await platform.services.form_options.groups(lookup.sender.chat_user, lookup.typed)
    return [group_form.group_choice(group) for group in found]
