"""Connections are made with the address as it is then: a password changes while the process runs."""

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.adapters.storage.engine import Database
from core.domain.errors import Upstream
from tests.databases import postgresql_databases, postgresql_server, postgresql_url  # noqa: F401 - fixtures


@pytest.fixture
async def users(postgresql_url: str) -> AsyncIterator[tuple[str, str]]:  # noqa: F811
    """Two users of the database, who stand for one user before and after its password was changed."""
    names = (f"before_{uuid.uuid4().hex[:8]}", f"after_{uuid.uuid4().hex[:8]}")
    plain = make_url(postgresql_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    for name in names:
        await connection.execute(f'CREATE ROLE "{name}" LOGIN')
    yield names
    for name in names:
        await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    await connection.close()


async def test_what_is_open_stays_and_what_is_opened_later_has_the_address_of_then(
    postgresql_url: str,  # noqa: F811
    users: tuple[str, str],
) -> None:
    refused: list[str] = []
    first = make_url(postgresql_url)
    addresses = [first.set(username=users[0]).render_as_string(hide_password=False)]
    database = Database(addresses[0])
    database.connect_with(lambda: addresses[-1], refused=lambda: refused.append("refused"))
    async with database.engine.connect() as open_before:
        assert (await open_before.execute(text("SELECT current_user"))).scalar_one() == users[0]
        addresses.append(first.set(username=users[1]).render_as_string(hide_password=False))
        async with database.engine.connect() as opened_later:
            assert (await opened_later.execute(text("SELECT current_user"))).scalar_one() == users[1]
        assert (await open_before.execute(text("SELECT current_user"))).scalar_one() == users[0]
    assert refused == []
    await database.close()


async def test_an_address_that_is_not_taken_is_told_and_the_next_one_is_tried(
    postgresql_url: str,  # noqa: F811
    users: tuple[str, str],
) -> None:
    first = make_url(postgresql_url)
    good = first.set(username=users[0]).render_as_string(hide_password=False)
    addresses = [first.set(username="nobody_here").render_as_string(hide_password=False)]
    database = Database(addresses[0])
    database.connect_with(lambda: addresses[-1], refused=lambda: addresses.append(good))
    with pytest.raises(Upstream):
        await database.ping()

    await database.ping()
    await database.close()
