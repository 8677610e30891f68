"""Ports of this machine for processes that bind them later: nobody else gets them between the choice and the binding.

The kernel gives ports of its ephemeral range to outgoing connections and to whoever binds port 0, at any moment: none
of those is chosen. Nor is one that another process chose: whoever chooses a port holds the UDP port of the same
number, which one process alone can, and which the kernel takes back when that process ends.
"""

import errno
import random
import socket
import weakref
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"
FIRST, LAST = 10_000, 65_535
"""Below are the ports of the services that machines usually have."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
USUALLY_EPHEMERAL = range(32_768, LAST + 1)
"""On Linux, macOS and the BSDs together, where the kernel does not tell."""


class HeldPort:
    """A TCP port of 127.0.0.1 that is free, and that no other process chooses while this object lives."""

    number: int

    def __init__(self) -> None:
        for self.number in _candidates():
            mark = _marked(self.number)
            if mark is not None:
                self.release = weakref.finalize(self, mark.close)
                return
        raise OSError(errno.EADDRINUSE, f"no port of {HOST} from {FIRST} on is free")


def _candidates() -> Iterator[int]:
    """Outside the ephemeral range, from a random one on; inside it only where nothing outside is free."""
    ephemeral, end = ephemeral_ports(), LAST + 1
    outside = [*range(FIRST, min(ephemeral.start, end)), *range(max(FIRST, ephemeral.stop), end)]
    inside = range(max(FIRST, ephemeral.start), min(ephemeral.stop, end))
    chance = random.SystemRandom()
    for ports in (outside, inside):
        first = chance.randrange(len(ports) or 1)
        yield from ports[first:]
        yield from ports[:first]


def ephemeral_ports() -> range:
    """The ports that the kernel gives away by itself."""
    try:
        first, last = (int(number) for number in EPHEMERAL.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return USUALLY_EPHEMERAL
    return range(first, last + 1)


def _marked(port: int) -> socket.socket | None:
    """The mark that the port is taken, held by this process; None where it is not free."""
    mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        mark.bind((HOST, port))
        with socket.socket() as tried:
            tried.bind((HOST, port))
    except OSError:
        mark.close()
        return None
    return mark
