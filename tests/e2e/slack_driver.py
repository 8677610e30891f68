"""The driver in front of Slack."""

from pathlib import Path

from infra.sandbox.company import POLICIES_FILE, Company
from infra.sandbox.slack.screen import Modal
from infra.sandbox.slack.seen import SeenMessage
from tests.e2e.chat_driver import AUDIT, ChatDriver, Form, Message, Sent
from tests.e2e.play import PAYMENTS, Play

_REDRAWN = {"Account", "Permission set"}
"""Fields of **Request access** whose choice changes the form by itself."""


class SlackForm(Form):
    def __init__(self, play: Play, who: str, modal: Modal) -> None:
        self._play, self._who, self._modal = play, who, modal

    def text(self) -> str:
        return self._modal.text()

    def labels(self) -> list[str]:
        return self._modal.labels()

    def value(self, label: str) -> str:
        return self._modal.value(label)

    async def shows(self, words: str) -> str:
        return await self._modal.shows(words)

    async def choose(self, label: str, words: str, query: str | None = None) -> None:
        if self._modal.title == "Request access" and label in _REDRAWN:
            await self._play.choose(self._modal, label, words)
        else:
            await self._modal.choose(label, words, query=query)

    async def fill(self, label: str, text: str) -> None:
        await self._modal.fill(label, text)

    async def look(self, words: str) -> str:
        return await self._modal.shows(words)

    async def press(self, button: str, title: str, near: str = "") -> Form:
        await self._modal.press(button, near=near)
        return SlackForm(self._play, self._who, await self._play.person(self._who).modal(title))

    async def send(self, button: str) -> Sent:  # noqa: ARG002 - a modal has one button that sends it
        answer = await self._play.submit(self._modal)
        assert not answer.trouble, answer.trouble
        if answer.closed or answer.errors:
            return Sent(answer.errors)
        assert answer.modal is not None
        return Sent(said=answer.modal.text())

    async def followed_by(self, title: str) -> Form:
        return SlackForm(self._play, self._who, await self._play.person(self._who).modal(title))

    async def close(self) -> None:
        await self._modal.close(whole_stack=True)


class SlackDriver(ChatDriver):
    @staticmethod
    def policies(company: Company, folder: Path) -> Path:  # noqa: ARG004 - they name channels of Slack
        return POLICIES_FILE

    async def settle_in(self) -> None:
        """It is in its channels from the beginning."""

    async def greet(self, who: str) -> None:
        await self.play.person(who).home()

    async def home(self, who: str, words: str) -> str:
        return (await self.play.person(who).home(words)).text()

    async def decide_at_home(self, who: str, words: str, button: str) -> None:
        await (await self.play.person(who).home(words)).press(button)

    async def word(self, who: str, line: str, words: str) -> SeenMessage:
        return await self.play.command(who, f"/team {line}", words)

    async def form(self, who: str, line: str, title: str) -> Form:
        person = self.play.person(who)
        await person.types(f"/team {line}")
        return SlackForm(self.play, who, await person.modal(title))

    async def open(self, who: str, message: Message, button: str, title: str, near: str = "") -> Form:
        assert isinstance(message, SeenMessage)
        await message.refreshed().press(button, near=near)
        return SlackForm(self.play, who, await self.play.person(who).modal(title))

    async def press(self, who: str, message: Message, button: str, words: str, *, as_seen: bool = False) -> str:
        assert isinstance(message, SeenMessage)
        before = {each.message.ts for each in self.play.person(who).reads() if each.is_ephemeral}
        await message.press(button, as_seen=as_seen)
        person = self.play.person(who)
        said = await self.play.until(
            lambda: next(
                (
                    each
                    for each in person.reads()
                    if each.is_ephemeral and each.message.ts not in before and words in each.text()
                ),
                None,
            ),
            lambda: f"{who} pressed {button} and was never told {words!r}\n{person.sight()}",
        )
        return said.text()

    async def card(self, who: str, number: str, words: str, channel: str = PAYMENTS) -> SeenMessage:
        return await self.play.card(who, number, channel, words)

    async def told(self, who: str, number: str, words: str) -> SeenMessage:
        return await self.play.told(who, number, words)

    async def audited(self, number: str, words: str) -> SeenMessage:
        return await self.play.until(
            lambda: next((m for m in self.audit_lines() if number in m.text() and words in m.text()), None),
            lambda: f"no line of {number} with {words!r}\n{self.play.person('erin').sight(AUDIT)}",
        )

    def audit_lines(self) -> list[SeenMessage]:
        return self.play.person("erin").reads(AUDIT)

    async def export(self, who: str, listed: Message, words: str) -> bytes:
        del listed
        sent = await self.play.person(who).sees(words)
        (file,) = sent.message.files
        content = self.play.stage.slack.workspace.files[file].content
        assert content is not None
        return content

    def refused(self) -> list[object]:
        slack = self.play.stage.slack
        return [*slack.complaints, *((call.method, call.error) for call in slack.calls.refused())]
