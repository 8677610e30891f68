"""The systemd unit: systemd understands it, calls it safe, and gives the process the time that it needs to end."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.lifecycle import AFTER_WORK
from bot.settings import ProcessSettings
from tests.repo.tree import ROOT

UNIT = ROOT / "infra/systemd/teambot.service"
ANALYZE = shutil.which("systemd-analyze")
MOST_EXPOSED = 15
"""Of 100, in systemd's own count: a service without any protection has 96."""


def analyze(*words: str) -> "subprocess.CompletedProcess[str]":
    assert ANALYZE
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, check=False)


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    program = tmp_path / "teambot"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "teambot.service"
    unit.write_text(UNIT.read_text().replace("/opt/teambot/bin/teambot", str(program)))

    outcome = analyze("verify", str(unit))
    ours = [line for line in outcome.stderr.splitlines() if "teambot.service" in line]

    assert (outcome.returncode, ours) == (0, [])


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_systemd_calls_it_safe() -> None:
    outcome = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(UNIT))

    assert outcome.returncode == 0, outcome.stdout.splitlines()[-1]


def test_the_service_manager_waits_for_as_long_as_the_process_may_take_to_end() -> None:
    waits = int(re.findall(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[0])
    compose = int(re.findall(r"stop_grace_period: (\d+)s", (ROOT / "infra/docker/compose.yaml").read_text())[0])

    assert min(waits, compose) > ProcessSettings.model_fields["stop_within"].default + AFTER_WORK
