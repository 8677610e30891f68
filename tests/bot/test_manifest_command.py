"""``teambot manifest`` as an operator calls it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.bot.conftest import Teambot

ROOT = Path(__file__).parents[2]
APP = "5f0c1a8e-7a0b-4f0e-9d5a-2b1c3d4e5f60"


def test_slacks_is_printed(tmp_path: Path) -> None:
    """By a process of its own, as an operator starts it."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "bot", "manifest", "--mode", "socket"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(("words", "variables"), [(("--app-id", APP), {}), ((), {"TEAMBOT_TEAMS_APP_ID": APP})])
def test_that_of_teams_is_written_before_the_rest_of_teams_is_set_up(
    teambot: Teambot, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    given = ("--platform", "teams", "--url", "https://bot.example.com", "--out", "app.zip", *words)
    code, out, err = teambot("manifest", *given, **variables)
    assert (code, out, err) == (0, b"", b"")
    with zipfile.ZipFile(tmp_path / "app.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["id"] == APP


def test_without_a_file_it_goes_to_standard_output(teambot: Teambot) -> None:
    code, out, _ = teambot(
        "manifest", "--platform", "teams", "--url", "https://bot.example.com", "--app-id", APP, "--slash"
    )
    assert code == 0
    assert out.startswith(b"PK")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--mode"),
        (("--mode", "http"), "--url https://"),
        (("--platform", "teams", "--url", "https://bot.example.com"), "--app-id"),
        (("--platform", "teams", "--app-id", APP), "--url https://"),
    ],
)
def test_what_is_missing_is_a_usage_error_in_one_line(teambot: Teambot, words: tuple[str, ...], said: str) -> None:
    code, out, err = teambot("manifest", *words)
    assert (code, out) == (2, b"")
    assert said in err.decode()
    assert err.count(b"\n") == 1
