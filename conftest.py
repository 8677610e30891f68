"""What holds for every test: how many examples Hypothesis draws, and how what is logged is shown.

Fixtures live nearer to the tests that use them.
"""

import gc
import os

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.kept_secrets", "tests.longest_first", "tests.quick_folder"]

BUSY_MACHINE = [HealthCheck.too_slow]
settings.register_profile("dev", max_examples=100, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.register_profile("ci", max_examples=40, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
"""As the bot shows it on a console. A traceback in colours, structlog's default, takes longer than most tests."""


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is imported and collected lives to the end: no collection of garbage need walk it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """DuckDB looks at the end whether everything of it has been collected."""
    gc.unfreeze()
