"""Opens the page where somebody sits before a screen; says nothing and does nothing anywhere else."""

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping
from typing import TextIO


def is_wanted(out: TextIO, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """A terminal on this machine, and a desktop on it: no CI, no SSH, no browser that runs in the terminal itself."""
    if not out.isatty() or any(environment.get(name) for name in ("CI", "SSH_CONNECTION", "SSH_TTY")):
        return False
    return platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def show(address: str) -> None:
    """Nobody waits for it, since some come back only when they are closed; the address is printed all the same."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
