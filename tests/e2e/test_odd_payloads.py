"""Payloads that are rightly signed and yet odd: nobody sees a traceback, Slack sees no 500, nothing is stored.

The whole bot over HTTP, in this process: a process for each example would take too long.
"""

import asyncio
import hashlib
import hmac
import io
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given, settings
from structlog.testing import capture_logs

from bot.compose import chat_of, open_infrastructure, platforms_of, services_of
from bot.metrics import Metrics
from bot.settings import Purpose, load_settings
from bot.slack_app import dispatching, slack_app
from bot.web import SlackEndpoint, create_app, serving
from infra.sandbox.company import example_company
from infra.sandbox.slack.delivery.signing import FORM
from infra.sandbox.stage import SIGNING_SECRET, Stage
from tests.e2e.odd_payloads import Json, body_of, changed_payloads, commands
from tests.e2e.policied import PoliciedDatabases
from tests.fakes.background import FakeBackground

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = 120
LASTING = ("request", "vote", "assignment", "policy_revision", "policy_proposal", "export")
"""Tables to which nothing odd may add. The others keep who was seen, what was refused and what was looked at."""


class Errors(logging.Handler):
    """Errors that Bolt, aiohttp and asyncio log of their own accord."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


def signature(body: bytes, at: str) -> str:
    """Slack's, of bytes that need not be text."""
    return "v0=" + hmac.new(SIGNING_SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()


class Bot:
    """The bot: its answers, what it stores and what it says of itself."""

    def __init__(self, url: str, file: Path, background: FakeBackground, session: aiohttp.ClientSession) -> None:
        self._url, self._background, self._session = url, background, session
        self._database = sqlite3.connect(file)
        names = self._database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'request_trigrams%'"
        )
        self._tables = sorted(name for (name,) in names)
        self._errors = Errors()
        logging.getLogger().addHandler(self._errors)

    def rows(self) -> dict[str, int]:
        """The number of rows in every table."""
        counted = self._database.execute(
            " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in self._tables)  # noqa: S608
        )
        return dict(counted.fetchall())

    async def post(self, body: str | bytes, kind: str = FORM) -> int:
        """The status; by then everything that it began is over."""
        sent = body if isinstance(body, bytes) else body.encode()
        at = str(int(time.time()))
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(sent, at)}
        async with self._session.post(self._url, data=io.BytesIO(sent), headers=headers) as answer:
            status = answer.status
        while pending := [task for task in self._background.tasks if not task.done()]:
            await asyncio.wait(pending)
        self._background.tasks.clear()
        return status

    async def takes(self, body: str | bytes, kind: str = FORM) -> int:
        """Post it, and hold what must hold whatever it is."""
        before = self.rows()
        self._errors.said.clear()
        with capture_logs() as logged:
            status = await self.post(body, kind)
        after = self.rows()
        assert status < 500, "the endpoint answered 500"
        assert [line for line in logged if line["log_level"] in {"error", "critical"}] == []
        assert self._errors.said == []
        assert {name: after.get(name) for name in LASTING} == {name: before.get(name) for name in LASTING}
        if status == 400:
            assert after == before, "stored, though it was turned away"
        return status

    def close(self) -> None:
        logging.getLogger().removeHandler(self._errors)
        self._database.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(policied: PoliciedDatabases) -> AsyncIterator[Bot]:
    url = policied.new()
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(example_company()))
        environment = {**stage.environment(), "TEAMBOT_DATABASE_URL": url, "TEAMBOT_ENV_FILE": "/dev/null"}
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        configured, metrics, background = load_settings(Purpose.SERVE), Metrics("1"), FakeBackground()
        base = await stack.enter_async_context(open_infrastructure(configured))
        chat = chat_of(configured, base.clock)
        services = services_of(configured, base, platforms_of(configured, chat), background)
        app = slack_app(configured, chat, services, background, base, metrics)  # type: ignore[arg-type] # it starts them alike
        now = base.clock.now
        endpoint = SlackEndpoint(lambda: (SIGNING_SECRET,), now, dispatching(app))
        port = await stack.enter_async_context(serving(create_app(_well, metrics, endpoint), "127.0.0.1", 0))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        made = Bot(
            f"http://127.0.0.1:{port}/slack/events",
            Path(url.removeprefix("sqlite+aiosqlite:///")),
            background,
            session,
        )
        stack.callback(made.close)
        yield made


async def _well() -> dict[str, str]:
    return {}


@settings(max_examples=EXAMPLES)
@given(payload=changed_payloads())
async def test_no_payload_that_was_changed_breaks_or_stores_anything(bot: Bot, payload: Json) -> None:
    await bot.takes(*body_of(payload))


@settings(max_examples=EXAMPLES // 3)
@given(command=commands())
async def test_no_command_whatever_is_typed_behind_it_breaks_or_stores_anything(
    bot: Bot, command: dict[str, str]
) -> None:
    await bot.takes(urlencode(command))


@pytest.mark.parametrize(
    "payload",
    [
        "[" * 200_000,
        '{"a":' * 100_000,
        '{"authorizations": [' * 450 + "]}" * 450,
        json.dumps({"type": "block_actions", "user": {"id": "U0ADA"}, "actions": [{}]}),
        json.dumps({"type": "block_actions", "user": "U0ADA", "actions": [{"action_id": "request.ask"}]}),
        json.dumps({"type": "view_submission", "user": {"id": "U0ADA"}, "view": {"callback_id": "request.form"}}),
        json.dumps({"type": "event_callback", "event": {"type": "app_home_opened", "tab": "home", "user": None}}),
        '{"type": "block_actions", "actions": ' + "9" * 5000 + "}",
        '{"type": "\\ud800"}',
        '{"type": NaN, "command": Infinity}',
        '{"event": null}',
        '{"type": "view_closed", "view": null}',
        '{"type": "event_callback", "team_id": "T0EXAMPLE", "event": {"type": "message", "message": 5}}',
        '{"type": "event_callback", "team_id": "T0EXAMPLE", "event": {"type": "message", "item": "x"}}',
        '{"type": "block_actions", "message": [], "user": {"id": "U0ADA"}, "actions": [{"action_id": "a"}]}',
        '{"type": "event_callback", "team_id": "T0EXAMPLE", "event": {"type": "function_executed", "function": null}}',
        "null",
        '"text"',
    ],
    ids=lambda payload: payload[:30],
)
async def test_what_no_parser_likes_is_turned_away_in_every_form_it_can_come_in(bot: Bot, payload: str) -> None:
    for body, kind in ((payload, "application/json"), (urlencode({"payload": payload}), FORM)):
        assert 400 <= await bot.takes(body, kind) < 500


@pytest.mark.parametrize("kind", ["application/json; charset=nonsense", f"{FORM}; charset=utf-16", FORM, "", ";;"])
async def test_bytes_that_are_no_text_are_turned_away(bot: Bot, kind: str) -> None:
    assert 400 <= await bot.takes(b"payload=\xff\xfe{", kind) < 500
