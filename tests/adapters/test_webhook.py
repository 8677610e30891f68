"""The webhook over HTTP: signed as its libraries verify, and deaf to every trick of a receiver."""

import asyncio
import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from core.adapters.webhook import MOST_READ, Webhook
from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import OutgoingEvent
from core.domain.public_addresses import is_anywhere
from infra.sandbox.event_receiver import LocalReceiver

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS = (b"n" * 32, b"f" * 24)
SECRETS = tuple("whsec_" + base64.b64encode(key).decode() for key in KEYS)
EVENT = OutgoingEvent("ab" * 32, 7, "request.granted", '{"id":"ab","data":{"name":"\\u00e9"}}')
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """Says something else at every look-up, as a name server does that rebinds."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 - of the library
    ) -> list[ResolveResult]:
        found = self.answers.pop(0)
        flags = socket.AI_NUMERICHOST
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=flags)
            for each in found
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def receiving(handler: Handler) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handler)
    server = TestServer(app)
    async with server:
        yield server


@asynccontextmanager
async def webhook(server: TestServer, **options: object) -> AsyncIterator[Webhook]:
    options = {"allowed": is_anywhere, **options}
    async with Webhook(str(server.make_url("/in")), lambda: SECRETS, lambda: NOW, **options) as made:  # type: ignore[arg-type]
        yield made


def answering(status: int, **headers: str) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers=headers)

    return handle


async def refusal(handler: Handler, **options: object) -> Upstream:
    async with receiving(handler) as server, webhook(server, **options) as hook:
        with pytest.raises(Upstream) as raised:
            await hook.send(EVENT)
    assert raised.value.side is Side.RECEIVER
    return raised.value


async def test_an_event_is_signed_over_its_id_its_moment_and_its_body_with_every_key_in_use() -> None:
    got: list[tuple[web.Request, bytes]] = []

    async def handle(request: web.Request) -> web.Response:
        got.append((request, await request.read()))
        return web.Response(status=204)

    async with receiving(handle) as server, webhook(server) as hook:
        await hook.send(EVENT)
        await hook.send(EVENT)
    (request, body), (again, _) = got
    assert (request.method, request.content_type, body) == ("POST", "application/json", EVENT.body.encode())
    assert request.headers["webhook-id"] == again.headers["webhook-id"] == EVENT.id
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signed = f"{EVENT.id}.{int(NOW.timestamp())}.".encode() + body
    good = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in KEYS]
    assert request.headers["webhook-signature"] == f"v1,{good[0]} v1,{good[1]}"
    assert not {"Cookie", "Authorization"} & request.headers.keys()


async def test_a_receiver_that_was_written_by_the_documents_alone_takes_it() -> None:
    async with LocalReceiver() as receiver:
        secret = receiver.environment()["TEAMBOT_EVENTS_WEBHOOK_SECRET"]
        now = partial(datetime.now, UTC)
        async with Webhook(receiver.url, lambda: [secret], now, allowed=is_anywhere) as hook:
            await hook.send(EVENT)
        (kept,) = receiver.deliveries()
        assert (kept.id, kept.is_good) == (EVENT.id, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    error = await refusal(handle)
    assert isinstance(error, UpstreamRefused)
    assert "redirect" in str(error)
    assert asked == ["/in"]


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (500, {}, None),
        (503, {"Retry-After": "7"}, timedelta(seconds=7)),
        (429, {"Retry-After": "999999999"}, timedelta(hours=1)),
        (429, {"Retry-After": "soon"}, None),
    ],
)
async def test_a_receiver_that_is_busy_is_left_alone_for_as_long_as_it_asks(
    status: int, headers: dict[str, str], pause: timedelta | None
) -> None:
    error = await refusal(answering(status, **headers))
    assert isinstance(error, UpstreamBusy)
    assert error.retry_after == pause


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413])
async def test_a_refusal_names_the_status(status: int) -> None:
    assert str(status) in str(await refusal(answering(status)))


async def test_a_silent_receiver_is_given_up() -> None:
    let_go = asyncio.Event()

    async def handle(_request: web.Request) -> web.Response:
        await let_go.wait()
        return web.Response()

    async with receiving(handle) as server:
        async with webhook(server, limit=aiohttp.ClientTimeout(total=0.2)) as hook:
            with pytest.raises(UpstreamBusy):
                await hook.send(EVENT)
        let_go.set()


async def test_no_more_than_a_little_of_an_answer_is_read() -> None:
    written = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while written < 500 * MOST_READ:
                await response.write(b"x" * MOST_READ)
                written += MOST_READ
        except ConnectionError:
            pass
        return response

    async with receiving(handle) as server, webhook(server) as hook:
        await hook.send(EVENT)
    assert written < 500 * MOST_READ


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_leads_inside_is_called_by_nobody(inside: str) -> None:
    names = Names(["93.184.215.14", inside])
    async with Webhook("https://hooks.example.com/in", lambda: SECRETS, lambda: NOW, resolver=names) as hook:
        with pytest.raises(UpstreamRefused, match="leads inside") as raised:
            await hook.send(EVENT)
    assert raised.value.code == "inside_address"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", "localhost", "2130706433"]
)
async def test_an_address_inside_in_the_place_of_a_name_is_refused_too(host: str) -> None:
    async with Webhook(f"https://{host}/in", lambda: SECRETS, lambda: NOW) as hook:
        with pytest.raises(Upstream):
            await hook.send(EVENT)


async def test_an_address_inside_in_digits_of_another_script_is_called_by_nobody() -> None:
    """The client reads them as digits (UTS 46), and asks no resolver then."""
    reached: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    async with receiving(handle) as server:
        for host in ("１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1"):
            url = f"http://{host}:{server.port}/in"
            async with Webhook(url, lambda: SECRETS, lambda: NOW) as hook:
                with pytest.raises(UpstreamRefused, match="leads inside"):
                    await hook.send(EVENT)
    assert reached == []


async def test_what_is_connected_to_is_what_was_checked() -> None:
    """A name that changes between the check and the call: there is one look-up for both."""
    reached: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        reached.append(request.host)
        return web.Response()

    async with receiving(handle) as server:
        names = Names(["127.0.0.1"], ["169.254.169.254"])
        checked: list[str] = []

        def allowed(address: str) -> bool:
            checked.append(address)
            return address == "127.0.0.1"

        url = f"http://hooks.example.com:{server.port}/in"
        async with Webhook(url, lambda: SECRETS, lambda: NOW, resolver=names, allowed=allowed) as hook:
            await hook.send(EVENT)
            assert (reached, checked) == ([f"hooks.example.com:{server.port}"], ["127.0.0.1"])
            assert len(names.answers) == 1
    async with Webhook(url, lambda: SECRETS, lambda: NOW, resolver=names, allowed=allowed) as hook:
        with pytest.raises(UpstreamRefused, match="leads inside"):
            await hook.send(EVENT)


async def test_a_check_connects_and_hands_nothing_over() -> None:
    got: list[tuple[str, bytes]] = []

    async def handle(request: web.Request) -> web.Response:
        got.append((request.method, await request.read()))
        return web.Response(status=405)

    async with receiving(handle) as server, webhook(server) as hook:
        assert "can be reached" in await hook.check()
    assert got == [("HEAD", b"")]
