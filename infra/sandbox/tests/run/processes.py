"""`teambot sandbox` as a process of its own, and the processes that it leaves or does not leave."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

#: Seconds for anything that a sandbox does, on a machine that runs other tests.
PATIENCE = 150.0


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **more}


async def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """A command in another terminal, with the variables that a sandbox keeps: exit code, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=folder,
        env=environment(TEAMBOT_ENV_FILE=".sandbox/bot.env"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def living_in(folder: Path) -> Iterator[int]:
    """The processes that work in a folder: everything that a sandbox started there."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and "State:\tZ" not in (process / "status").read_text():
                yield int(process.name)
        except OSError:
            continue


class SandboxProcess:
    """A sandbox in a folder; whatever works there at the end is killed, by id, if it ``kills``."""

    def __init__(self, folder: Path, *arguments: str, kills: bool = True, **more: str) -> None:
        self.folder = folder.resolve()
        self._arguments = arguments or ("--no-walkthrough", "--port", "0")
        self._kills = kills
        self._more = more
        self.printed = ""

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "sandbox", *self._arguments),
            cwd=self.folder,
            env=environment(**self._more),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for process in [*living_in(self.folder)] if self._kills else []:
            os.kill(process, signal.SIGKILL)
        await self._process.communicate()

    async def prints(self, words: str) -> str:
        """Waits for a line with these words; the line."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while line := (await self._process.stdout.readline()).decode():
                self.printed += line
                if words in line:
                    return line
        raise AssertionError(f"never printed {words!r} but:\n{self.printed}")

    async def url(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+/", await self.prints("Open  "))
        assert found is not None
        return found[0]

    async def ends(self) -> tuple[int, str, str]:
        """Waits for its end: exit code, all that was printed, and the errors."""
        async with asyncio.timeout(PATIENCE):
            out, err = await self._process.communicate()
        self.printed += out.decode()
        return self._process.returncode or 0, self.printed, err.decode()

    async def dies(self) -> None:
        """Waits for its end alone: what it leaves behind may hold what it printed to."""
        async with asyncio.timeout(PATIENCE):
            await self._process.wait()

    def told(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def bot(self) -> int:
        """The process that serves, as its own lock says."""
        return int((self.folder / ".sandbox/teambot.db.lock").read_text())
