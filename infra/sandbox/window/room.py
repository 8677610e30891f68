"""What all windows of one sandbox share: its parts, who can be, how far they have read, the switches of trouble."""

import secrets
from datetime import datetime
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from infra.sandbox.slack.model import App, Channel, User
from infra.sandbox.window.behind import Behind
from infra.sandbox.window.people import People, Somebody
from infra.sandbox.window.premises import Premises
from infra.sandbox.window.trouble import Troubles
from infra.sandbox.window.unread import Reading

STATIC = Path(__file__).with_name("static")


class Room:
    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        #: Another one after each start: by it a window knows that it is older than the sandbox.
        self.run = secrets.token_hex(4)
        self.people = People(premises.company, premises.policies)
        self.reading = Reading(premises.slack.workspace)
        self.troubles = Troubles(premises.aws, premises.slack)
        self.behind = Behind(premises.company, premises.aws, premises.slack)
        #: The last answer of `premises.next_event`.
        self.next_at: datetime | None = None

    @property
    def app(self) -> App:
        return self.premises.slack.app()

    @cached_property
    def templates(self) -> Environment:
        made = Environment(
            loader=PackageLoader("infra.sandbox.window"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals["icon"] = icon
        return made

    def user(self, somebody: Somebody) -> User:
        return self.premises.slack.workspace.user(somebody.name)

    def channels(self, user: User) -> list[Channel]:
        """Where this person can read and write, channels by name, then direct conversations."""
        visible = self.premises.slack.workspace.visible_channels(user.id)
        return sorted(
            (each for each in visible if not each.is_archived), key=lambda each: (each.kind == "im", each.name)
        )

    def app_channel(self, user: User) -> Channel:
        """The direct conversation with the app; it begins when somebody looks at it."""
        return self.premises.slack.workspace.direct_channel(self.app.bot_user_id, user.id)


_ICONS: dict[str, Markup] = {}


def icon(name: str) -> Markup:
    """One of Lucide's, drawn in the colour of the text; for eyes only."""
    if name not in _ICONS:
        svg = (STATIC / "vendor" / "lucide" / f"{name}.svg").read_text(encoding="utf-8")
        drawn = svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
        _ICONS[name] = Markup(drawn.replace('class="lucide', 'class="icon lucide', 1))  # noqa: S704 - a file of ours
    return _ICONS[name]
