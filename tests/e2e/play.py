"""A stage with the company on it, a bot that takes it for real, and the hands of the people in short words."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from core.domain.replicas import ALIVE_WITHIN
from infra.sandbox.aws import LocalAws
from infra.sandbox.bot_process import BotProcess
from infra.sandbox.company import POLICIES_FILE, Company, example_company
from infra.sandbox.slack.person import Person
from infra.sandbox.slack.screen import Answer, Modal
from infra.sandbox.slack.seen import SeenMessage
from infra.sandbox.stage import Stage
from tests.e2e.book import Book
from tests.e2e.forked import ForkedBot
from tests.e2e.unhurried import give_slack_time
from tests.kept_secrets import secrets_in

Found = TypeVar("Found")

PATIENCE = 120.0
"""Seconds that anything may take; the machine is busy with other tests."""
HALF_DONE = 3.0
"""Seconds that a clock waits, at most, for what the bot has half done: some of it stands still on purpose."""
PROVISIONING = 0.1
STOP_WITHIN = "2"
"""Seconds. By default an end over HTTP waits five for balancers to look; there is none. Tests of the end set their own.
"""
SENT = ("was sent", "needs no approval", "is active until")
"""The first words to a requester; a request that needs no approval may be active a moment later."""
IN_HAND = ("is saved; you'll get a message", "is saved, and the outcome comes as a direct message")
"""The words of a form when the bot is busy, in this release and in the one before."""
TRIES = 3
"""The number of times that a form is sent again on a machine so busy that Slack had trouble connecting."""
PAYMENTS = "payments-approvals"
NUMBER = re.compile(r"R-\d+")


class Bot(Protocol):
    """The part of a process that a play needs: ``BotProcess`` and ``ForkedBot`` both have it."""

    log: Path
    url: str
    environment: dict[str, str]

    @property
    def events_url(self) -> str: ...

    @property
    def messages_url(self) -> str: ...
    @property
    def is_running(self) -> bool: ...
    async def start(self) -> None: ...
    async def kill(self) -> None: ...
    async def stop(self) -> int: ...
    def tail(self, lines: int = 60) -> str: ...


@dataclass(frozen=True, slots=True)
class Target:
    """The account and permission set that are asked for, by name and by account id."""

    account: str
    account_id: str
    permission_set: str

    def held_by(self, user: str) -> tuple[str, str, str]:
        """The assignment as AWS lists it."""
        return (self.account_id, self.permission_set, user)


PROD_POWER = Target("Payments Prod", "111122223333", "PowerUserAccess")
PROD_READ = Target("Payments Prod", "111122223333", "ReadOnlyAccess")
PROD_ADMIN = Target("Payments Prod", "111122223333", "AdministratorAccess")
STAGING_POWER = Target("Payments Staging", "111122224444", "PowerUserAccess")
STAGING_READ = Target("Payments Staging", "111122224444", "ReadOnlyAccess")
LEDGER_POWER = Target("Ledger Prod", "111122225555", "PowerUserAccess")
LEDGER_READ = Target("Ledger Prod", "111122225555", "ReadOnlyAccess")
SANDBOX_ADMIN = Target("Sandbox Ada", "666677778888", "AdministratorAccess")
AUDIT_NETWORK = Target("Network", "333344445555", "SecurityAudit")


class Play:
    """``async with Play(…) as play`` raises the curtain: migrated, policies applied, served."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        company: Company | None = None,
        socket_mode: bool = False,
        with_slack: bool = True,
        with_teams: bool = False,
        forked: bool = True,
        hurried: bool = False,
        policies: Path | None = POLICIES_FILE,
        variables: Mapping[str, str] | None = None,
        activity: str = "",
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        """``activity`` names a source of session activity to be configured, ``secrets`` are in AWS before the start.

        ``hurried``: Slack waits for three seconds, as it does in life.
        """
        self.database_url = database_url
        self.book = Book(database_url)
        self.ahead = timedelta()
        chats = {"socket_mode": socket_mode, "with_slack": with_slack, "with_teams": with_teams}
        self.stage = Stage(company or example_company(), clock=self.now, **chats)
        self._clock = folder / "clock"
        self._policies = policies
        self.hurried = hurried or not forked
        if not self.hurried:
            give_slack_time(self.stage.slack)
        self._make = partial(ForkedBot, hurried=hurried) if forked else BotProcess
        self._log = folder / "bot.log"
        self._variables = variables or {}
        self._activity = activity
        self._secrets = secrets or {}
        self._read_from = 0
        self._scene_began = 0.0
        self.bot: Bot

    def now(self) -> float:
        """The time on this stage."""
        return time.time() + self.ahead.total_seconds()

    async def __aenter__(self) -> Self:
        await self.stage.__aenter__()
        try:
            if self._activity:
                self._variables = {**self.stage.aws.activity_environment(self._activity), **self._variables}
            self.aws.conduct.provisioning_seconds = PROVISIONING
            for name, text in self._secrets.items():
                self.aws.put_secret(name, text)
            self.bot = self._make(self._environment(), self._log)
            self._commands = ForkedBot(self._environment(), self._log)
            if self._policies is not None:
                await self.apply(self._policies)
            await self.start()
        except BaseException:
            print(self.log())  # noqa: T201 - pytest shows it with the failure
            await self.stage.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.lift()
            await self.bot.stop()
        finally:
            await self.stage.__aexit__(kind, error, traceback)
            print(self.log())  # noqa: T201 - pytest shows it with the failure
        assert secrets_in(self.whole_log()) == [], "the log has a secret"

    def _environment(self) -> dict[str, str]:
        return {
            **self.stage.environment(),
            "TEAMBOT_DATABASE_URL": self.database_url,
            "TEAMBOT_AUDIT_CHANNEL": "C0AUDIT",
            "TEAMBOT_SANDBOX_CLOCK": str(self._clock),
            "TEAMBOT_LOG_FORMAT": "console",
            "TEAMBOT_ENV_FILE": "/dev/null",
            "TEAMBOT_STOP_WITHIN": STOP_WITHIN,
            **self._variables,
        }

    async def start(self) -> None:
        """Start the bot; Slack and Teams know where it is."""
        slack = self.stage.slack
        self.stage.teams.deliver_to(self.bot.messages_url)
        slack.deliver_to(self.bot.events_url)
        await self.bot.start()
        if self.stage.socket_mode:
            await slack.until_connected(within=PATIENCE)

    async def run(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """One command of the command line, beside the bot: exit code, standard output, standard error."""
        code, out, err = await self._commands.run(*arguments, **variables)
        assert secrets_in(out + err) == [], "a command shows a secret"
        return code, out, err

    async def apply(self, policies: Path) -> None:
        """``policy apply``, and it has to work."""
        code, out, err = await self.run("policy", "apply", str(policies))
        assert code == 0, f"{out}\n{err}"

    def lift(self) -> None:
        """Everything that was told to go wrong goes right again."""
        self.aws.up()
        self.aws.release()
        self.stage.slack.faults.clear()
        self.stage.teams.faults.clear()

    @property
    def aws(self) -> LocalAws:
        return self.stage.aws

    # --- time --------------------------------------------------------------------------------------

    async def pass_time(self, length: timedelta) -> None:
        """Let time pass when the bot has nothing half done: a lease that is over by then would have it done twice."""
        give_up_at = time.monotonic() + HALF_DONE
        while time.monotonic() < give_up_at:
            if not await self.book.held():
                break
            await asyncio.sleep(0.02)
        self.move_clock(length)

    def move_clock(self, length: timedelta) -> None:
        """Let time pass at once, for the bot and for Slack, whatever is under way."""
        self.ahead += length
        beside = self._clock.with_suffix(".new")
        beside.write_text(str(self.ahead.total_seconds()), encoding="utf-8")
        beside.replace(self._clock)

    async def count_out_the_dead(self) -> None:
        """Processes share AWS's calls with one that died for twenty seconds, by the clock of the database: these pass.

        Nobody moves that clock, so the signs of life are made older instead. On SQLite there are none.
        """
        if not self.book.is_sqlite:
            connection = await self.book.connect()
            try:
                await connection.execute("UPDATE replica SET seen_at = seen_at - $1::interval", ALIVE_WITHIN)
            finally:
                await connection.close()

    async def add_admins(self, *names: str) -> None:
        """Put these people into the admin group too, and let what the bot remembers of its members grow old."""
        for name in names:
            self.aws.add_member("team-admins", f"{name}@example.com")
        await self.pass_time(timedelta(minutes=2))

    # --- waiting -----------------------------------------------------------------------------------

    async def until(self, look: Callable[[], Found | None], otherwise: Callable[[], str]) -> Found:
        """The thing that ``look`` finds in the workspace, now or after some change of it."""
        changes = self.stage.slack.workspace.changes
        return await changes.until(look, within=PATIENCE, otherwise=otherwise)

    async def until_held(self, *held: tuple[str, str, str], within: float = PATIENCE) -> None:
        """Wait until AWS lists exactly these assignments of users."""
        wanted = set(held)
        try:
            await self.aws.changes.until(lambda: self.aws.assignments() == wanted, within=within)
        except TimeoutError:
            raise AssertionError(f"AWS lists {self.aws.assignments()}, not {wanted}") from None

    # --- people ------------------------------------------------------------------------------------

    def person(self, name: str) -> Person:
        person = self.stage.slack.person(name)
        person.patience = PATIENCE
        return person

    async def form(self, who: str) -> Modal:
        """The modal **Request access**, open and ready."""
        person = self.person(who)
        await person.types("/team request")
        modal = await person.modal("Request access")
        await modal.shows("Choose both")
        return modal

    async def fill(
        self, who: str, target: Target, duration: str = "1 h", why: str = "look into the stuck queue"
    ) -> Modal:
        """The modal with everything filled in."""
        modal = await self.form(who)
        await self.choose(modal, "Account", target.account)
        await self.choose(modal, "Permission set", target.permission_set)
        await modal.shows("Up to")
        await modal.choose("Duration", duration, query=duration.replace(" ", ""))
        await modal.fill("Justification", why)
        return modal

    async def choose(self, modal: Modal, label: str, words: str) -> None:
        """Choose, and look at what the form says to it before going on."""
        before = modal.view.hash
        await modal.choose(label, words)
        await self.until(
            lambda: modal.view.hash != before or None, lambda: f"{label} {words} was not answered:\n{modal.text()}"
        )

    async def ask(
        self,
        who: str,
        target: Target,
        duration: str = "1 h",
        *,
        starts_in: timedelta | None = None,
        why: str = "look into the stuck queue",
    ) -> str:
        """Ask by the form; the number of the request."""
        modal = await self.fill(who, target, duration, why)
        if starts_in is not None:
            await modal.pick_datetime("Start", self.now() + starts_in.total_seconds() + 59)
        return await self.send(who, modal)

    async def send(self, who: str, modal: Modal) -> str:
        """Submit a filled form; the number of the request. Where Slack had trouble connecting, again."""
        known = {message.message.ts for message in self.messages(who)}
        answer = await self.submit(modal)
        assert not answer.errors, answer.errors
        assert answer.modal is not None, f"the form closed without a word ({answer.trouble})"
        said = answer.modal.text()
        await answer.modal.close()
        if any(words in said for words in IN_HAND):
            message = await self.until(
                lambda: next(
                    (
                        m
                        for m in self.messages(who)
                        if m.message.ts not in known and any(words in m.text() for words in SENT)
                    ),
                    None,
                ),
                lambda: f"{who} was told that it is in hand, and nothing more\n{self.person(who).sight()}",
            )
            said = message.text()
        found = NUMBER.search(said)
        assert found, said
        return found.group()

    async def submit(self, modal: Modal) -> Answer:
        """Submit it; where Slack had trouble connecting, again."""
        answer = await modal.submit()
        for _ in range(TRIES):
            if not answer.trouble:
                break
            answer = await modal.submit()
        return answer

    async def card(self, reader: str, number: str, channel: str = PAYMENTS, words: str = "") -> SeenMessage:
        """The newest card of a request in a channel (empty: in the direct messages), once it has these words."""
        person = self.person(reader)
        return await self.until(
            lambda: next((card for card in reversed(_cards(person, number, channel)) if words in card.text()), None),
            lambda: f"{reader} never saw a card of {number} with {words!r}\n{person.sight(channel)}",
        )

    def cards(self, reader: str, number: str, channel: str = PAYMENTS) -> list[SeenMessage]:
        """All cards of a request that this reader can see there now, oldest first."""
        return _cards(self.person(reader), number, channel)

    async def told(self, who: str, number: str, words: str) -> SeenMessage:
        """A direct message to this person about a request, with these words."""
        person = self.person(who)
        return await self.until(
            lambda: next((message for message in self.messages(who, number) if words in message.text()), None),
            lambda: f"{who} was never told {words!r} of {number}\n{person.sight()}",
        )

    def messages(self, who: str, number: str = "") -> list[SeenMessage]:
        """The direct messages to this person about a request, oldest first."""
        found = self.person(who).reads(naming=number)
        return [m for m in found if not m.channel and not m.is_ephemeral and number in m.text()]

    async def answered(self, who: str, words: str, channel: str = "") -> SeenMessage:
        """Something said to this person alone, where something was done, with these words."""
        person = self.person(who)
        return await self.until(
            lambda: next((m for m in self.answers(who, channel) if words in m.text()), None),
            lambda: f"{who} was never answered {words!r}\n{person.sight(channel)}",
        )

    def answers(self, who: str, channel: str = "") -> list[SeenMessage]:
        """The messages to this person alone in this play, newest first."""
        said = [m for m in self.person(who).reads(channel) if m.is_ephemeral]
        return [m for m in reversed(said) if float(m.message.ts) >= self._scene_began]

    async def revoke(self, who: str, message: SeenMessage, why: str = "", *, button: str = "Revoke") -> Modal:
        """Press the button that ends access early and send the form behind it; the form, which says what came of it."""
        await message.refreshed().press(button)
        form = await self.person(who).modal("Revoke access" if button == "Revoke" else "End your access now")
        if why:
            await form.fill("Reason", why)
        await form.submit()
        return form

    async def approve(self, who: str, number: str, channel: str = PAYMENTS) -> None:
        await (await self.card(who, number, channel)).press("Approve")

    async def grant(self, who: str, target: Target, duration: str = "1 h", *, approver: str = "carol") -> str:
        """Ask, have it approved, and wait until it is active."""
        number = await self.ask(who, target, duration)
        await self.approve(approver, number)
        await self.card(approver, number, words="Active until")
        return number

    async def command(self, who: str, line: str, words: str) -> SeenMessage:
        """Type a command, and wait for the private answer to it."""
        person = self.person(who)
        before = [m.message.ts for m in person.reads() if m.is_ephemeral]
        await person.types(line)
        return await self.until(
            lambda: next(
                (m for m in person.reads() if m.is_ephemeral and m.message.ts not in before and words in m.text()),
                None,
            ),
            lambda: f"{who} typed {line} and was never answered {words!r}\n{person.sight()}",
        )

    # --- between two scenes ------------------------------------------------------------------------

    async def clear_the_stage(self) -> None:
        """The next day: whatever was going on is over, and nothing is told to go wrong."""
        self.lift()
        if not self.bot.is_running:
            await self.start()
        for user in self.stage.slack.workspace.users.values():
            self.stage.slack.workspace.views.clear(user.id)
        await self.pass_time(timedelta(hours=30))
        await self.until_held()
        self._scene_began = self.now()

    async def verified(self) -> None:
        """The audit chain holds."""
        code, out, err = await self.run("audit", "verify")
        assert (code, err) == (0, ""), f"{out}{err}"

    def whole_log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def log(self) -> str:
        """The lines that the bot has logged since this was last asked."""
        text = self.whole_log()
        new, self._read_from = text[self._read_from :], len(text)
        return f"--- the bot's log ---\n{new[-60_000:]}"


def _cards(person: Person, number: str, channel: str) -> list[SeenMessage]:
    """Cards have the number in their heading and say who asks for what."""
    return [
        message
        for message in person.reads(channel, naming=number)
        if not message.is_ephemeral
        and message.channel == channel
        and message.message.thread_ts is None
        and number in message.text().partition("\n")[0]
        and " asks for " in message.text()
    ]


@asynccontextmanager
async def watching(play: Play) -> AsyncIterator[list[tuple[str, tuple[str, str, str]]]]:
    """Note every assignment that is made or removed in AWS meanwhile."""
    seen: list[tuple[str, tuple[str, str, str]]] = []
    before = set(play.aws.assignments())

    def note(change: object) -> None:
        nonlocal before
        if getattr(change, "kind", "") in ("assignment.made", "assignment.removed"):
            now = set(play.aws.assignments())
            seen.extend(("made", held) for held in now - before)
            seen.extend(("removed", held) for held in before - now)
            before = now

    unsubscribe = play.aws.changes.subscribe(note)
    try:
        yield seen
    finally:
        unsubscribe()


MakePlay = Callable[..., Awaitable[Play]]
"""Makes plays of one's own; takes what ``Play`` takes."""
