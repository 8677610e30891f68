"""The tasks of the Makefile, and what they do on a machine that is not as it should be."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repo.tree import ROOT

TASKS = frozenset({"help", "setup", "run", "test", "e2e", "check", "audit", "bench"})
Make = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A tree with the Makefile and nothing set up."""
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for name in ("pyproject.toml", "uv.lock"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture
def make(checkout: Path) -> Make:
    """Run make there, in an environment that this test run does not leak into."""

    def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        env = {"PATH": os.environ["PATH"], "HOME": str(checkout), **environment}
        return subprocess.run(
            ["make", *words], cwd=checkout, env=env, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def set_up(checkout: Path) -> None:
    """Leave behind what set-up leaves, with a teambot that only says how it was called."""
    executable(checkout / ".venv/bin/teambot", 'echo "teambot $*"')
    version = re.search(r"^UV_VERSION := (\S+)$", (checkout / "Makefile").read_text(), re.MULTILINE)
    assert version is not None
    (checkout / f".venv/.uv-{version[1]}").write_text(f"{checkout.resolve()}\n")
    (checkout / ".venv/.ready").touch()


def test_make_alone_lists_every_task_with_what_it_does(make: Make) -> None:
    listed = dict(re.findall(r"^  make (\S+) +(\S.*)$", make().stdout, re.MULTILINE))

    assert set(listed) >= TASKS
    assert all(len(line.split()) >= 3 for line in listed.values())


@pytest.mark.parametrize(
    ("python", "told"),
    [
        (None, "Python 3.11 or newer"),
        ("exit 1", "older than 3.11"),
        ('case "$2" in *ensurepip*) exit 1;; esac', "python3-venv"),
    ],
    ids=["missing", "too old", "without venv"],
)
def test_a_python_that_will_not_do_is_told_in_one_line(
    checkout: Path, make: Make, python: str | None, told: str
) -> None:
    path = checkout / "other/python3"
    if python is not None:
        executable(path, python)

    outcome = make("setup", f"PYTHON={path}")

    assert outcome.returncode != 0
    assert told in outcome.stderr.splitlines()[0]
    assert not (checkout / ".venv").exists()


def test_set_up_is_done_once(checkout: Path, make: Make) -> None:
    set_up(checkout)

    assert "Nothing to be done" in make("setup").stdout


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_set_up_is_done_again_when_the_dependencies_changed(checkout: Path, make: Make, name: str) -> None:
    set_up(checkout)
    ready = checkout / ".venv/.ready"
    os.utime(ready, ns=(0, (checkout / name).stat().st_mtime_ns - 10**9))

    assert "uv" in make("setup", "--dry-run").stdout


def test_a_copied_environment_is_not_believed(checkout: Path, make: Make) -> None:
    set_up(checkout)
    for stamp in (checkout / ".venv").glob(".uv-*"):
        stamp.write_text("/somewhere/else\n")

    assert "-m venv --clear" in make("setup", "--dry-run").stdout


@pytest.mark.parametrize(
    "env_file", ["", "SLACK_BOT_TOKEN=", 'SLACK_BOT_TOKEN=""', "#SLACK_BOT_TOKEN=xoxb-1", "OLD_SLACK_BOT_TOKEN=xoxb-1"]
)
def test_without_a_token_the_sandbox_runs(checkout: Path, make: Make, env_file: str) -> None:
    set_up(checkout)
    (checkout / ".env").write_text(env_file)

    assert make("run").stdout.splitlines() == ["teambot sandbox"]


@pytest.mark.parametrize(
    "env_file", ["SLACK_BOT_TOKEN=xoxb-1", "export SLACK_BOT_TOKEN='xoxb-1'", "TEAMBOT_TEAMS_APP_ID=11112222-3333"]
)
def test_with_a_token_in_the_file_the_bot_is_migrated_and_served(checkout: Path, make: Make, env_file: str) -> None:
    set_up(checkout)
    (checkout / ".env").write_text(f"AWS_REGION=eu-central-1\n{env_file}\n")

    assert make("run").stdout.splitlines() == ["teambot migrate", "teambot serve"]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "TEAMBOT_TEAMS_APP_ID"])
def test_with_a_token_in_the_environment_the_bot_is_migrated_and_served(checkout: Path, make: Make, name: str) -> None:
    set_up(checkout)

    assert make("run", **{name: "xoxb-1"}).stdout.splitlines() == ["teambot migrate", "teambot serve"]


def test_the_bot_is_not_served_on_a_database_that_could_not_be_migrated(checkout: Path, make: Make) -> None:
    set_up(checkout)
    executable(checkout / ".venv/bin/teambot", 'echo "teambot $*"; [ "$1" != migrate ]')
    os.utime(checkout / ".venv/.ready")

    outcome = make("run", SLACK_BOT_TOKEN="xoxb-1")

    assert outcome.stdout.splitlines() == ["teambot migrate"]
    assert outcome.returncode != 0


def test_cleaning_spares_databases_and_the_environment_file(checkout: Path, make: Make) -> None:
    set_up(checkout)
    kept = [checkout / "teambot.db", checkout / ".env", checkout / "uv.lock"]
    for path in kept:
        path.touch()

    make("clean")

    assert not (checkout / ".venv").exists()
    assert all(path.exists() for path in kept)


def test_every_hook_is_local_and_runs_what_the_lock_pins() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")

    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    assert set(re.findall(r"language: (\S+)", text)) == {"unsupported", "pygrep"}
    assert all(entry.startswith(".venv/bin/") for entry in re.findall(r"unsupported\n +entry: (\S+)", text))


def test_the_example_environment_sets_nothing_by_itself() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line and not line.startswith("#")] == []
