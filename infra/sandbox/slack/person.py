"""A person in Slack, who acts by labels and texts, never by ids, and waits by event, never by sleep."""

import contextlib
from collections.abc import Iterator

from infra.sandbox.changes import NotSeenError
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.model import App, Channel, Message, User, View
from infra.sandbox.slack.options import Menus
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.slack.screen import Answer, Modal, PersonContext, Screen
from infra.sandbox.slack.seen import SeenMessage
from infra.sandbox.slack.workspace import Workspace

__all__ = ["Answer", "Home", "Modal", "NotSeenError", "Person", "SeenMessage"]

#: How long to wait for an app to publish its Home anew, once it was told that somebody looks.
HOME_REFRESH = 1.0


class Home(Screen):
    """The app's Home tab."""


class Person:
    def __init__(self, workspace: Workspace, interactions: Interactions, user: User) -> None:
        self.user = user
        self._workspace = workspace
        renderer = TextRenderer(workspace, user)
        menus = Menus(workspace, interactions, user, renderer)
        self._context = PersonContext(workspace, interactions, user, renderer, menus)

    @property
    def patience(self) -> float:
        """Seconds to wait for something to appear."""
        return self._context.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        self._context.patience = seconds

    async def types(self, line: str, channel: str = "") -> Answer:
        """Sends a line; with a slash first it is a command, and the answer that came straight back is told.

        A channel is named as in `general` or `#general`, a direct conversation as in `@teambot`.
        """
        place = self._place(channel) if channel else self._usual_place()
        if self.user.id not in place.members:
            raise NotSeenError(f"{self.user.name} is not in {channel}")
        if not line.startswith("/"):
            self._context.interactions.say(self.user, place, line)
            return Answer()
        delivery, came = await self._context.interactions.command(self.user, place, line)
        return Answer(
            modal=self._context.modal_on_top(),
            trouble=delivery.ack.problem or None if delivery else "invalid_command",
            message=came,
            delivery=delivery,
        )

    async def chooses(self, name: str, about: SeenMessage | None = None) -> Answer:
        """Chooses an app's shortcut by its name, anywhere or for a message."""
        for app in self._workspace.apps.values():
            for each in app.shortcuts:
                if each.name == name and each.for_messages == (about is not None):
                    message = about.message if about is not None else None
                    delivery = await self._context.interactions.shortcut(self.user, app, each, message)
                    return Answer(
                        modal=self._context.modal_on_top(), trouble=delivery.ack.problem or None, delivery=delivery
                    )
        raise NotSeenError(f"no app offers the shortcut {name!r} there")

    async def modal(self, title: str = "") -> Modal:
        """Waits for an open modal, the one on top, whose title has these words."""
        view = await self._context.until(
            lambda: self._top(title), lambda: f"no modal {title!r} came up\n{self.sight()}"
        )
        return Modal(self._context, view)

    def modals(self) -> list[Modal]:
        """The whole stack, the one on top last."""
        return [Modal(self._context, each) for each in self._workspace.views.stack(self.user.id)]

    async def sees(self, words: str, channel: str = "", *, after: SeenMessage | None = None) -> SeenMessage:
        """Waits for a message with these words, newer than another one; the newest, if there are several."""
        since = after.message.ts if after else ""
        return await self._context.until(
            lambda: next((each for each in self._newest(channel, since) if words in each.text()), None),
            lambda: f"{self.user.name} never saw {words!r}\n{self.sight(channel)}",
        )

    def reads(self, channel: str = "", *, naming: str = "") -> list[SeenMessage]:
        """Everything readable now, there or anywhere, oldest first.

        ``naming``: only what has this word, one that no markup divides; to read a whole history takes long.
        """
        there = self._place(channel).id if channel else ""
        visible = self._workspace.visible_messages(self.user.id)
        return [self._seen(each) for each in visible if there in ("", each.channel_id) and each.has(naming)]

    async def direct_messages(self) -> list[SeenMessage]:
        """The messages in direct conversations, oldest first."""
        direct = {each.id for each in self._workspace.visible_channels(self.user.id) if each.kind == "im"}
        return [each for each in self.reads() if each.message.channel_id in direct and not each.is_ephemeral]

    async def ephemerals(self) -> list[SeenMessage]:
        """The messages that only this person sees, oldest first."""
        return [self._seen(each) for each in self._workspace.messages.ephemeral_to(self.user.id)]

    async def home(self, words: str = "", app: App | None = None) -> Home:
        """Opens the app's Home; what is there once the app had its chance to publish it, with these words."""
        owner = app or next(iter(self._workspace.apps.values()))
        before = self._workspace.views.home(owner.app_id, self.user.id)
        stale = before.hash if before else ""
        self._context.interactions.open_home(self.user, owner)
        if before is not None and not words:
            with contextlib.suppress(NotSeenError):
                await self._workspace.changes.until(
                    lambda: self._home(owner, words, stale), within=HOME_REFRESH, otherwise=str
                )
        view = await self._context.until(
            lambda: self._home(owner, words), lambda: f"no Home with {words!r}\n{self._shown_home(owner)}"
        )
        return Home(self._context, view)

    def sight(self, channel: str = "") -> str:
        """All that is before this person's eyes, for a failed wait and for the curious."""
        renderer = self._context.renderer
        lines = [f"{self.user.real_name} sees:"]
        lines += [f"[modal]\n{renderer.view(each)}" for each in self._workspace.views.stack(self.user.id)]
        for each in self.reads(channel):
            private = " (only you)" if each.is_ephemeral else ""
            lines.append(f"[{each.channel or 'direct'}]{private} {each.author}:\n{each.text()}")
        return "\n".join(lines if len(lines) > 1 else [*lines, "nothing"])

    def _newest(self, channel: str, since: str) -> Iterator[SeenMessage]:
        return (each for each in reversed(self.reads(channel)) if each.message.ts > since)

    def _place(self, channel: str) -> Channel:
        if channel.startswith("@"):
            return self._workspace.direct_channel(self.user.id, self._workspace.user(channel[1:]).id)
        return self._workspace.channel(channel)

    def _usual_place(self) -> Channel:
        mine = self._workspace.visible_channels(self.user.id)
        if not mine:
            raise NotSeenError(f"{self.user.name} is in no channel to type in")
        return next((each for each in mine if each.name == "general"), mine[0])

    def _seen(self, message: Message) -> SeenMessage:
        return SeenMessage(self._context, message)

    def _top(self, title: str) -> View | None:
        view = self._workspace.views.top(self.user.id)
        return view if view is not None and title in view.title else None

    def _home(self, app: App, words: str, stale: str = "") -> View | None:
        view = self._workspace.views.home(app.app_id, self.user.id)
        if view is None or view.hash == stale:
            return None
        return view if words in self._context.renderer.view(view) else None

    def _shown_home(self, app: App) -> str:
        view = self._workspace.views.home(app.app_id, self.user.id)
        return self._context.renderer.view(view) if view else "nothing is published"
