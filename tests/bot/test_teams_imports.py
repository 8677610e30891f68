"""Nothing of Teams is loaded where it is not configured, nor what migrates: it costs memory, and time at the start."""

import subprocess
import sys

from tests.repo.tree import ROOT

OURS = ("jwt", "handlers.teams", "handlers.bot_connector")
MIGRATES = ("alembic", "mako", "core.adapters.storage.migrat")
LISTS = "import sys, {}; print(*sorted(name for name in sys.modules if name.startswith({})))"


def loaded_with(module: str, begin: tuple[str, ...] = OURS) -> list[str]:
    told = LISTS.format(module, begin)
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.split()


def test_the_process_loads_nothing_of_teams_by_itself() -> None:
    assert loaded_with("bot.serve, bot.cli, bot.commands, bot.doctor.examine, bot.platforms") == []


def test_it_loads_what_listens_once_it_is_asked_to() -> None:
    assert {"jwt", "handlers.teams.listener", "handlers.bot_connector.door"} <= set(loaded_with("bot.teams_app"))


def test_to_serve_loads_nothing_that_migrates() -> None:
    assert loaded_with("bot.serve, bot.cli", MIGRATES) == []
