"""One worker collects first while the tests are not compiled yet; the others then read what it has compiled.

All of them would begin at the same time and each compile the same two thousand modules, which takes longer than to
collect. The process that starts the workers holds a lock until the first of them has collected, or it ends.
"""

import fcntl
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FIRST = "gw0"
HELD = pytest.StashKey[Any]()


def are_compiled(folder: Path) -> bool:
    """True if pytest has compiled most of the tests in a folder before."""
    tests, compiled = len([*folder.rglob("test_*.py")]), len([*folder.rglob("__pycache__/test_*-pytest-*.pyc")])
    return 2 * compiled > tests


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Iterable[object]) -> None:
    if sys.dont_write_bytecode or len([*specs]) == 1 or are_compiled(HERE):
        return
    config.stash[HELD] = held = tempfile.NamedTemporaryFile(prefix="teambot-compiling-")  # noqa: SIM115 - until then
    fcntl.flock(held, fcntl.LOCK_EX)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    held = node.config.stash.get(HELD, None)
    if held is not None and node.gateway.id != FIRST:
        node.workerinput["compiled_when_free"] = held.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """The first one has compiled what the others need."""
    if HELD in node.config.stash:
        fcntl.flock(node.config.stash[HELD], fcntl.LOCK_UN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Without the first one the others do it themselves."""
    pytest_xdist_node_collection_finished(node)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    lock = getattr(session.config, "workerinput", {}).get("compiled_when_free")
    if lock:
        with Path(lock).open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_SH)
