"""Fixtures of the tests of the process: an environment of their own, and logging that is put back afterwards."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot.cli import main
from tests.databases import postgresql_databases, postgresql_server, postgresql_url  # noqa: F401


@pytest.fixture
def env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing set that the process would read, and a place for its ``.env``."""
    for name in list(os.environ):
        if name.startswith(("SLACK_", "AWS_", "TEAMBOT_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    """Logging is global: whoever configures it in a test leaves it as it was."""
    root = logging.getLogger()
    handlers, level, kept = list(root.handlers), root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**kept)


Teambot = Callable[..., tuple[int, bytes, bytes]]


@pytest.fixture
def teambot(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], _restored_logging: None
) -> Teambot:
    """``teambot`` with these words and variables, in this process: exit code, standard output, standard error.

    A process of its own spends a second of CPU on imports; a test of each command that starts one is enough.
    """
    monkeypatch.setenv("HOME", str(env_file.parent))

    def run(*words: str, **variables: str) -> tuple[int, bytes, bytes]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        try:
            main([*words])
        except SystemExit as end:
            code = int(end.code or 0)
        else:
            code = 0
        sys.stdout.flush()
        return code, *capfdbinary.readouterr()

    return run
