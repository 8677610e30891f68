"""The look through what tests write finds a secret, and fails the test that let it be written."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kept_secrets import SECRETS, secrets_in
from tests.repo.tree import ROOT

WAYS = {
    "the log": "logging.getLogger('x').warning('token %s', SECRET)",
    "standard output": "print(SECRET)",
    "standard error": "print(SECRET, file=sys.stderr)",
    "a traceback": "logging.getLogger('x').warning('failed', exc_info=ValueError(SECRET))",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_wherever_it_stands(secret: str) -> None:
    assert secrets_in(f"a line with {secret}.") == [secret]


def test_a_test_that_lets_a_secret_be_written_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.kept_secrets import pytest_runtest_makereport\n")
    (tmp_path / "test_it.py").write_text(
        "import logging, sys\nfrom tests.kept_secrets import SECRETS\nSECRET = SECRETS[2]\n"
        + "".join(f"\n\ndef test_{way.replace(' ', '_')}():\n    {writes}\n" for way, writes in WAYS.items())
        + "\n\ndef test_that_is_silent():\n    pass\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert f"{len(WAYS)} failed, 1 passed" in outcome.stdout, outcome.stdout + outcome.stderr
    said = [f"FAILED test_it.py::test_{way.replace(' ', '_')} - written where others can read it" for way in WAYS]
    assert [line for line in said if line not in outcome.stdout] == []
