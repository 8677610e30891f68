"""A folder for a worker's databases, in memory where there is room: a commit to a disk takes longer than a test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY, ROOM = Path("/dev/shm"), 2**30  # noqa: S108 - a folder of its own is made in it
"""A file system in memory, and the bytes that must be free there."""


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    with tempfile.TemporaryDirectory(prefix="teambot-", dir=MEMORY if has_room else None) as folder:
        yield Path(folder)
