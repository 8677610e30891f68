"""The callers that are accepted over HTTP, and the pages for operators. Real HTTP, on a free port."""

import asyncio
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from aiohttp import ClientSession, web

from bot import web as http
from bot.logs import configure
from bot.metrics import Metrics
from bot.web import LARGEST_BODY, SlackEndpoint, create_app, serving
from tests.fakes.clock import FakeClock

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BODY = b"command=%2Fteam&text=request"
LIMIT = LARGEST_BODY


def sign(body: bytes, timestamp: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


class Company:
    """A served application, what was passed on by it, and what its readiness says."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.taken: list[bytes] = []
        self.unwell: dict[str, str] = {}
        self.is_leaving = False
        self.url = ""
        self.port = 0

    @property
    def timestamp(self) -> str:
        return str(int(self.clock.now().timestamp()))

    async def dispatch(self, request: web.Request) -> web.Response:
        self.taken.append(await request.read())
        return web.Response(text="taken")

    async def readiness(self) -> Mapping[str, str]:
        return self.unwell

    def signed(self, body: bytes = BODY, **changes: str) -> dict[str, str]:
        headers = {"X-Slack-Request-Timestamp": self.timestamp, "X-Slack-Signature": sign(body, self.timestamp)}
        return {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}

    def app(self, *, socket_mode: bool = False) -> web.Application:
        endpoint = None if socket_mode else SlackEndpoint(lambda: (SECRET,), self.clock.now, self.dispatch)
        return create_app(self.readiness, Metrics("1"), endpoint, is_leaving=lambda: self.is_leaving)


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    company = Company()
    async with serving(company.app(), "127.0.0.1", 0) as port:
        company.port, company.url = port, f"http://127.0.0.1:{port}"
        yield company


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def test_a_call_that_slack_signed_is_passed_on_as_it_came(company: Company, client: ClientSession) -> None:
    async with client.post(f"{company.url}/slack/events", data=BODY, headers=company.signed()) as answer:
        assert (answer.status, await answer.text()) == (200, "taken")

    assert company.taken == [BODY]


@pytest.mark.parametrize("away", [-300, 0, 300])
async def test_a_signature_holds_five_minutes_either_way(company: Company, client: ClientSession, away: int) -> None:
    timestamp = str(int(company.timestamp) + away)
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": sign(BODY, timestamp)}

    async with client.post(f"{company.url}/slack/events", data=BODY, headers=headers) as answer:
        assert answer.status == 200


def moved(seconds: int) -> Callable[[Company], dict[str, str]]:
    """A rightful signature of another time."""

    def headers(company: Company) -> dict[str, str]:
        return at(str(int(company.timestamp) + seconds))(company)

    return headers


def at(timestamp: str) -> Callable[[Company], dict[str, str]]:
    """A rightful signature over whatever stands for the time."""
    return lambda _: {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": sign(BODY, timestamp)}


FORGERIES: dict[str, Callable[[Company], dict[str, str]]] = {
    "nothing signed": lambda _: {},
    "no signature": lambda c: {"X-Slack-Request-Timestamp": c.timestamp},
    "no timestamp": lambda c: {"X-Slack-Signature": sign(BODY, c.timestamp)},
    "empty signature": lambda c: c.signed(X_Slack_Signature=""),
    "empty timestamp": at(""),
    "another secret": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp, "guessed")),
    "no secret": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp, "")),
    "another body": lambda c: c.signed(X_Slack_Signature=sign(BODY + b" ", c.timestamp)),
    "another time than was signed": lambda c: c.signed(X_Slack_Request_Timestamp=str(int(c.timestamp) - 1)),
    "another version": lambda c: c.signed(X_Slack_Signature="v1" + sign(BODY, c.timestamp)[2:]),
    "no version": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp)[3:]),
    "in capitals": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp).upper()),
    "cut short": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp)[:-1]),
    "too long": lambda c: c.signed(X_Slack_Signature=sign(BODY, c.timestamp) + "0"),
    "absurdly long": lambda c: c.signed(X_Slack_Signature="v0=" + "0" * 8000),
    "no ASCII": lambda c: c.signed(X_Slack_Signature="v0=ünïcödé"),
    "stale": moved(-301),
    "of the future": moved(301),
    "of long ago": at("0"),
    "a word for a time": at("yesterday"),
    "a fraction": lambda c: at(c.timestamp + ".0")(c),
    "a negative time": at("-1"),
    "a signed number": lambda c: at("+" + c.timestamp)(c),
    "a number with underscores": lambda c: at(c.timestamp[0] + "_" + c.timestamp[1:])(c),
    "an absurdly long number": at("1" * 5000),
    "not a number": at("nan"),
    "infinite": at("inf"),
    "other digits": lambda c: at(c.timestamp.translate({ord(d): 0x0660 + int(d) for d in "0123456789"}))(c),
    "full-width digits": lambda c: at(c.timestamp.translate({ord(d): 0xFF10 + int(d) for d in "0123456789"}))(c),
    "superscript": at("²"),
}


@pytest.mark.parametrize("forged", FORGERIES.values(), ids=FORGERIES)
async def test_what_slack_did_not_sign_lately_is_refused_without_a_word(
    company: Company, client: ClientSession, forged: Callable[[Company], dict[str, str]]
) -> None:
    async with client.post(f"{company.url}/slack/events", data=BODY, headers=forged(company)) as answer:
        assert (answer.status, await answer.read()) == (401, b"")

    assert company.taken == []


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_header_given_twice_is_refused(company: Company, client: ClientSession, name: str) -> None:
    headers = [*company.signed().items(), (name, company.signed()[name])]

    async with client.post(f"{company.url}/slack/events", data=BODY, headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"v0=\x80", b"\xed\xa0\x80"])
async def test_header_bytes_that_are_no_text_are_refused(company: Company, raw: bytes) -> None:
    for name in (b"X-Slack-Signature", b"X-Slack-Request-Timestamp"):
        other = {key.encode(): value.encode() for key, value in company.signed(b"").items()}
        assert await posted(company, {**other, name: raw}) in {400, 401}

    assert company.taken == []


async def posted(company: Company, headers: dict[bytes, bytes]) -> int:
    """The status that a call with such header bytes and no body is answered with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", company.port)
    lines = [b"POST /slack/events HTTP/1.1", b"Host: x", b"Content-Length: 0", b"Connection: close"]
    writer.write(b"\r\n".join([*lines, *(name + b": " + value for name, value in headers.items()), b"", b""]))
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return status


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body whose size is not said beforehand."""
    for begun in range(0, size, 64 * 1024):
        yield b"x" * min(64 * 1024, size - begun)


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 200), (LIMIT + 1, 413)])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_may_have_1_mib_and_not_a_byte_more(
    company: Company, client: ClientSession, size: int, status: int, chunked: bool
) -> None:
    body = b"x" * size
    data = pieces(size) if chunked else io.BytesIO(body)

    async with client.post(f"{company.url}/slack/events", data=data, headers=company.signed(body)) as answer:
        assert answer.status == status

    assert len(company.taken) == (status == 200)


async def test_a_body_that_is_too_large_is_refused_before_its_signature_is_looked_at(
    company: Company, client: ClientSession
) -> None:
    async with client.post(f"{company.url}/slack/events", data=io.BytesIO(b"x" * (LIMIT + 1))) as answer:
        assert answer.status == 413


async def test_a_size_that_is_only_announced_is_refused_before_anything_is_read(company: Company) -> None:
    assert await posted(company, {b"Content-Length": str(LIMIT + 1).encode()}) in {400, 413}


async def test_a_compressed_body_is_not_unpacked(company: Company, client: ClientSession) -> None:
    headers = company.signed(Content_Encoding="deflate")

    async with client.post(f"{company.url}/slack/events", data=BODY, headers=headers) as answer:
        assert answer.status == 200

    assert company.taken == [BODY]


async def test_a_body_that_drags_on_is_not_waited_for(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_READ", 0.01)
    reader, writer = await asyncio.open_connection("127.0.0.1", company.port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")

    assert b" 408 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_in_socket_mode_nothing_can_be_posted(client: ClientSession) -> None:
    company = Company()
    async with serving(company.app(socket_mode=True), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        async with client.post(url, data=BODY, headers=company.signed()) as answer:
            assert answer.status == 404


async def test_a_living_process_says_so(company: Company, client: ClientSession) -> None:
    company.unwell = {"database": "it does not answer"}

    async with client.get(f"{company.url}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_a_process_is_ready_when_every_check_holds(company: Company, client: ClientSession) -> None:
    async with client.get(f"{company.url}/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})


async def test_a_process_that_is_not_ready_names_what_fails(company: Company, client: ClientSession) -> None:
    company.unwell = {"scheduler": "it stands still", "database": "it does not answer"}

    async with client.get(f"{company.url}/readyz") as answer:
        assert answer.status == 503
        assert await answer.json() == {
            "status": "not ready",
            "failing": ["database", "scheduler"],
            "because": {"database": "it does not answer", "scheduler": "it stands still"},
        }


async def test_a_process_that_was_told_to_stop_answers_and_says_at_once_that_it_is_not_ready(
    company: Company, client: ClientSession
) -> None:
    async with client.get(f"{company.url}/readyz") as answer:
        assert (answer.status, answer.headers.get("Connection")) == (200, None)
    company.is_leaving = True
    async with client.get(f"{company.url}/readyz") as answer:
        assert (answer.status, (await answer.json())["failing"]) == (503, ["leaving"])
    async with client.post(f"{company.url}/slack/events", data=BODY, headers=company.signed()) as answer:
        assert (answer.status, answer.headers["Connection"]) == (200, "close")


async def test_checks_that_take_too_long_have_failed(client: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> Mapping[str, str]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(http, "LONGEST_CHECK", 0.01)
    async with (
        serving(create_app(never, Metrics("1")), "127.0.0.1", 0) as port,
        client.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        assert (answer.status, (await answer.json())["failing"]) == (503, ["timeout"])


async def test_the_numbers_are_served_as_prometheus_reads_them(company: Company, client: ClientSession) -> None:
    async with client.get(f"{company.url}/metrics") as answer:
        assert answer.content_type == "text/plain"
        assert "teambot_build_info" in await answer.text()


@pytest.mark.parametrize("path", ["/", "/slack", "/slack/events/", "/metrics/x", "/../etc/passwd", "/%2e%2e/x"])
async def test_there_is_nothing_else(company: Company, client: ClientSession, path: str) -> None:
    async with client.get(company.url + path) as answer:
        assert answer.status == 404


async def test_slacks_endpoint_is_for_posting_alone(company: Company, client: ClientSession) -> None:
    async with client.get(f"{company.url}/slack/events") as answer:
        assert answer.status == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nothing"])
async def test_every_answer_has_security_headers_and_names_no_software(
    company: Company, client: ClientSession, path: str
) -> None:
    async with client.get(company.url + path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Server" not in answer.headers


async def test_a_refused_call_names_no_software_either(company: Company, client: ClientSession) -> None:
    async with client.post(f"{company.url}/slack/events", data=BODY) as answer:
        assert "Server" not in answer.headers


async def test_calls_that_are_being_answered_at_the_end_are_answered(client: ClientSession) -> None:
    company, begun, go_on = Company(), asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    endpoint = SlackEndpoint(lambda: (SECRET,), company.clock.now, slow)
    async with serving(create_app(company.readiness, Metrics("1"), endpoint), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        call = asyncio.ensure_future(client.post(url, data=BODY, headers=company.signed()))
        await begun.wait()
        asyncio.get_running_loop().call_soon(go_on.set)
    answer = await call

    assert await answer.text() == "done"


@pytest.mark.parametrize("signed_with", [SECRET, "the-new-one"])
async def test_while_the_secret_is_changed_either_of_two_will_do(client: ClientSession, signed_with: str) -> None:
    company = Company()
    endpoint = SlackEndpoint(lambda: ("the-new-one", SECRET), company.clock.now, company.dispatch)
    headers = {**company.signed(), "X-Slack-Signature": sign(BODY, company.timestamp, signed_with)}
    async with serving(create_app(company.readiness, Metrics("1"), endpoint), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        async with client.post(url, data=BODY, headers=headers) as answer:
            assert answer.status == 200
        forged = {**headers, "X-Slack-Signature": sign(BODY, company.timestamp, "")}
        async with client.post(url, data=BODY, headers=forged) as answer:
            assert answer.status == 401


async def test_refused_signatures_are_counted_each_and_logged_now_and_then(
    client: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("json", to=(out := io.StringIO()))
    company, metrics = Company(), Metrics("1")
    endpoint = SlackEndpoint(lambda: (SECRET,), company.clock.now, company.dispatch)

    async def forge(port: int) -> None:
        async with client.post(f"http://127.0.0.1:{port}/slack/events", data=BODY) as answer:
            assert answer.status == 401

    async with serving(create_app(company.readiness, metrics, endpoint), "127.0.0.1", 0) as port:
        for _ in range(5):
            await forge(port)
        monkeypatch.setattr(http, "TOLD_EVERY", 0.0)
        await forge(port)
    assert b"teambot_refused_signatures_total 6.0" in metrics.render()
    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["calls"] for line in said] == [1, 5]


async def test_what_was_signed_with_a_secret_that_is_known_a_moment_later_is_let_in(client: ClientSession) -> None:
    company, known = Company(), ["the-former-one"]
    asked: list[str] = []

    async def renew() -> None:
        asked.append("renew")
        known.append(SECRET)

    endpoint = SlackEndpoint(lambda: known, company.clock.now, company.dispatch, renew)
    async with serving(create_app(company.readiness, Metrics("1"), endpoint), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/slack/events"
        async with client.post(url, data=BODY) as unsigned:
            assert (unsigned.status, asked) == (401, [])
        for _ in range(2):
            async with client.post(url, data=BODY, headers=company.signed()) as answer:
                assert answer.status == 200

    assert asked == ["renew"]
