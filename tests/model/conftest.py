"""Databases for histories: one in memory for all of them, and a real PostgreSQL."""

import gc
from collections.abc import Iterator

import pytest
import structlog

from tests.databases import postgresql_databases, postgresql_server, postgresql_url  # noqa: F401
from tests.model.memory import MemorySqlite
from tests.model.prepared import prepared
from tests.model.real import PostgresqlStorage
from tests.model.soak import quiet, relax


@pytest.fixture(scope="session")
def memory() -> MemorySqlite:
    return prepared()


@pytest.fixture(autouse=True, scope="module")
def relaxed() -> Iterator[None]:
    """Garbage is seldom collected, as ``make soak`` has it. What was frozen stays so: it lives to the end."""
    before = gc.get_threshold()
    relax()
    yield
    gc.set_threshold(*before)


@pytest.fixture
def postgresql(postgresql_url: str) -> PostgresqlStorage:  # noqa: F811
    return PostgresqlStorage(postgresql_url)


@pytest.fixture(autouse=True)
def without_a_log() -> Iterator[None]:
    """To write what thousands of histories log takes longer than to play them."""
    before = structlog.get_config()
    quiet()
    yield
    structlog.configure(**before)
