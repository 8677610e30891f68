"""The folder of one sandbox: what the bot keeps there, made fresh at every start, and held by one process at a time."""

import fcntl
import os
import shlex
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

#: Where it lies, below the folder that the sandbox was started in.
NAME = ".sandbox"
#: How long a bot that was left behind may take to end, in seconds: it ends 25 seconds after its signal, whatever hangs.
LEAVE_WITHIN = 60.0
_DATABASE = "teambot.db"
_VARIABLES = "bot.env"
_OURS = (
    _DATABASE,
    f"{_DATABASE}-wal",
    f"{_DATABASE}-shm",
    f"{_DATABASE}.lock",
    "bot.log",
    "clock",
    "clock.new",
    "address",
    _VARIABLES,
)


class HeldError(Exception):
    """Somebody else has the folder. Says who, and what to do."""


class Folder:
    """Names of the files; nothing else in the folder is ever touched."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log = path / "bot.log"
        self.clock = path / "clock"
        self._address = path / "address"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{(self.path / _DATABASE).resolve()}"

    def tell(self, address: str) -> None:
        """The address of this sandbox, for anyone who starts a second one."""
        self._address.write_text(f"{address}\n", encoding="utf-8")

    def keep(self, variables: Mapping[str, str]) -> None:
        """The variables of the bot, for commands in another terminal: ``TEAMBOT_ENV_FILE`` names the file."""
        file = self.path / _VARIABLES
        file.touch(mode=0o600)
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
        file.write_text("".join(lines), encoding="utf-8")

    @property
    def address(self) -> str:
        """Of the sandbox that holds the folder; empty while it starts."""
        return self._address.read_text(encoding="utf-8").strip() if self._address.exists() else ""

    def clear(self) -> None:
        """Take away what an earlier sandbox left. AWS and Slack live in memory: an old database knows neither."""
        self._end_what_was_left()
        for name in _OURS:
            (self.path / name).unlink(missing_ok=True)

    def _end_what_was_left(self) -> None:
        """A sandbox that was killed leaves its bot running; the bot holds a lock that says which process it is."""
        file = self.path / f"{_DATABASE}.lock"
        if not file.exists():
            return
        with file.open("r+", encoding="utf-8") as lock:
            deadline = time.monotonic() + LEAVE_WITHIN
            asked = False
            while not _locked(lock.fileno()):
                if not asked and (number := lock.read().strip()).isdigit():
                    os.kill(int(number), signal.SIGTERM)
                    asked = True
                if time.monotonic() > deadline:
                    raise HeldError(f"A bot of an earlier sandbox still runs on {file.parent}: end it first.")
                time.sleep(0.05)


@contextmanager
def holding(path: Path) -> Iterator[Folder]:
    """The folder, fresh and for this process alone; HeldError when another sandbox has it.

    The lock is the kernel's and goes with the process, however that ends; the number in the file is for people.
    """
    path.mkdir(exist_ok=True)
    with (path / "lock").open("a+", encoding="utf-8") as lock:
        if not _locked(lock.fileno()):
            lock.seek(0)
            where = Folder(path).address
            raise HeldError(
                f"Another sandbox runs in this folder (process {lock.read().strip()}): "
                f"use that one{f', {where}' if where else ''}, or end it first."
            )
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        folder = Folder(path)
        folder.clear()
        yield folder


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
