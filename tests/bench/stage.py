"""The stage of the benchmark: the real process before a local Slack and AWS, a bare Bolt app, and load beside them."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from core.adapters.storage.migrate import upgrade
from infra.sandbox.bot_process import BotProcess
from infra.sandbox.company import Company, SlackUser, large_company
from infra.sandbox.slack.delivery.app_call import AppCall
from infra.sandbox.slack.delivery.http import HttpRoad
from infra.sandbox.slack.delivery.payloads import Payloads
from infra.sandbox.slack.model import App
from tests.bench.load import Posted
from tests.databases import PostgresqlDatabases, start_server
from tests.e2e.play import Play

PEOPLE = 200
"""Those of the company who are in the chat, may ask for everything, and put the bot under load."""
ROOT = "r-ab12"
LOAD_WITHIN = 150.0
UNITS = 30


@dataclass(frozen=True, slots=True)
class Network:
    """Seconds that each call waits for its answer, beside the work."""

    name: str
    aws: float = 0.0
    slack: float = 0.0


LOCAL = Network("local")
WAN = Network("wan", aws=0.03, slack=0.1)
SLOW_AWS = Network("AWS at 300 ms", aws=0.3)


@dataclass(frozen=True, slots=True)
class Size:
    """The company: accounts, permission sets and users."""

    accounts: int = 300
    permission_sets: int = 20
    users: int = 300


LARGE = Size(3000, 100, 5000)


def crowd(size: Size) -> Company:
    """A company of this size, with its accounts in few units: each takes two calls to read, and thirty go a second."""
    company = large_company(size.accounts, size.permission_sets, size.users, groups=10)
    grown = [unit for unit in company.units if unit.name.startswith("Division")]
    kept, accounts = grown[:UNITS], list(company.accounts)
    for place, account in enumerate(accounts):
        if account.name.startswith("Team "):
            accounts[place] = replace(account, parent_id=kept[place % len(kept)].id)
    units = tuple(unit for unit in company.units if unit not in grown[UNITS:])
    company = replace(company, units=units, accounts=tuple(accounts))
    people = [user for user in company.users if user.user_name.startswith("person")][:PEOPLE]
    chat = tuple(SlackUser(f"U0P{n:04}", f"person{n:04}", p.display_name, p.email) for n, p in enumerate(people))
    everybody = tuple(user.id for user in chat)
    channels = tuple(
        replace(each, members=each.members + everybody) if each.name == "general" else each for each in company.channels
    )
    return replace(company, slack_users=company.slack_users + chat, channels=channels)


def policies(people: Sequence[str], *, approval: bool = True) -> str:
    """Everybody may ask for everything; with ``approval``, Payments Leads decide."""
    users = ", ".join(people)
    asked = f"{{name: everything, users: [{users}], ous: [{ROOT}], permission_sets: [ReadOnlyAccess], max_duration: 4h"
    lines = ["version: 1", "settings: {admin_group: team-admins, auditor_group: team-auditors}", "eligibility:"]
    lines.append(f"  - {asked}, approval_required: {str(approval).lower()}}}")
    if approval:
        decided = "approver_groups: [Payments Leads], channels: [C0PAYMENTS], approvals_required: 1"
        lines += ["approval:", f"  - {{name: leads, ous: [{ROOT}], {decided}}}"]
    return "\n".join(lines) + "\n"


@dataclass
class BenchStage:
    """A play with what is measured beside it."""

    play: Play
    floor_url: str
    started: float
    """Seconds that the process took from its start until it was ready."""

    @cached_property
    def names(self) -> list[str]:
        """The crowd, as the chat calls them."""
        return [f"person{n:04}" for n in range(PEOPLE)]

    def account(self, number: int) -> str:
        """The name of an account that one life alone is about."""
        return f"Team {number:04}"

    @property
    def payloads(self) -> Payloads:
        return Payloads(self.play.stage.slack.workspace)

    @property
    def app(self) -> App:
        return self.play.stage.slack.app()

    def set_network(self, network: Network) -> None:
        """From now on every call to AWS and Slack takes so much longer."""
        self.play.lift()
        if network.aws:
            self.play.aws.faults.add("latency", seconds=network.aws)
        if network.slack:
            self.play.stage.slack.faults.add(latency=network.slack)

    async def floor(self, app_call: AppCall, count: int = 20) -> list[float]:
        """Milliseconds that the bare app takes for this call, one after the other, on connections of their own."""
        road, app = HttpRoad(), replace(self.app, request_url=self.floor_url)
        await road.open()
        try:
            loop, took = asyncio.get_running_loop(), list[float]()
            for _ in range(count):
                began = loop.time()
                ack = await road.send(app, app_call, 3.0)
                assert ack.ok, ack
                took.append((loop.time() - began) * 1000)
            return took
        finally:
            await road.close()

    async def load(self, posts: Sequence[Posted], in_flight: int, *, url: str = "") -> list[float | None]:
        """Milliseconds of each call, from a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.bench.load", url or self.play.bot.events_url, str(in_flight)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        lines = "\n".join(json.dumps(post) for post in posts)
        async with asyncio.timeout(LOAD_WITHIN):
            out, _ = await process.communicate(lines.encode())
        found: list[float | None] = json.loads(out)
        return found

    def cpu(self) -> float:
        """Seconds of CPU that the bot has used."""
        return cpu_of(self._pid)

    def memory(self) -> float:
        """MB that the bot has in memory (Linux)."""
        pages = int(Path(f"/proc/{self._pid}/statm").read_text(encoding="utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000

    @property
    def _pid(self) -> int:
        assert isinstance(self.play.bot, BotProcess)
        return self.play.bot.pid


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, all threads together (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of an empty database on a PostgreSQL of this run, which writes nothing through to the disk."""
    server = start_server(folder / "postgresql")
    try:
        with PostgresqlDatabases(server.get_uri(driver="asyncpg")).migrated() as url:
            yield url
    finally:
        server.cleanup()


def beside(play: Play, log: Path) -> BotProcess:
    """Another replica like that of the play; not started yet."""
    return BotProcess({name: value for name, value in play.bot.environment.items() if name != "TEAMBOT_PORT"}, log)


@asynccontextmanager
async def staged(
    folder: Path,
    size: Size,
    policy_text: str = "",
    filled: Callable[[str, Company], Awaitable[None]] | None = None,
    url: str = "",
) -> AsyncIterator[BenchStage]:
    """Migrated, policies applied, served on SQLite, with a bare app beside it. ``filled``: what is there before."""
    company, url = crowd(size), url or f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    people = [user.email for user in company.slack_users if user.name.startswith("person") and user.email]
    book = folder / "policies.yaml"
    book.write_text(policy_text or policies(["ada@example.com", *people]), encoding="utf-8")
    await upgrade(url)
    if filled is not None:
        await filled(url, company)
    async with Play(folder, url, company=company, forked=False, policies=book) as play, _bare_app() as floor_url:
        play.aws.conduct.provisioning_seconds = 0
        yield BenchStage(play, floor_url, await started_anew(play))


async def started_anew(play: Play) -> float:
    """Start the bot again, with the machine's own clock: one that can be moved is read from a file each time."""
    await play.bot.stop()
    play.bot.environment.pop("TEAMBOT_SANDBOX_CLOCK", None)
    began = time.monotonic()
    await play.start()
    return time.monotonic() - began


@asynccontextmanager
async def _bare_app() -> AsyncIterator[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.floor", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/slack/events"
    finally:
        process.terminate()
        await process.wait()
