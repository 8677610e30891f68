"""The state that all windows of one sandbox share: its parts, people, unread marks, and the switches of trouble."""

import secrets
from datetime import datetime
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from infra.sandbox.slack.model import App, Channel, User
from infra.sandbox.window.aws_panel import AwsPanel
from infra.sandbox.window.by_hand import ByHand
from infra.sandbox.window.people import People, Somebody
from infra.sandbox.window.services import WindowServices
from infra.sandbox.window.trouble import Troubles
from infra.sandbox.window.unread import Reading

STATIC = Path(__file__).with_name("static")


class SharedState:
    def __init__(self, services: WindowServices) -> None:
        self.services = services
        #: Another one after each start: by it a window knows that it is older than the sandbox.
        self.run = secrets.token_hex(4)
        self.people = People(services.company, services.policies)
        self.reading = Reading(services.slack.workspace)
        self.troubles = Troubles(services.aws, services.slack, services.teams, services.receiver)
        self.by_hand = ByHand(services.aws)
        self.panel = AwsPanel(services.company, services.aws, services.slack, services.teams)
        #: The last answer of `services.next_event`.
        self.next_at: datetime | None = None

    @property
    def app(self) -> App:
        return self.services.slack.app()

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
        return self.services.slack.workspace.user(somebody.name)

    def channels(self, user: User) -> list[Channel]:
        """The conversations of this person: channels by name, then direct ones."""
        visible = self.services.slack.workspace.visible_channels(user.id)
        return sorted(
            (each for each in visible if not each.is_archived), key=lambda each: (each.kind == "im", each.name)
        )

    def app_channel(self, user: User) -> Channel:
        """The direct conversation with the app; it begins when somebody looks at it."""
        return self.services.slack.workspace.direct_channel(self.app.bot_user_id, user.id)


_ICONS: dict[str, Markup] = {}


def icon(name: str) -> Markup:
    """One of Lucide's, drawn in the colour of the text; for eyes only."""
    if name not in _ICONS:
        svg = (STATIC / "vendor" / "lucide" / f"{name}.svg").read_text(encoding="utf-8")
        drawn = svg[svg.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
        _ICONS[name] = Markup(drawn.replace('class="lucide', 'class="icon lucide', 1))  # noqa: S704 - a file of ours
    return _ICONS[name]
