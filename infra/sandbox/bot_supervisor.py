"""Keeps the bot running: starts it, says so when it dies, starts it again a few times, and ends it in the end."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp

from infra.sandbox.bot_process import BotProcess, NotReadyError

#: How often a bot that died is started again before the sandbox gives up.
RESTARTS = 3
#: How long the bot may take to become ready, on a machine with better things to do.
READY_WITHIN = 120.0
#: How long it may take to end once it was asked to, before it is made to.
STOP_WITHIN = 25.0
LAST_LINES = 12


class BotGoneError(Exception):
    """The bot failed, or died too often. Says what it wrote last."""


class SandboxBot(BotProcess):
    """The bot in a session of its own: a Ctrl-C in the terminal reaches the sandbox alone, which then ends the bot."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        super().__init__(environment, log)
        self._commands: set[asyncio.subprocess.Process] = set()
        self._became_ready = False

    @property
    def is_ready(self) -> bool:
        return self._became_ready and self.is_running

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """As the parent does it; whoever stops waiting ends the command, too."""
        process = await self._spawn(*arguments, out=asyncio.subprocess.PIPE, err=asyncio.subprocess.PIPE)
        self._commands.add(process)
        try:
            out, err = await process.communicate()
        finally:
            self._commands.discard(process)
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, out.decode(), err.decode()

    async def must(self, *arguments: str) -> str:
        """Run a command that has to succeed; what it said."""
        code, out, err = await self.run(*arguments)
        if code:
            raise BotGoneError(f"`teambot {' '.join(arguments)}` failed.\n{err or out}")
        return out

    async def start(self) -> None:
        self._became_ready = False
        with self.log.open("ab") as log:
            self._process = await self._spawn("serve", out=log.fileno(), err=asyncio.subprocess.STDOUT)
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._until_ready()
            self._became_ready = True
        except (NotReadyError, TimeoutError) as error:
            raise BotGoneError(f"The bot did not become ready.\n{self.tail(LAST_LINES)}") from error

    async def ended(self) -> int:
        """Waits until it ends by itself; the exit code."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> int:
        """Ask it to end, and make it end when that takes too long."""
        process = self._process
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                return await super().stop()
        self._process = process
        return await self._end(signal.SIGKILL)

    def kill_at_once(self) -> None:
        """Whatever still runs, by id."""
        for process in [*self._commands, *([self._process] if self._process else [])]:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _until_ready(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not await self._answers(session):
                if not self.is_running:
                    raise NotReadyError
                await asyncio.sleep(0.05)

    async def _spawn(self, *arguments: str, out: int, err: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )


class BotSupervisor:
    """Watches over one bot for as long as it is kept, and is the switch by which people kill and start it."""

    def __init__(self, bot: SandboxBot, *, trouble: Callable[[str], None], relief: Callable[[str], None]) -> None:
        self._bot = bot
        self._trouble, self._relief = trouble, relief
        #: Somebody wants it to run; not so after `kill`, until `start`.
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._is_called = False
        self.restarts = 0

    @property
    def is_running(self) -> bool:
        """It answers."""
        return self._bot.is_ready

    @property
    def is_starting(self) -> bool:
        """At the first start, after a death that nobody ordered, and after `start`."""
        return not self._bot.is_ready and (self._wanted.is_set() or self._is_called)

    async def kill(self) -> None:
        """As a crash would, and without being started again."""
        self._wanted.clear()
        await self._bot.kill()
        self._trouble("The bot was killed from the page. It is started again there.")

    async def start(self) -> None:
        """Comes back when it is ready; BotGoneError when it does not become so."""
        self._is_called = True
        try:
            await self._bot.start()
            self._wanted.set()
        finally:
            self._is_called = False
        self._relief("The bot was started again from the page.")

    async def keep(self) -> None:
        """Comes back never; BotGoneError when the bot has died more often than it is started again."""
        while True:
            await self._wanted.wait()
            code = await self._bot.ended()
            if self._wanted.is_set():
                await self._revive(code)

    async def _revive(self, code: int) -> None:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        last = f"The bot ended ({how}). Its last lines:\n{self._bot.tail(LAST_LINES)}"
        if self.restarts == RESTARTS:
            raise BotGoneError(f"{last}\nIt was started {RESTARTS} times again: that is enough.")
        self.restarts += 1
        self._trouble(last)
        try:
            await self._bot.start()
        except BotGoneError:
            if self._wanted.is_set():
                raise
            return  # it was killed from the page while it started
        self._relief(f"The bot was started again ({self.restarts} of {RESTARTS} times).")
