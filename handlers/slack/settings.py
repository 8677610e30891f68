"""**Settings**: the same way as policies, from the form by the preview to one click."""

from core.domain.policy_diff import Section
from handlers.slack import policy_change
from handlers.slack.desk import Desk
from handlers.slack.opening import open_when_ready, show_when_ready
from handlers.slack.payloads import Press, Sender
from handlers.slack.views.policy_list import PolicyRef

_SETTINGS = PolicyRef(Section.SETTINGS)


async def open_form(desk: Desk, sender: Sender) -> None:
    await open_when_ready(desk, sender, "Settings", policy_change.edit_form(desk, sender, _SETTINGS))


async def press(desk: Desk, press: Press) -> None:
    await show_when_ready(desk, press, "Settings", policy_change.edit_form(desk, press.sender, _SETTINGS))
