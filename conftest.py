"""What holds for every test: how many examples Hypothesis draws, and how what is logged is shown.

Fixtures live nearer to the tests that use them.
"""

import atexit
import gc
import os
from collections.abc import Generator

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.compiled_once", "tests.kept_secrets", "tests.longest_first", "tests.quick_folder"]

BUSY_MACHINE = [HealthCheck.too_slow]
settings.register_profile("dev", max_examples=100, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.register_profile("ci", max_examples=40, deadline=None, print_blob=True, suppress_health_check=BUSY_MACHINE)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
if MANY := os.environ.get("TEAMBOT_EXAMPLES"):  # make properties
    settings.register_profile("many", max_examples=int(MANY), deadline=None, suppress_health_check=list(HealthCheck))
    settings.load_profile("many")

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
"""As the bot shows it on a console. A traceback in colours, structlog's default, takes longer than most tests."""


YOUNG_OBJECTS, GENERATIONS = 20_000, 20
"""So many new objects before the garbage collector looks at them, and looks before it looks at older ones: tests leave
little behind in circles, and Python's own 700 and 10 took a twentieth of their time."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """No garbage is collected while thousands of tests are: all of it lives to the end, and is never walked again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        atexit.register(gc.unfreeze)  # DuckDB looks at the very end whether everything of it has been collected
        gc.set_threshold(YOUNG_OBJECTS, GENERATIONS, GENERATIONS)
        gc.enable()
