"""``teambot request`` at a terminal: calls a running bot, each call signed with the caller's own AWS credentials."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import click
from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from bot import __version__
from bot.said import say
from core.adapters.aws.call_signer import CallSigner
from core.domain.durations import show_duration
from handlers.screens.clean import clean

ANSWER_WITHIN = 20
"""Seconds for one call."""
ASKED_AGAIN = 6
"""Times that a bot is asked what became of an act that was not done at once."""
LISTED = 100
"""The most of a kind that a bot lists."""
BASE = "/api/v1"
_PAGE = "Older ones: teambot request list --before {}"


class BotClient:
    """Calls one bot in the name of whoever is at the terminal. Failures are ClickExceptions in the bot's own words."""

    def __init__(self, session: ClientSession, signer: CallSigner) -> None:
        self._session = session
        self._signer = signer

    async def get(self, path: str) -> Any:
        return (await self._call("GET", path, None, {}))[1]

    async def act(self, path: str, document: Mapping[str, object]) -> Any:
        """Do something once, and ask what became of it while it is not done."""
        key = {"Idempotency-Key": uuid4().hex}
        body = json.dumps(document).encode()
        status, answer = await self._call("POST", path, body, key)
        for _ in range(ASKED_AGAIN):
            if status != 202:
                break
            await asyncio.sleep(1)
            status, answer = await self._call("POST", path, body, key)
        return answer

    async def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, Any]:
        whole = BASE + path
        shown = self._signer.sign(method, whole, body or b"", moment())
        proof = base64.urlsafe_b64encode(json.dumps(shown).encode()).decode()
        kind = {"Content-Type": "application/json"} if body is not None else {}
        return await exchange(
            self._session,
            method,
            self._signer.audience + whole,
            body,
            {**headers, **kind, "Authorization": f"TeamBot-AWS {proof}"},
        )


def moment() -> datetime:
    """The real time: AWS compares what is signed with it."""
    return datetime.now(UTC)  # noqa: TID251 - see above


async def exchange(
    session: ClientSession, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """Status and document of an answer. No redirect is followed: what was signed is for this address alone."""
    try:
        async with session.request(
            method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            status, text = response.status, await response.text()
    except (ClientError, TimeoutError) as error:
        raise click.ClickException(f"{url} cannot be reached: {str(error) or type(error).__name__}.") from error
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not 200 <= status < 300:
        detail = answer.get("detail") if isinstance(answer, dict) else None
        raise click.ClickException(
            clean(str(detail or f"{url} is no TEAM Bot with an HTTP API: it answered {status}."), lines=True)
        )
    return status, answer


@asynccontextmanager
async def calling(address: str) -> AsyncIterator[BotClient]:
    """A client of the bot at this address."""
    timeout = ClientTimeout(total=ANSWER_WITHIN)
    async with ClientSession(
        timeout=timeout, trust_env=True, headers={"User-Agent": f"teambot/{__version__}"}
    ) as session:
        _, said = await exchange(session, "GET", f"{address}{BASE}/signing")
        if said.get("audience") != address:
            raise click.ClickException(
                f"The bot at {address} calls itself {said.get('audience')}: set TEAMBOT_API_URL to the address that "
                "the admins of TEAM Bot give."
            )
        yield BotClient(session, CallSigner.of_environment(address, str(said.get("region"))))


async def new(address: str, document: Mapping[str, object]) -> int:
    async with calling(address) as bot:
        say((await bot.act("/requests", document))["said"])
    return 0


async def targets(address: str, search: str) -> int:
    """A line for each, below the kind that it is of."""
    async with calling(address) as bot:
        found = await bot.get(f"/targets?{urlencode({'search': search})}" if search else "/targets")
    sections = {
        "Accounts": [f"{each['id']}  {' / '.join([*each['path'], each['name']])}" for each in found["accounts"]],
        "Permission sets": [each["name"] for each in found["permission_sets"]],
        "Groups": [each["name"] for each in found["groups"]],
        "Bundles": [_bundle(each) for each in found["bundles"]],
    }
    for heading, lines in sections.items():
        if lines:
            say(f"{heading}:")
            for line in lines:
                say(f"  {line}")
            if len(lines) >= LISTED:
                say(f"  … the best {LISTED}. Name a part of what you look for.")
    if not any(sections.values()):
        say("There is nothing of that name that you may ask for." if search else "You may ask for nothing.")
    return 0


def _bundle(bundle: Mapping[str, Any]) -> str:
    named = ", ".join(f"{each['account']['name']} as {each['permission_set']['name']}" for each in bundle["targets"])
    rest = f" ({bundle['left_out']} more that you can't ask for)" if bundle["left_out"] else ""
    return f"{bundle['name']}: {named}{rest}"


async def list_own(address: str, before: str) -> int:
    async with calling(address) as bot:
        page = await bot.get(f"/requests?before={before}" if before else "/requests")
    for each in page["requests"]:
        say(_line(each))
    if not page["requests"]:
        say("You have no requests.")
    if page["next"]:
        say(_PAGE.format(page["next"]))
    return 0


async def show(address: str, request_id: str) -> int:
    async with calling(address) as bot:
        found = await bot.get(f"/requests/{request_id}")
    say(_line(found))
    facts = {
        "Why": found["justification"],
        "Ticket": found["ticket"],
        "Asked": found["created_at"],
        "Start": found["start_at"],
        "Active": found["access_since"],
        "Until": found["access_until"],
        "Decided by": found["decided_by"],
        "Ended early by": found["ended_early_by"],
    }
    for label, value in facts.items():
        if value:
            say(f"{label}: {value}")
    for line in found["history"]:
        say(line)
    return 0


async def end(address: str, request_id: str, act: str, reason: str) -> int:
    """``act``: ``cancel`` or ``end``."""
    async with calling(address) as bot:
        say((await bot.act(f"/requests/{request_id}/{act}", {"reason": reason}))["said"])
    return 0


def _line(request: Mapping[str, Any]) -> str:
    group, length = request["group"], show_duration(timedelta(minutes=request["minutes"]))
    target = (
        f"group {group['name']}" if group else f"{request['account']['name']} as {request['permission_set']['name']}"
    )
    return f"{request['id']}  {request['said']}  ·  {target}  ·  {length}"
