"""A SQLite database serves one process: two would each take the other's work for abandoned."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from core.adapters.storage.address import read_url, sqlite_file
from core.adapters.storage.private_files import PRIVATE


class DatabaseInUse(Exception):
    """Another process serves this database."""


@contextmanager
def hold_alone(url: str) -> Iterator[None]:
    """Hold the database for this process; DatabaseInUse when another does.

    The lock is on a ``.lock`` file beside the database and ends with the process, however that ends.
    PostgreSQL, and SQLite in memory, need none.
    """
    file = sqlite_file(read_url(url))
    if file is None:
        yield
        return
    file = file.resolve()  # by whatever name it is called
    beside = file.with_name(f"{file.name}.lock")
    try:
        beside.touch(PRIVATE)
        opened = beside.open("a+")
    except OSError as error:
        raise DatabaseInUse(
            f"TEAMBOT_DATABASE_URL: {file} cannot be opened ({error.strerror}); make its folder first."
        ) from None
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DatabaseInUse(
                f"{file} is served by process {lock.read().strip()}; stop it first. Several processes need PostgreSQL."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
