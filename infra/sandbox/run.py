"""`make run` without a token: a local Slack, a local AWS and the bot between them, in one process tree.

Everything is made anew at each start and gone at the end, but for the bot's log and database in `.sandbox`. Knows the
bot as a command to run, and nothing of its inside. Refuses to start beside a token that would open a real Slack.
"""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from infra.sandbox.company import POLICIES_FILE, Company, example_company
from infra.sandbox.folder import NAME, Folder, HeldError, holding
from infra.sandbox.keeper import BotGoneError, Keeper, SandboxBot
from infra.sandbox.page import application
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.slack.changes import NotSeenError
from infra.sandbox.stage import Stage
from infra.sandbox.terminal import Terminal
from infra.sandbox.walkthrough import play

HOST = "127.0.0.1"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORTAL = "https://example.awsapps.com/start"
#: What the policies say; a bot that is told them by its environment, too, would write them at the same time.
_SAID_BY_POLICIES = ("TEAMBOT_ADMIN_GROUP", "TEAMBOT_AUDITOR_GROUP")


class RefusedError(Exception):
    """The sandbox does not start. One sentence that says why and what to do."""


async def run(*, port: int = 4000, walkthrough: bool = True, once: bool = False) -> int:
    """Serve until a signal comes, or to the end of the walkthrough with ``once``; the exit code."""
    terminal = Terminal(sys.stdout)
    try:
        _refuse_beside_real_tokens()
        with holding(Path.cwd() / NAME) as folder, listening(port) as door:
            return await _until_told(Run(terminal, folder, door), walkthrough=walkthrough, once=once)
    except (RefusedError, HeldError, BotGoneError) as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _refuse_beside_real_tokens() -> None:
    if os.environ.get("SLACK_BOT_TOKEN"):
        raise RefusedError(
            "SLACK_BOT_TOKEN is set, and the sandbox touches no real Slack: unset it, or run `teambot serve`."
        )


def listening(port: int) -> socket.socket:
    """The door of the page, taken before anything is started."""
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            why = f"Port {port} is in use: end what listens there, or take another"
        else:
            why = f"Port {port} cannot be listened on: take another"
        raise RefusedError(f"{why}, as in `teambot sandbox --port {4001 if port == 4000 else 4000}`.") from None


async def _until_told(run: "Run", *, walkthrough: bool, once: bool) -> int:
    """The first signal ends everything in order; a second one does not wait for the bot."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(run.whole(walkthrough=walkthrough, once=once))

    def told() -> None:
        if run.is_ending:
            run.hurry()
        else:
            run.is_ending = True
            task.cancel()

    signals = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    for each in signals:
        loop.add_signal_handler(each, told)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
    finally:
        for each in signals:
            loop.remove_signal_handler(each)


class Run:
    """One sandbox from its start to its end."""

    def __init__(self, terminal: Terminal, folder: Folder, door: socket.socket) -> None:
        self._terminal = terminal
        self._folder = folder
        self._door = door
        self._bot: SandboxBot | None = None
        self.is_ending = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._door.getsockname()[1]}/"

    def _hold(self, bot: SandboxBot) -> None:
        self._bot = bot

    def hurry(self) -> None:
        if self._bot is not None:
            self._bot.kill_at_once()

    async def whole(self, *, walkthrough: bool, once: bool) -> int:
        self._terminal.title("TEAM Bot", "a sandbox")
        self._terminal.prose("A local Slack, a local AWS, and the bot between them. Nothing leaves this machine.")
        self._terminal.line()
        async with standing(self._folder, self._door, self._terminal, hold=self._hold) as sandbox:
            self._terminal.done(f"The page: {self.url}")
            keeper = Keeper(sandbox.bot, trouble=self._trouble, relief=self._terminal.done)
            watch = asyncio.create_task(keeper.keep())
            story = asyncio.create_task(self.story(sandbox, walkthrough=walkthrough, once=once))
            try:
                await asyncio.wait({watch, story}, return_when=asyncio.FIRST_COMPLETED)
                if not story.done():
                    await watch  # which raises why the bot is gone for good
                return await story
            finally:
                self.is_ending = True
                await _cancelled(watch, story)

    async def story(self, sandbox: Sandbox, *, walkthrough: bool, once: bool) -> int:
        """The walkthrough, then staying up for ever; what was seen instead, and 1, where it did not go as it must."""
        if walkthrough:
            try:
                await play(sandbox, self._terminal)
            except NotSeenError as error:
                self._terminal.line()
                self._terminal.failed("The walkthrough did not go as it must.")
                self._terminal.prose(str(error))
                return 1
        if not once:
            self._how_to_go_on()
            await asyncio.Event().wait()
        return 0

    def _how_to_go_on(self) -> None:
        terminal = self._terminal
        terminal.chapter("It stays up", "Ctrl-C ends it")
        here = os.path.relpath(self._folder.path)
        for what, where in (
            ("Look around", self.url),
            ("Policies", min(os.path.relpath(POLICIES_FILE), str(POLICIES_FILE), key=len)),
            ("Log of the bot", f"{here}/{self._folder.log.name}"),
            ("Its database", f"{here}/teambot.db, new at every start"),
        ):
            terminal.line(f"{terminal.styled(f'{what:<16}', 'dim')}{where}")

    def _trouble(self, text: str) -> None:
        first, *others = text.splitlines()
        self._terminal.line()
        self._terminal.failed(first)
        for line in others:
            self._terminal.line(f"  {self._terminal.styled(line, 'dim')}")


@dataclass(frozen=True)
class Scene:
    """Who there is, and who may do what."""

    company: Company = field(default_factory=example_company)
    policies: Path = POLICIES_FILE


@contextlib.asynccontextmanager
async def standing(
    folder: Folder,
    door: socket.socket,
    terminal: Terminal,
    scene: Scene | None = None,
    hold: Callable[[SandboxBot], None] = lambda _: None,
) -> AsyncIterator[Sandbox]:
    """Slack, AWS, the bot and the page, ready; taken down in reverse. ``hold`` is handed the bot before it starts."""
    scene = scene or Scene()
    clock = SandboxClock(folder.clock)
    async with Stage(scene.company, clock=clock.timestamp) as stage:
        terminal.done(_slack_in_words(stage))
        terminal.done(_aws_in_words(stage))
        bot = SandboxBot(_environment(stage, folder), folder.log)
        hold(bot)
        stage.slack.deliver_to(bot.events_url)
        sandbox = Sandbox(stage, bot, clock)
        try:
            async with _served(application(sandbox), door):
                await _ready(bot, scene.policies)
                terminal.done(f"The bot: policies of {scene.policies.name} applied, ready")
                yield sandbox
        finally:
            await bot.stop()


def _environment(stage: Stage, folder: Folder) -> dict[str, str]:
    given = {name: value for name, value in stage.environment().items() if name not in _SAID_BY_POLICIES}
    return given | {
        "TEAMBOT_DATABASE_URL": folder.database_url,
        "TEAMBOT_AUDIT_CHANNEL": "C0AUDIT",
        "TEAMBOT_ACCESS_PORTAL_URL": PORTAL,
        "TEAMBOT_LOG_FORMAT": "console",
        "TEAMBOT_SANDBOX_CLOCK": str(folder.clock),
        "TEAMBOT_ENV_FILE": os.devnull,  # the .env here may open a real Slack
    }


async def _ready(bot: SandboxBot, policies: Path) -> None:
    """Schema first; then the policies are stored while the bot starts."""
    await bot.must("migrate")
    await asyncio.gather(bot.must("policy", "apply", str(policies)), bot.start())


@contextlib.asynccontextmanager
async def _served(page: web.Application, door: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(page, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        yield
    finally:
        await runner.cleanup()


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _slack_in_words(stage: Stage) -> str:
    company = stage.company
    return f"Slack: {company.team_name}, {len(company.slack_users)} people in {len(company.channels)} channels"


def _aws_in_words(stage: Stage) -> str:
    company = stage.company
    return (
        f"AWS: {company.organization_id}, {len(company.accounts)} accounts, "
        f"{len(company.permission_sets)} permission sets, nobody holds anything"
    )
