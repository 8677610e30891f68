"""Nothing of Teams is loaded where it is not configured: it costs memory, and time at the start."""

import subprocess
import sys

from tests.repo.tree import ROOT

OURS = ("jwt", "handlers.teams", "handlers.bot_connector")
LISTS = f"import sys, {{}}; print(*sorted(name for name in sys.modules if name.startswith({OURS})))"


def loaded_with(module: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", LISTS.format(module)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout.split()


def test_the_process_loads_nothing_of_teams_by_itself() -> None:
    assert loaded_with("bot.serve, bot.cli, bot.commands, bot.doctor.examine, bot.platforms") == []


def test_it_loads_what_listens_once_it_is_asked_to() -> None:
    assert {"jwt", "handlers.teams.listener", "handlers.bot_connector.door"} <= set(loaded_with("bot.teams_app"))
