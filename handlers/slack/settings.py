"""**Settings**: the same way as policies, from the form by the preview to one click."""

from core.domain.policy_diff import Section
from handlers.screens.policy_list import PolicyRef
from handlers.slack import policy_change
from handlers.slack.context import SlackContext
from handlers.slack.modals import open_when_ready, show_when_ready
from handlers.slack.payloads import ButtonClick, Sender

_SETTINGS = PolicyRef(Section.SETTINGS)


async def open_form(slack: SlackContext, sender: Sender) -> None:
    await open_when_ready(slack, sender, "Settings", policy_change.edit_form(slack, sender, _SETTINGS))


async def press(slack: SlackContext, press: ButtonClick) -> None:
    await show_when_ready(slack, press, "Settings", policy_change.edit_form(slack, press.sender, _SETTINGS))
