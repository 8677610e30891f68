"""The files of a SQLite database are its owner's alone: they hold what people typed, and what was done about it."""

from pathlib import Path

PRIVATE = 0o600
_OTHERS = 0o077
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock")


def keep_private(file: Path) -> None:
    """Make the database's file before SQLite does, which would let everybody read it, and mend what is open to others.

    SQLite gives its other files the mode of the first. A file that belongs to somebody else is left to them.
    """
    try:
        if not file.exists():
            file.touch(PRIVATE)
        for suffix in _BESIDE:
            _close_to_others(file.with_name(f"{file.name}{suffix}"))
    except OSError:  # whoever opens the database next is told of it, and of why
        return


def _close_to_others(file: Path) -> None:
    if file.exists() and (mode := file.stat().st_mode) & _OTHERS:
        file.chmod(mode & ~_OTHERS)
