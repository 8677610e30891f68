"""A process loads nothing that its settings do not ask for: it costs memory, and time at the start."""

import json
import subprocess
import sys

import pytest

from tests.repo.tree import ROOT

OURS = ("jwt", "handlers.teams", "handlers.bot_connector")
MIGRATES = ("alembic", "mako", "core.adapters.storage.migrat")
RARE = ("asyncpg", "sqlalchemy.dialects.postgresql", "regex")
"""Modules for PostgreSQL, and the engine that holds tickets to a pattern."""
STAGES = ("bot.serve, bot.cli", "bot.commands, bot.doctor.examine, bot.platforms", "bot.teams_app")
"""Imports of one process after the other; each lists what is loaded by then."""
LISTS = "import json, sys\n" + "".join(f"import {stage}\nprint(json.dumps(sorted(sys.modules)))\n" for stage in STAGES)


@pytest.fixture(scope="module")
def loaded() -> list[list[str]]:
    """The modules that are loaded after each stage."""
    done = subprocess.run(
        [sys.executable, "-c", LISTS], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def those(names: list[str], begin: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.startswith(begin)]


def test_the_process_loads_nothing_of_teams_by_itself(loaded: list[list[str]]) -> None:
    assert those(loaded[1], OURS) == []


def test_it_loads_what_listens_once_it_is_asked_to(loaded: list[list[str]]) -> None:
    assert {"jwt", "handlers.teams.listener", "handlers.bot_connector.authentication"} <= set(those(loaded[2], OURS))


def test_to_serve_loads_nothing_that_migrates(loaded: list[list[str]]) -> None:
    assert "bot.serve" in loaded[0]
    assert those(loaded[0], MIGRATES) == []


def test_to_serve_loads_neither_postgresql_nor_patterns_by_itself(loaded: list[list[str]]) -> None:
    assert those(loaded[0], RARE) == []
