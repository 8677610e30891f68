"""The bot as a child process: started, asked whether it is ready, killed, started again."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from infra.sandbox.ports import HeldPort

READY_WITHIN = 120.0
POLL = 0.05


class NotReadyError(Exception):
    """The bot ended, or did not become ready in time. Says what it wrote."""


class BotProcess:
    """One ``teambot`` with its own environment; nothing of this process's environment but PATH and HOME reaches it."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, folder: Path | None = None) -> None:
        """``folder``: where its program is, when it is not the one that is installed here."""
        self._folder = folder
        self._held = HeldPort()
        self.port = self._held.number
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        self.environment = {**kept, "TEAMBOT_PORT": str(self.port), **environment}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def events_url(self) -> str:
        """The address for Slack's deliveries."""
        return f"{self.url}/slack/events"

    @property
    def messages_url(self) -> str:
        """The address for Teams' deliveries."""
        return f"{self.url}/teams/messages"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """Its number among the processes of this machine. Raises RuntimeError when it does not run."""
        if self._process is None:
            raise RuntimeError("the bot does not run")
        return self._process.pid

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run one command to its end: exit code, standard output, standard error."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            env=self.environment,
            cwd=self._folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    async def start(self) -> None:
        """Start ``serve`` and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "serve",
                env=self.environment,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
            )
        await self._until_ready()

    async def kill(self) -> None:
        """End it as a crash would: SIGKILL, nothing is said, nothing is saved."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, as an operator does; returns its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
        return await process.wait()

    async def _until_ready(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
            while not await self._answers(session):
                if self._process is None or self._process.returncode is not None:
                    raise NotReadyError(f"The bot ended at once.\n{self.tail()}")
                await asyncio.sleep(POLL)

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
