"""The parts of a window of one person at one place, each as the HTML of one element with an id of its own."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from infra.sandbox.slack.model import Channel, Shortcut, User
from infra.sandbox.window.by_hand import FIRST, HANDS
from infra.sandbox.window.commands import SUBCOMMANDS
from infra.sandbox.window.conversation import conversation, face_of, other, title
from infra.sandbox.window.drawing import Reader, draw_home, draw_modal
from infra.sandbox.window.people import APPROVE, ASK, Somebody
from infra.sandbox.window.shared_state import SharedState
from infra.sandbox.window.teams.page import TeamsPage

Part = Literal[
    "sidebar",
    "talk",
    "modal",
    "strip",
    "aws",
    "clock",
    "trouble",
    "hands",
    "events",
    "refusals",
    "teams",
    "teams_dialog",
]
PARTS: tuple[Part, ...] = ("sidebar", "talk", "modal", "strip", "aws", "clock", "trouble", "hands", "refusals")
TEAMS_PARTS: tuple[Part, ...] = ("teams", "teams_dialog")
EVENT_PARTS: tuple[Part, ...] = ("events",)
EVENTS_SHOWN = 12

Context = dict[str, Any]
HOME = "home"


@dataclass(frozen=True)
class Entry:
    """One line of the sidebar."""

    name: str
    address: str
    kind: str
    unread: int
    is_current: bool
    face: Any = None


class Page:
    def __init__(
        self,
        shared: SharedState,
        somebody: Somebody,
        channel: Channel | None,
        in_teams: str = "",
        earlier_modal: str = "",
    ) -> None:
        """At a conversation of Slack, or at the app's Home; and at one of Teams, the chat with the app by default.

        A window does not show the modal that was open before it was, ``earlier_modal``.
        """
        self.shared = shared
        self.somebody = somebody
        self.channel = channel
        self.user: User = shared.user(somebody)
        self.reader = Reader(shared.services.slack.workspace, self.user)
        teams = shared.services.teams
        self.teams = TeamsPage(teams, teams.tenant.person(somebody.name), self.reader.base, in_teams) if teams else None
        self._earlier_modal = earlier_modal

    @property
    def parts(self) -> tuple[Part, ...]:
        with_teams = TEAMS_PARTS if self.teams else ()
        return PARTS + with_teams + (EVENT_PARTS if self.shared.services.receiver else ())

    @property
    def path(self) -> str:
        """Of the live connection of this place, below the person's address."""
        return f"c/{self.channel.id}" if self.channel else HOME

    def page(self) -> str:
        """The whole page, as a window that opens now."""
        self._earlier_modal = "" if self.shared.services.demo.is_on else self._bottom_modal()
        parts = {part: self.part(part) for part in self.parts}
        return self._rendered("page.html", {**self._shell(), "parts": parts})

    def part(self, part: Part) -> str:
        context: Context = getattr(self, f"_{part}")()
        return self._rendered(f"{part}.html", context)

    def heading(self) -> str:
        """The title of the window, with what is unread elsewhere."""
        elsewhere = sum(
            self.shared.reading.unread(self.user, each)
            for each in self.shared.channels(self.user)
            if self.channel is None or each.id != self.channel.id
        )
        count = f"({elsewhere}) " if elsewhere else ""
        here = self._title() if self.channel else "Home"
        return f"{count}{here} · {self.user.real_name} · TEAM Bot sandbox"

    def sees(self) -> bool:
        """Marks what stands here as read; whether anything of it was new."""
        return self.channel is not None and self.shared.reading.has_read(self.user, self.channel)

    def _rendered(self, template: str, context: Context) -> str:
        shared = {"base": self.reader.base, "me": self.user, "zone": self.reader.zone_name}
        return self.shared.templates.get_template(template).render(**shared, **context)

    def _title(self) -> str:
        if self.channel is None:
            return self.shared.app.name
        return f"{'' if self.channel.kind == 'im' else '#'}{title(self.channel, self.reader)}"

    def _shell(self) -> Context:
        return {
            "run": self.shared.run,
            "path": self.path,
            "earlier_modal": self._earlier_modal,
            "heading": self.heading(),
            "groups": self.shared.people.groups(),
            "somebody": self.somebody,
            "my_face": face_of(self.user),
            "subcommands": SUBCOMMANDS,
            "shortcuts": self._shortcuts(for_messages=False),
            "is_member": self.channel is not None and self.user.id in self.channel.members,
            "guide": self._guide(),
            "teams": self.teams.context() if self.teams else None,
        }

    def _shortcuts(self, *, for_messages: bool) -> list[Shortcut]:
        """The app's own, as Slack lists them: by name."""
        found = (each for each in self.shared.app.shortcuts if each.for_messages == for_messages)
        return sorted(found, key=lambda each: each.name)

    def _guide(self) -> Context | None:
        """Three steps for a newcomer, each with where it begins; where a newcomer begins, and nowhere else."""
        people, workspace = self.shared.people, self.shared.services.slack.workspace
        if self.somebody is not people.first(ASK) or self.channel is None or self.channel.kind != "public":
            return None
        if self.user.id not in self.channel.members:
            return None
        approver = people.first(APPROVE)
        seen = workspace.visible_channels(workspace.user(approver.name).id)
        where = next((each for each in seen if each.name.endswith("approvals")), seen[0])
        return {
            "approver": approver,
            "outsider": people.outsider(),
            "approve_at": f"/as/{approver.name}/c/{where.id}",
            "where": where.name,
        }

    def _sidebar(self) -> Context:
        mine = self.shared.channels(self.user)
        app_channel = self.shared.app_channel(self.user)
        direct = [each for each in mine if each.kind == "im" and each.id != app_channel.id]
        home = Entry("Home", f"{self.reader.base}/home", "home", 0, self.channel is None)
        return {
            "team": self.shared.services.slack.workspace.name,
            "home": home,
            "channels": [self._entry(each) for each in mine if each.kind in ("public", "private")],
            "direct": [self._entry(each) for each in [app_channel, *direct]],
        }

    def _entry(self, channel: Channel) -> Entry:
        return Entry(
            title(channel, self.reader),
            self.reader.conversation(channel.id),
            channel.kind,
            self.shared.reading.unread(self.user, channel),
            self.channel is not None and channel.id == self.channel.id,
            face_of(other(channel, self.reader)) if channel.kind == "im" else None,
        )

    def _talk(self) -> Context:
        app = self.shared.app
        app_channel = self.shared.app_channel(self.user)
        shared: Context = {
            "title": self._title(),
            "app": app,
            "home_address": f"{self.reader.base}/home",
            "app_address": self.reader.conversation(app_channel.id),
            "is_app": self.channel is None or self.channel.id == app_channel.id,
        }
        if self.channel is None:
            view = self.reader.workspace.views.home(app.app_id, self.user.id)
            drawn = draw_home(view, self.reader) if view else None
            return {**shared, "channel": None, "home": drawn, "days": [], "has_app": True}
        return {
            **shared,
            "channel": self.channel,
            "home": None,
            "days": conversation(self.channel, self.reader, self.shared.reading),
            "has_app": app.bot_user_id in self.channel.members,
            "message_shortcuts": self._shortcuts(for_messages=True),
        }

    def _modal(self) -> Context:
        stack = self.reader.workspace.views.stack(self.user.id)
        if stack and stack[0].id == self._earlier_modal:
            stack = []
        drawn = draw_modal(stack[-1], self.reader, depth=len(stack)) if stack else None
        playing = self.shared.services.demo.is_on
        return {"form": drawn, "view_id": stack[-1].id if stack else "", "is_playing": playing}

    def _bottom_modal(self) -> str:
        stack = self.reader.workspace.views.stack(self.user.id)
        return stack[0].id if stack else ""

    def _strip(self) -> Context:
        is_running, is_starting = self._bot()
        return {
            "on": self.shared.troubles.on(),
            "is_down": not is_running,
            "is_starting": is_starting,
            "is_playing": self.shared.services.demo.is_on,
            "played": self.shared.services.demo.played,
            "ahead": _length(self.shared.services.clock.ahead),
        }

    def _aws(self) -> Context:
        panel = self.shared.panel
        return {
            "held": panel.held(),
            "joined": panel.joined(),
            "underway": panel.underway(),
            "calls": panel.calls(),
            "count": panel.call_count(),
        }

    def _clock(self) -> Context:
        now = self.shared.services.clock.now()
        return {
            "now": now,
            "local": now.astimezone(self.reader.zone),
            "ahead": _length(self.shared.services.clock.ahead),
            "tells_next": self.shared.services.next_event is not None,
            "next_in": self._until_next(now),
            "is_down": not self._bot()[0],
            "clock_24h": self.user.clock_24h,
        }

    def _until_next(self, now: dt.datetime) -> str:
        if self.shared.next_at is None:
            return ""
        if self.shared.next_at <= now:
            return "now"
        return _length(self.shared.next_at - now) or "less than a minute"

    def _trouble(self) -> Context:
        is_running, is_starting = self._bot()
        return {
            "switches": self.shared.troubles.all,
            "has_bot": self.shared.services.bot is not None,
            "is_running": is_running,
            "is_starting": is_starting,
        }

    def _hands(self) -> Context:
        return {
            "hands": HANDS,
            "first": FIRST,
            "choices": self.shared.by_hand.choices(),
            "has_import": self.shared.services.team_import is not None,
        }

    def _bot(self) -> tuple[bool, bool]:
        """The bot's state: running, about to run or stopped; without a bot, nobody waits for it."""
        bot = self.shared.services.bot
        if self.shared.services.demo.is_preparing:
            return False, True
        return bot is None or bot.is_running, bot is not None and bot.is_starting

    def _refusals(self) -> Context:
        return {"refusals": self.shared.panel.refusals(), "has_teams": self.teams is not None}

    def _events(self) -> Context:
        receiver = self.shared.services.receiver
        found = receiver.deliveries() if receiver else []
        return {"events": found[:EVENTS_SHOWN], "count": len(found)}

    def _teams(self) -> Context:
        return self.teams.context() if self.teams else {}

    def _teams_dialog(self) -> Context:
        return {"shown": self.teams.dialog() if self.teams else {}}


def _length(of: dt.timedelta) -> str:
    """In hours and minutes; empty for less than half a minute."""
    hours, minutes = divmod(round(of.total_seconds() / 60), 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]))
