"""The secrets of the tests, by which it shows when one of them is written anywhere: each is like nothing else.

Whatever a test lets be written is looked through when it ends (``conftest.py``), and of a play the whole log of
the process and every word of its commands (``tests/e2e/play.py``).
"""

from collections.abc import Generator

import pytest

from infra.sandbox.aws.callers import SECRET_KEY, SESSION_TOKEN
from infra.sandbox.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET

SECRETS = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, SECRET_KEY, SESSION_TOKEN)


def secrets_in(text: str) -> list[str]:
    """Those of them that stand in a text."""
    return [secret for secret in SECRETS if secret in text]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail whatever lets a secret of the tests be written: to the log, to standard output or to standard error."""
    report = yield
    shown = secrets_in("\n".join(text for _, text in report.sections))
    if shown and report.passed:
        report.outcome, report.longrepr = "failed", f"written where others can read it: {', '.join(shown)}"
    return report
