"""A connection that dies without a word, as in a failover, is given up: nothing waits on it for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy.engine import make_url

from core.adapters.storage import engine
from core.adapters.storage.engine import Database
from core.domain.errors import UpstreamBusy
from core.domain.policy import PolicyBook


class Wire:
    """A proxy in front of PostgreSQL that stops passing anything on when it is cut, and closes nothing."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._over = asyncio.Event()
        self._taken: set[asyncio.Task[None]] = set()
        self.is_cut = False

    def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._taken.add(asyncio.ensure_future(self._hold(reader, writer)))

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the end of the test, or of either side."""
        there, back = await asyncio.open_unix_connection(self._socket)
        passing = [asyncio.ensure_future(self._pass_on(*pair)) for pair in ((reader, back), (there, writer))]
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait({*passing, over}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*passing, over):
            task.cancel()
        await asyncio.gather(*passing, over, return_exceptions=True)
        for each in (writer, back):
            each.close()
        await asyncio.gather(writer.wait_closed(), back.wait_closed(), return_exceptions=True)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.is_cut:
                sink.write(data)

    async def end(self) -> None:
        self._over.set()
        await asyncio.gather(*self._taken)


@asynccontextmanager
async def wired(url: str) -> AsyncIterator[tuple[Wire, str]]:
    there = make_url(url)
    wire = Wire(f"{there.query['host']}/.s.PGSQL.{there.query.get('port', 5432)}")
    server = await asyncio.start_server(wire.take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield wire, there.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
    finally:
        server.close()
        await wire.end()


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_WITHIN", "CONNECT_WITHIN"):
        monkeypatch.setattr(engine, name, timedelta(seconds=2))  # on a busy machine, an honest answer takes one


@pytest.mark.parametrize("in_the_middle", [False, True])
async def test_a_unit_of_work_on_it_is_busy_after_a_while_and_the_next_one_works(
    postgresql_url: str, *, in_the_middle: bool
) -> None:
    async with wired(postgresql_url) as (wire, url):
        database = Database(url)
        await database.ping()
        wire.is_cut = not in_the_middle

        async def ask() -> None:
            async with asyncio.timeout(30), database.open() as unit:
                await unit.policies.current()
                wire.is_cut = True
                await unit.policies.current()

        with pytest.raises(UpstreamBusy):
            await ask()
        wire.is_cut = False
        async with database.open() as unit:
            assert await unit.policies.current() == PolicyBook()
        await database.close()
