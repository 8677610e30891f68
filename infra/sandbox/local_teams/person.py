"""A person in Teams, who acts by labels and texts, never by ids, and waits by event, never by sleep."""

from collections.abc import Iterator

from infra.sandbox.changes import NotSeenError
from infra.sandbox.local_teams.activity_sender import Delivery
from infra.sandbox.local_teams.dialog import Answer, Dialog
from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.interactions import Interactions
from infra.sandbox.local_teams.model import Conversation, Message, StoredFile, TeamsUser
from infra.sandbox.local_teams.seen import SeenMessage
from infra.sandbox.local_teams.surface import PersonContext
from infra.sandbox.local_teams.tenant import Tenant

__all__ = ["Answer", "Dialog", "SeenMessage", "TeamsPerson"]


class TeamsPerson:
    def __init__(self, tenant: Tenant, interactions: Interactions, user: TeamsUser) -> None:
        self.user = user
        self._tenant = tenant
        self._context = PersonContext(tenant, interactions, user)

    @property
    def patience(self) -> float:
        """Seconds to wait for something to appear."""
        return self._context.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        self._context.patience = seconds

    async def types(
        self, line: str, channel: str = "", *, mention: bool = True, under: SeenMessage | None = None
    ) -> Answer:
        """Sends a line: to the bot in the 1:1 chat, or in a channel, where it mentions the bot unless told not to."""
        place = self._place(channel)
        if self.user not in place.members:
            raise NotSeenError(f"{self.user.name} is not in {channel}")
        named = place.kind == "channel" and mention
        said = f"<at>{self._tenant.app.name}</at> {line}" if named else line
        root = under.place if under else None
        delivery = await self._context.interactions.say(self.user, place, said, root)
        trouble = "" if delivery is None or delivery.ok else "the bot was not reached"
        return Answer(trouble=trouble, delivery=delivery)

    async def compose(self, command: str, channel: str = "") -> Answer:
        """Picks an action command of the bot under the box in which people write."""
        commands = self._tenant.app.compose_commands
        if command not in commands:
            raise NotSeenError(f"the compose box offers {sorted(commands)}, not {command!r}")
        interactions, place = self._context.interactions, self._place(channel)
        return self._opened(*await interactions.open_from_compose_box(self.user, place, commands[command]))

    async def choose(self, command: str, message: SeenMessage) -> Answer:
        """Picks an action command of the bot in the menu of a message."""
        commands = self._tenant.app.message_commands
        if command not in commands:
            raise NotSeenError(f"the menu of a message offers {sorted(commands)}, not {command!r}")
        interactions = self._context.interactions
        return self._opened(*await interactions.open_from_message(self.user, message.place, commands[command]))

    def _opened(self, delivery: Delivery, dialog: OpenDialog) -> Answer:
        shown = Dialog(self._context, dialog) if dialog.version and not dialog.trouble else None
        return Answer(dialog=shown, message=dialog.message, trouble=dialog.trouble, delivery=delivery)

    async def dialog(self, title: str = "") -> Dialog:
        """Waits for an open dialog whose title has these words."""
        found = await self._context.until(
            lambda: shown if (shown := self._tenant.dialogs.of(self.user)) and title in shown.title else None,
            lambda: f"no dialog {title!r} came up\n{self.sight()}",
        )
        return Dialog(self._context, found)

    def open_dialog(self) -> Dialog | None:
        """The dialog that is open now, if one is."""
        shown = self._tenant.dialogs.of(self.user)
        return Dialog(self._context, shown) if shown else None

    async def sees(self, words: str, channel: str = "", *, after: SeenMessage | None = None) -> SeenMessage:
        """Waits for a message with these words, newer than another one; the newest, if there are several.

        A card that asks to be made anew for whoever looks is made anew.
        """
        since = int(after.message.id) if after else 0
        found = await self._context.until(
            lambda: next((each for each in self._newest(channel, since) if words in each.text()), None),
            lambda: f"{self.user.name} never saw {words!r}\n{self.sight(channel)}",
        )
        return await found.follow_refresh()

    def reads(self, channel: str = "") -> list[SeenMessage]:
        """Everything readable now, there or anywhere, oldest first."""
        places = [self._place(channel)] if channel else self._tenant.conversations_of(self.user)
        visible = [each for place in places for each in self._tenant.messages.in_conversation(place.id)]
        mine = [each for each in visible if each.targeted_to in (None, self.user.mri)]
        return [self._seen(each) for each in sorted(mine, key=lambda each: int(each.id))]

    async def chat(self) -> list[SeenMessage]:
        """The messages in the 1:1 chat with the bot, oldest first."""
        there = self._tenant.messages.in_conversation(self._tenant.chat(self.user).id)
        return [self._seen(each) for each in there]

    async def private_answers(self) -> list[SeenMessage]:
        """The bot's messages in channels to this person alone, oldest first."""
        return [each for each in self.reads() if each.is_private]

    async def gets_file(self, name: str) -> StoredFile:
        """Waits until a file with these words in its name is in this person's OneDrive."""
        return await self._context.until(
            lambda: next((each for each in self._files() if name in each.name), None),
            lambda: f"no file {name!r}; there are {[each.name for each in self._files()]}",
        )

    async def installs(self) -> Answer:
        """Adds the app."""
        return Answer(delivery=await self._context.interactions.install(self.user))

    async def uninstalls(self) -> Answer:
        return Answer(delivery=await self._context.interactions.uninstall(self.user))

    def sight(self, channel: str = "") -> str:
        """All that is before this person's eyes, for a failed wait and for the curious."""
        lines = [f"{self.user.real_name} sees:"]
        dialog = self.open_dialog()
        if dialog:
            lines.append(f"[dialog]\n{dialog.text()}")
        for each in self.reads(channel):
            private = " (only you)" if each.is_private else ""
            lines.append(f"[{each.channel or 'chat'}]{private} {each.author}:\n{each.text()}")
        return "\n".join(lines if len(lines) > 1 else [*lines, "nothing"])

    def _newest(self, channel: str, since: int) -> Iterator[SeenMessage]:
        return (each for each in reversed(self.reads(channel)) if int(each.message.id) > since)

    def _place(self, channel: str) -> Conversation:
        return self._tenant.channel(channel) if channel else self._tenant.chat(self.user)

    def _seen(self, message: Message) -> SeenMessage:
        return SeenMessage(self._context, message)

    def _files(self) -> list[StoredFile]:
        return [each for each in self._tenant.files if each.owner is self.user and each.content is not None]
