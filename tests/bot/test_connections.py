"""A client that holds connections open, or asks without end, neither fills the process nor keeps others out."""

import asyncio
import resource
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from aiohttp import ClientSession, web

from bot import connections as watched
from bot import web as http
from bot.metrics import Metrics
from bot.web import create_app, create_metrics_app, serving

MOST = 12
HALF = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-A: "
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Looks:
    """Counts how often somebody looked whether the process is ready."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> Mapping[str, str]:
        self.count += 1
        await asyncio.sleep(0)
        return {}


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "most_connections", lambda: MOST)


@asynccontextmanager
async def connection(port: int, said: bytes = b"") -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def answered(port: int) -> bytes:
    async with connection(port, WHOLE) as (reader, _), asyncio.timeout(30):
        return (await reader.readline()).strip()


async def gone(reader: asyncio.StreamReader) -> bool:
    """True if the other side has closed the connection, now or in a moment."""
    with suppress(ConnectionError):
        async with asyncio.timeout(30):
            return await reader.read() == b""
    return True


async def test_headers_that_drag_on_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEADERS_WITHIN", 0.05)
    async with (
        serving(create_app(Looks(), Metrics("1")), "127.0.0.1", 0) as port,
        connection(port, HALF) as (half, _),
        connection(port) as (silent, _),
        connection(port, WHOLE) as (whole, _),
    ):
        assert await gone(half)
        assert await gone(silent)
        assert b" 200 " in await whole.readline()


@pytest.mark.parametrize("said", [HALF, b"", WHOLE], ids=["half a header", "nothing", "kept alive"])
async def test_held_connections_keep_nobody_out_and_are_never_more_than_the_limit(said: bytes) -> None:
    async with serving(create_app(Looks(), Metrics("1")), "127.0.0.1", 0) as port, AsyncExitStack() as held:
        readers = [(await held.enter_async_context(connection(port, said)))[0] for _ in range(3 * MOST)]
        assert await answered(port) == b"HTTP/1.1 200 OK"
        for reader in readers[:MOST]:
            if said is WHOLE:
                with suppress(ConnectionError, asyncio.IncompleteReadError):
                    await reader.readuntil(b"}")
            assert await gone(reader)


async def test_what_is_being_answered_makes_no_room_for_others() -> None:
    begun, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        begun.release()
        await go_on.wait()
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/healthz", slow)
    async with serving(app, "127.0.0.1", 0) as port, AsyncExitStack() as held:
        readers = [(await held.enter_async_context(connection(port, WHOLE)))[0] for _ in range(MOST)]
        for _ in readers:
            await begun.acquire()
        async with connection(port, WHOLE) as (refused, _):
            assert await gone(refused)
        go_on.set()
        assert [await reader.readline() for reader in readers] == [b"HTTP/1.1 200 OK\r\n"] * MOST


def test_connections_leave_most_descriptors_to_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for descriptors, most in {120: 30, 1024: 256, 65536: 512, 20: 8, -1: 512}.items():
        monkeypatch.setattr(resource, "getrlimit", lambda _, found=descriptors: (found, found))
        assert watched.most_connections() == most


async def test_one_look_serves_everybody_who_asks_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Looks()
    async with serving(create_app(looks, Metrics("1")), "127.0.0.1", 0) as port, ClientSession() as client:

        async def ask() -> int:
            async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status

        assert set(await asyncio.gather(*(ask() for _ in range(8)))) == {200}
        assert looks.count == 1
        monkeypatch.setattr(http, "LOOKED_AT_EVERY", 0.05)
        await asyncio.gather(*(ask() for _ in range(MOST - 2)))
        assert looks.count <= 3  # whoever comes too often waits for the next look, and has that one
        monkeypatch.setattr(http, "LOOKED_AT_EVERY", 0.0)
        looks.count = 1
        await ask()
        assert looks.count == 2


async def test_metrics_may_have_a_port_of_their_own() -> None:
    metrics = Metrics("1")
    app = create_app(Looks(), metrics, shows_metrics=False)
    async with (
        serving(app, "127.0.0.1", 0) as port,
        serving(create_metrics_app(metrics), "127.0.0.1", 0) as own,
        ClientSession() as client,
    ):
        for asked, path, status in ((port, "metrics", 404), (own, "metrics", 200), (own, "readyz", 404)):
            async with client.get(f"http://127.0.0.1:{asked}/{path}") as answer:
                assert answer.status == status
