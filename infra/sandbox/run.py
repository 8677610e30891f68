"""`make run` without a token: a local Slack, Teams and AWS and the bot between them, in one process tree.

Everything is made anew at each start and gone at the end, but for the bot's log and database in `.sandbox`. Knows the
bot as a command to run, and nothing of its inside. Refuses to start beside a token that would open a real Slack.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from infra.sandbox import browsing
from infra.sandbox.bot_supervisor import BotGoneError, BotSupervisor, SandboxBot
from infra.sandbox.changes import NotSeenError
from infra.sandbox.company import POLICIES_FILE, Company, example_company
from infra.sandbox.company_tenant import policies_of_both, teams_channel
from infra.sandbox.event_receiver import LocalReceiver
from infra.sandbox.folder import NAME, Folder, HeldError, holding
from infra.sandbox.moving_over import moved_over
from infra.sandbox.next_event import next_event
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage
from infra.sandbox.startup_checks import RefusedError, address_of, listening, refuse_beside_real_tokens
from infra.sandbox.terminal import Brief, Terminal
from infra.sandbox.walkthrough import play
from infra.sandbox.window import WindowServices, application

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORTAL = "https://example.awsapps.com/start"
#: What the policies say; a bot that is told them by its environment, too, would write them at the same time.
_SAID_BY_POLICIES = ("TEAMBOT_ADMIN_GROUP", "TEAMBOT_AUDITOR_GROUP")

_HALL, _ANNOUNCER = "C0GENERAL", "U0FRANK"
_ANNOUNCEMENT = (
    "From today nobody has standing access to AWS. When you need some, type `/team request` in any channel and say "
    "where, for how long and why. Whoever decides is asked at once, and it ends by itself. `/team help` says more."
)

EXAMPLE = "Ada asked for access, Bob approved, AWS gave it, and took it away at its end. The channels and Home show it."

#: How much of the first request the terminal tells: every screen, a line for each step, or it is not played at all.
Story = Literal["whole", "brief", "none"]


@dataclass(frozen=True)
class Plan:
    story: Story = "brief"
    policies: Path = POLICIES_FILE
    #: End with the story.
    once: bool = False


async def start(*, port: int, walkthrough: bool | None, policies: Path | None, once: bool) -> int:
    """The command ``teambot sandbox``, which finds this function by the entry point of the same name."""
    if policies:
        return await run(port=port, plan=Plan("none", policies, once=once))
    return await run(
        port=port, plan=Plan("brief" if walkthrough is None else "whole" if walkthrough else "none", once=once)
    )


async def run(*, port: int = 4000, plan: Plan | None = None) -> int:
    """Serve until a signal comes, or to the end of the story where that is all; the exit code."""
    terminal = Terminal(sys.stdout)
    try:
        refuse_beside_real_tokens(Path.cwd())
        with holding(Path.cwd() / NAME) as folder, listening(port) as listener:
            return await _until_told(Run(terminal, folder, listener, plan or Plan()))
    except (RefusedError, HeldError, BotGoneError) as error:
        sys.stderr.write(f"{error}\n")
    return 1


async def _until_told(run: "Run") -> int:
    """The first signal ends everything in order; a second one does not wait for the bot."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(run.whole())

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

    def __init__(self, terminal: Terminal, folder: Folder, listener: socket.socket, plan: Plan) -> None:
        self._terminal = terminal
        self._folder = folder
        self._listener = listener
        self._plan = plan
        self._bot: SandboxBot | None = None
        self.is_ending = False

    @property
    def url(self) -> str:
        return address_of(self._listener.getsockname()[1])

    def _hold(self, bot: SandboxBot) -> None:
        self._bot = bot

    def hurry(self) -> None:
        if self._bot is not None:
            self._bot.kill_at_once()

    async def whole(self) -> int:
        self._terminal.title("TEAM Bot", "a sandbox")
        self._terminal.prose("A local Slack, Teams and AWS, and the bot between them. Nothing leaves this machine.")
        self._terminal.line()
        self._folder.tell(self.url)
        setup = Setup(policies=self._plan.policies)
        async with standing(self._folder, self._listener, self._terminal, setup, self._hold) as (sandbox, supervisor):
            self._terminal.address(self.url)
            watch = asyncio.create_task(supervisor.keep())
            story = asyncio.create_task(self.story(sandbox))
            try:
                await asyncio.wait({watch, story}, return_when=asyncio.FIRST_COMPLETED)
                if not story.done():
                    await watch  # which raises why the bot is gone for good
                return await story
            finally:
                self.is_ending = True
                await _cancelled(watch, story)

    async def story(self, sandbox: Sandbox) -> int:
        """One request played through, then staying up for ever."""
        if not self._plan.once and browsing.is_wanted(sys.stdout):
            browsing.show(self.url)
        went_well = self._plan.story == "none" or await self._played(sandbox)
        if not self._plan.once:
            self._how_to_go_on()
            await asyncio.Event().wait()
        return 0 if went_well else 1

    async def _played(self, sandbox: Sandbox) -> bool:
        """True if all went well; if not, it tells what was seen instead. People may have joined in, after all."""
        brief = self._plan.story == "brief"
        if brief:
            self._terminal.prose("One request is played through there now, as an example. The clock is moved for it.")
            self._terminal.line()
        sandbox.demo.is_on = True
        try:
            await play(sandbox, Brief(self._terminal) if brief else self._terminal)
        except NotSeenError as error:
            self._terminal.line()
            self._terminal.failed("The walkthrough did not go as it must.")
            self._terminal.prose(str(error))
            return False
        finally:
            sandbox.demo.is_on = False
        sandbox.demo.played = EXAMPLE
        return True

    def _how_to_go_on(self) -> None:
        terminal = self._terminal
        terminal.chapter("It stays up", "Ctrl-C ends it")
        here = os.path.relpath(self._folder.path)
        for what, where in (
            ("Click through it", self.url),
            ("Policies", min(os.path.relpath(self._plan.policies), str(self._plan.policies), key=len)),
            ("Log of the bot", f"{here}/{self._folder.log.name}"),
            ("Its database", f"{here}/teambot.db, new at every start"),
        ):
            terminal.line(f"{terminal.styled(f'{what:<18}', 'dim')}{where}")
        if self._plan.story == "brief":
            terminal.line(f"{terminal.styled('The story in full', 'dim')} make run ARGS=--walkthrough")


@dataclass(frozen=True)
class Setup:
    """The people there, and the rights of each."""

    company: Company = field(default_factory=example_company)
    policies: Path = POLICIES_FILE
    #: The company is in Teams, too, and the bot with it.
    with_teams: bool = True


EVENT_RETRIES = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0)
"""Seconds before an event is sent again: sooner than Slack does, for whoever opens Home while the bot starts."""


@contextlib.asynccontextmanager
async def standing(
    folder: Folder,
    listener: socket.socket,
    terminal: Terminal,
    setup: Setup | None = None,
    hold: Callable[[SandboxBot], None] = lambda _: None,
) -> AsyncIterator[tuple[Sandbox, BotSupervisor]]:
    """The chats, AWS, the bot and the page, ready; taken down in reverse. ``hold`` gets the bot before it starts."""
    setup = setup or Setup()
    policies = _policies(setup, folder)
    clock = SandboxClock(folder.clock)
    async with (
        Stage(setup.company, clock=clock.timestamp, with_teams=setup.with_teams) as stage,
        LocalReceiver() as receiver,
    ):
        terminal.done(_slack_in_words(stage))
        if setup.with_teams:
            terminal.done(_teams_in_words(stage))
        terminal.done(_aws_in_words(stage))
        _announced(stage)
        terminal.done("A webhook for its events, which checks their signatures")
        variables = _variables(stage, folder) | receiver.environment()
        # The .env here may open a real Slack: the bot reads none.
        bot = SandboxBot(variables | {"TEAMBOT_ENV_FILE": os.devnull}, folder.log)
        bot.environment["TEAMBOT_API_URL"] = bot.url
        folder.keep(variables | {"TEAMBOT_PORT": str(bot.port), "TEAMBOT_API_URL": bot.url})
        hold(bot)
        stage.slack.deliver_to(bot.events_url)
        stage.slack.event_sender.retry_delays = EVENT_RETRIES
        stage.teams.deliver_to(bot.messages_url)
        supervisor = BotSupervisor(bot, trouble=terminal.trouble, relief=terminal.done)
        sandbox = Sandbox(stage, bot, clock)
        try:
            sandbox.demo.is_preparing = True
            async with _served(application(_services(sandbox, supervisor, policies, folder, receiver)), listener):
                await _ready(stage, bot, policies)
                sandbox.demo.is_preparing = False
                terminal.done(f"The bot: policies of {policies.name} applied, ready")
                yield sandbox, supervisor
        finally:
            await bot.stop()


def _policies(setup: Setup, folder: Folder) -> Path:
    """Those of the sandbox name a channel in each chat; those of a guest say themselves which."""
    if not setup.with_teams or setup.policies != POLICIES_FILE:
        return setup.policies
    both = folder.path / POLICIES_FILE.name
    both.write_text(policies_of_both(POLICIES_FILE.read_text(encoding="utf-8"), setup.company), encoding="utf-8")
    return both


def _announced(stage: Stage) -> None:
    """So that the first channel somebody looks into is not empty."""
    workspace, company = stage.slack.workspace, stage.company
    if _ANNOUNCER in workspace.users and any(each.id == _HALL for each in company.channels):
        workspace.messages.post(_HALL, _ANNOUNCER, _ANNOUNCEMENT)


def _services(
    sandbox: Sandbox, supervisor: BotSupervisor, policies: Path, folder: Folder, receiver: LocalReceiver
) -> WindowServices:
    stage = sandbox.stage
    return WindowServices(
        stage.company,
        stage.slack,
        stage.aws,
        sandbox.clock,
        bot=supervisor,
        next_event=lambda: next_event(sandbox.bot),
        team_import=lambda applies: moved_over(sandbox.bot, stage.company, folder.path, applies=applies),
        policies=policies,
        demo=sandbox.demo,
        teams=stage.teams if stage.with_teams else None,
        receiver=receiver,
    )


def _variables(stage: Stage, folder: Folder) -> dict[str, str]:
    given = {name: value for name, value in stage.environment().items() if name not in _SAID_BY_POLICIES}
    return (
        given
        | stage.aws.activity_environment()
        | {
            "TEAMBOT_DATABASE_URL": folder.database_url,
            "TEAMBOT_AUDIT_CHANNEL": ",".join(_audit_channels(stage)),
            "TEAMBOT_ACCESS_PORTAL_URL": PORTAL,
            "TEAMBOT_LOG_FORMAT": "console",
            "TEAMBOT_SANDBOX_CLOCK": str(folder.clock),
        }
    )


def _audit_channels(stage: Stage) -> list[str]:
    return ["C0AUDIT", *([teams_channel("team-audit")] if stage.with_teams else [])]


async def _ready(stage: Stage, bot: SandboxBot, policies: Path) -> None:
    """Schema first; then the policies are stored, while the bot starts if it need not have heard of any team before."""
    await bot.must("migrate")
    if not stage.with_teams:
        await asyncio.gather(bot.must("policy", "apply", str(policies)), bot.start())
        return
    await bot.start()
    await stage.teams.tell_teams()
    await bot.must("policy", "apply", str(policies))
    stage.teams.activity_sender.in_background(stage.teams.tell_people())


@contextlib.asynccontextmanager
async def _served(page: web.Application, listener: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(page, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
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


def _teams_in_words(stage: Stage) -> str:
    tenant = stage.teams.tenant
    return f"Teams: {len(tenant.people)} people in {len(tenant.teams)} teams"


def _aws_in_words(stage: Stage) -> str:
    company = stage.company
    return (
        f"AWS: {company.organization_id}, {len(company.accounts)} accounts, "
        f"{len(company.permission_sets)} permission sets, nobody holds anything"
    )
