"""Says to the measurement which test runs: a plugin, for ``-p tests.mutation.contexts``.

Each line of the result then names the tests that reached it; the processor's seconds for each test stand
beside it.
"""

import json
import os
import time
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

_took: dict[str, float] = {}
_TIMES = Path("out/coverage")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    measuring = coverage.Coverage.current()
    assert measuring is not None
    measuring.switch_context(item.nodeid)
    began = time.process_time()
    try:
        return (yield)
    finally:
        _took[item.nodeid] = time.process_time() - began
        measuring.switch_context("")


def pytest_sessionfinish() -> None:
    if _took:
        _TIMES.mkdir(parents=True, exist_ok=True)
        (_TIMES / f"took.{os.getpid()}.json").write_text(json.dumps(_took), encoding="utf-8")
