"""The bot as a child process that begins where its imports end.

``python -m bot`` spends most of its start on imports. The tests that kill it again and again fork a process that
has them already: the same command line, a process of its own, only sooner. Whatever is about the start itself
uses ``BotProcess``.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import aiohttp

from infra.sandbox.bot_process import NotReadyError
from infra.sandbox.ports import HeldPort
from tests.e2e.unhurried import give_bot_time

READY_WITHIN = 120.0
POLL = 0.02
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.e2e.preloaded"])


def live(arguments: list[str], environment: Mapping[str, str], out: str, err: str, *, hurried: bool) -> None:
    """The child's work: become ``teambot`` with these arguments. It may write to files or to pipes."""
    os.environ.clear()
    os.environ.update(environment)
    for stream, name, file in ((1, "stdout", out), (2, "stderr", err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), stream)
        setattr(sys, name, os.fdopen(stream, "w", buffering=1, encoding="utf-8", closefd=False))
    from bot.cli import main

    if not hurried:
        give_bot_time()
    main(arguments)


class ForkedBot:
    """One ``teambot`` with its own environment; speaks like ``BotProcess``."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, hurried: bool = True) -> None:
        """``hurried``: its Slack waits for three seconds."""
        self._hurried = hurried
        self._held = HeldPort()
        self.port = self._held.number
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        self.environment = {
            **kept,
            "TEAMBOT_PORT": str(self.port),
            **environment,
        }
        self._process: ForkServerProcess | None = None

    @property
    def events_url(self) -> str:
        """The URL to which Slack delivers."""
        return f"{self.url}/slack/events"

    @property
    def messages_url(self) -> str:
        """The URL to which Teams delivers."""
        return f"{self.url}/teams/messages"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.is_alive()

    async def run(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        """Run one command to its end: exit code, standard output, standard error."""
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            process = await self._fork(list(arguments), {**self.environment, **variables}, out, err)
            await asyncio.to_thread(process.join)
            return process.exitcode or 0, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    async def start(self) -> None:
        """Start ``serve`` and wait until it is ready."""
        self._process = await self._fork(["serve"], self.environment, self.log, self.log)
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
            while not await self._answers(session):
                if not self.is_running:
                    raise NotReadyError(f"The bot ended at once.\n{self.tail()}")
                await asyncio.sleep(POLL)

    def kill_now(self) -> None:
        """SIGKILL at this very moment; ``kill`` afterwards waits until it is gone."""
        if self._process is not None and self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGKILL)

    async def kill(self) -> None:
        """End it as a crash would: SIGKILL, nothing is said, nothing is saved."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, as an operator does; returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None or process.pid is None:
            return 0
        if process.is_alive():
            os.kill(process.pid, how)
        await asyncio.to_thread(process.join, READY_WITHIN)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join)
        return process.exitcode or 0

    async def _fork(
        self, arguments: list[str], environment: Mapping[str, str], out: Path, err: Path
    ) -> ForkServerProcess:
        given = (arguments, environment, str(out), str(err))
        process = _CONTEXT.Process(target=live, args=given, kwargs={"hurried": self._hurried}, daemon=True)
        await asyncio.to_thread(process.start)
        return process

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    def tail(self, lines: int = 60) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return "(it wrote nothing)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
