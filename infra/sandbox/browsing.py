"""Opens the page where somebody sits before a screen; says nothing and does nothing anywhere else."""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import TextIO


def is_wanted(out: TextIO, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """A terminal on this machine, and a desktop on it: no CI, no SSH, no browser that runs in the terminal itself."""
    if not out.isatty() or any(environment.get(name) for name in ("CI", "SSH_CONNECTION", "SSH_TTY")):
        return False
    return platform == "darwin" or any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


async def show(address: str) -> None:
    """Whether a browser came is nobody's business: the address is printed all the same."""
    await asyncio.to_thread(webbrowser.open, address)
