"""The driver in front of Teams."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from infra.sandbox.company import POLICIES_FILE, Company
from infra.sandbox.company_tenant import teams_channel
from infra.sandbox.local_teams import Dialog, SeenMessage, TeamsPerson
from tests.e2e.chat_driver import AUDIT, ChatDriver, Form, Message, Sent
from tests.e2e.in_teams import dialog_of
from tests.e2e.play import PATIENCE, PAYMENTS, Play

LOOKS = 50


class TeamsForm(Form):
    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog

    def text(self) -> str:
        return self._dialog.text()

    def labels(self) -> list[str]:
        return self._dialog.labels()

    def value(self, label: str) -> str:
        return self._dialog.value(label)

    async def shows(self, words: str) -> str:
        return await self._dialog.shows(words)

    async def choose(self, label: str, words: str, query: str | None = None) -> None:
        await self._dialog.choose(label, words, query=query)

    async def fill(self, label: str, text: str) -> None:
        await self._dialog.fill(label, text)

    async def look(self, words: str) -> str:
        for _ in range(LOOKS):  # nothing that changes later shows before somebody looks
            await self._dialog.press("Check")
            if words in self._dialog.text():
                break
            await asyncio.sleep(0.1)
        return await self._dialog.shows(words)

    async def press(self, button: str, title: str, near: str = "") -> Form:
        dialog = dialog_of(await self._dialog.press(button, near=near))
        assert title in dialog.title, dialog.text()
        return TeamsForm(dialog)

    async def send(self, button: str) -> Sent:
        answer = await self._dialog.submit(button)
        assert not answer.trouble, answer.trouble
        if answer.closed or answer.errors:
            return Sent(answer.errors)
        return Sent(said=self._dialog.text())

    async def followed_by(self, title: str) -> Form:
        assert title in self._dialog.title, self._dialog.text()
        return self

    async def close(self) -> None:
        await self._dialog.close()


class TeamsDriver(ChatDriver):
    def __init__(self, play: Play) -> None:
        super().__init__(play)
        self._homes: Counter[str] = Counter()
        """The number of times that each has asked for Home: it is posted then, and else changed where it is."""

    @staticmethod
    def policies(company: Company, folder: Path) -> Path:
        text = POLICIES_FILE.read_text(encoding="utf-8")
        for name in ("payments-approvals", "data-approvals", "security-approvals"):
            text = text.replace(company.channel(name).id, f"'{teams_channel(name)}'")
        path = folder / "policies.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    async def settle_in(self) -> None:
        await self.play.stage.teams.tell_teams()

    async def greet(self, who: str) -> None:
        await self._person(who).installs()
        await self._says(who, "in IAM Identity Center", after=0)
        self._homes[who] += 1

    async def home(self, who: str, words: str) -> str:
        return (await self._home(who, words)).text()

    async def decide_at_home(self, who: str, words: str, button: str) -> None:
        form = await self.open(who, await self._home(who, words), button, button)
        answer = await form.send(button)
        assert not answer.errors, answer.errors

    async def _home(self, who: str, words: str) -> SeenMessage:
        before = self._newest(who)
        self._homes[who] += 1
        await self._person(who).types("home")
        return await self._says(who, words, after=before)

    async def word(self, who: str, line: str, words: str) -> SeenMessage:
        before = self._newest(who)
        await self._person(who).types(line)
        return await self._says(who, words, after=before)

    async def form(self, who: str, line: str, title: str) -> Form:
        offered = await self.word(who, line, title)
        return await self.open(who, offered, title, title)

    async def open(self, who: str, message: Message, button: str, title: str, near: str = "") -> Form:  # noqa: ARG002 - the message knows who reads it
        assert isinstance(message, SeenMessage)
        dialog = dialog_of(await message.refreshed().press(button, near=near))
        assert title in dialog.title, dialog.text()
        return TeamsForm(dialog)

    async def press(self, who: str, message: Message, button: str, words: str, *, as_seen: bool = False) -> str:  # noqa: ARG002 - the message knows who reads it
        assert isinstance(message, SeenMessage)
        answer = await message.press(button, as_seen=as_seen)
        assert not answer.trouble, answer.trouble
        assert words in answer.message, answer.dialog.text() if answer.dialog else answer
        return answer.message

    async def card(self, who: str, number: str, words: str, channel: str = PAYMENTS) -> SeenMessage:
        person = self._person(who)

        def is_it(each: SeenMessage) -> bool:
            text = each.text()
            return (
                number in text.partition("\n")[0]
                and " asks for " in text
                and words in text
                and each.message.root_id is None
            )

        return await self._until(
            lambda: next(filter(is_it, reversed(person.reads(channel))), None),
            lambda: f"{who} never saw a card of {number} with {words!r}\n{person.sight(channel)}",
        )

    async def told(self, who: str, number: str, words: str) -> SeenMessage:
        return await self._until(
            lambda: next((m for m in self._told(who) if number in m.text() and words in m.text()), None),
            lambda: f"{who} was never told {words!r} of {number}\n{self._person(who).sight()}",
        )

    async def audited(self, number: str, words: str) -> SeenMessage:
        return await self._until(
            lambda: next((m for m in self.audit_lines() if number in m.text() and words in m.text()), None),
            lambda: f"no line of {number} with {words!r}\n{self._person('erin').sight(AUDIT)}",
        )

    def audit_lines(self) -> list[SeenMessage]:
        return self._person("erin").reads(AUDIT)

    async def export(self, who: str, listed: Message, words: str) -> bytes:
        assert isinstance(listed, SeenMessage)
        offer = await self._person(who).sees(words, after=listed)
        assert (await offer.allow_file()).status == 200
        file = await self._person(who).gets_file("team-requests")
        return file.content or b""

    def refused(self) -> list[object]:
        """The bot asks whether somebody is in a channel by looking for them there: not to be found is an answer."""
        teams = self.play.stage.teams
        calls = (each for each in teams.calls.refused() if each.operation != "getMember")
        return [*teams.complaints, *calls, *teams.shortcomings, *self._homes_too_many()]

    def _homes_too_many(self) -> list[object]:
        """Home cards that were posted without somebody asking for them, or not posted."""
        tenant = self.play.stage.teams.tenant
        chats = {tenant.chat(self._person(who).user).id: who for who in self._homes}
        sent = self.play.stage.teams.calls.named("sendActivity")
        posted = Counter(chats[each.conversation] for each in sent if '"home": true' in json.dumps(each.body))
        return [] if posted == self._homes else [("Homes posted", posted, "asked for", self._homes)]

    def _person(self, who: str) -> TeamsPerson:
        person = self.play.stage.teams.person(who)
        person.patience = PATIENCE
        return person

    def _told(self, who: str) -> list[SeenMessage]:
        """The bot's messages to this person in the 1:1 chat, oldest first."""
        person = self._person(who)
        return [m for m in person.reads() if not m.channel and m.message.sender != person.user.mri]

    def _newest(self, who: str) -> int:
        return max((int(m.message.id) for m in self._person(who).reads()), default=0)

    async def _says(self, who: str, words: str, *, after: int) -> SeenMessage:
        """The bot's answer since then."""
        return await self._until(
            lambda: next((m for m in self._told(who) if int(m.message.id) > after and words in m.text()), None),
            lambda: f"{who} was never answered {words!r}\n{self._person(who).sight()}",
        )

    async def _until(self, look: Callable[[], SeenMessage | None], otherwise: Callable[[], str]) -> SeenMessage:
        changes = self.play.stage.teams.tenant.changes
        return await changes.until(look, within=PATIENCE, otherwise=otherwise)
