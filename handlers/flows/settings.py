"""**Settings**: the same way as policies, from the form by the preview to one click."""

from core.domain.policy_diff import Section
from handlers.flows import policy_change
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.screens.policy_list import PolicyRef

_SETTINGS = PolicyRef(Section.SETTINGS)


async def open_form(platform: Platform, sender: Sender) -> None:
    await open_when_ready(platform, sender, "Settings", policy_change.edit_form(platform, sender, _SETTINGS))


async def press(platform: Platform, press: ButtonPress) -> None:
    await show_when_ready(platform, press, "Settings", policy_change.edit_form(platform, press.sender, _SETTINGS))
