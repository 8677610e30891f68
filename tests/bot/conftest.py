"""Fixtures of the tests of the process: an environment of their own, and logging that is put back afterwards."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

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
