"""Tells whether a connection is one's own, or a pooler in between gives each transaction another one.

The second is what PgBouncer calls transaction pooling, and what RDS Proxy does with sessions that it has not pinned.
LISTEN, locks and limits of a session, and prepared statements are lost there, or meet in somebody else's session.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from sqlalchemy.engine import URL

from core.adapters.storage.address import connect_arguments, is_sqlite
from core.adapters.storage.engine import CONNECT_WITHIN, LIMITS
from core.adapters.storage.errors import translated

OTHERS = 3
"""Connections that hold a transaction meanwhile: a pooler that has a few to spare gives one of them what was ours."""
LOOKS = 2
LOOK_WITHIN = 5.0
"""Seconds; where all connections of a pooler are taken, the next transaction waits."""


async def shares_connections(address: URL) -> bool:
    """True if two transactions of one connection may be two sessions of the server. Raises UpstreamBusy."""
    if is_sqlite(address):
        return False
    with translated():
        async with AsyncExitStack() as stack:
            own, *others = [await _connected(address, stack) for _ in range(1 + OTHERS)]
            return any([await _is_shared(own, others) for _ in range(LOOKS)])


async def _connected(address: URL, stack: AsyncExitStack) -> Any:
    import asyncpg  # noqa: PLC0415 - a bot on SQLite does not load it

    connection = await asyncpg.connect(
        **connect_arguments(address), timeout=CONNECT_WITHIN.total_seconds(), statement_cache_size=0
    )
    stack.callback(connection.terminate)
    await connection.execute(LIMITS)  # as every connection of the bot begins
    return connection


async def _is_shared(own: Any, others: list[Any]) -> bool:
    before = await _session_of(own)
    sessions: list[int] = []
    try:
        async with asyncio.timeout(LOOK_WITHIN), AsyncExitStack() as held:
            for other in others:
                await held.enter_async_context(other.transaction())
                sessions.append(await other.fetchval("SELECT pg_backend_pid()"))
            return before in sessions or await _session_of(own) != before
    except TimeoutError:
        return True


async def _session_of(connection: Any) -> int:
    """The server's process that serves a transaction of this connection."""
    async with connection.transaction():
        return int(await connection.fetchval("SELECT pg_backend_pid()"))
