"""The file with the secrets: whether others on this machine can read it."""

import stat
from pathlib import Path

_OPEN = stat.S_IROTH | stat.S_IWOTH


def warning_of(env_file: str) -> str:
    """Say that everybody on the machine can read or write the file, and what to do; empty when nobody else can."""
    file = Path(env_file)
    try:
        mode = file.stat().st_mode
    except OSError:
        return ""
    if not stat.S_ISREG(mode) or not mode & _OPEN:
        return ""
    can = "read" if mode & stat.S_IROTH else "change"
    return f"everybody on this machine can {can} {env_file}, and the secrets in it: run `chmod 600 {env_file}`"
