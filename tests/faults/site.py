"""The real process, once on SQLite or twice on PostgreSQL, with AWS and chats around it, and hands to disturb it."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from infra.sandbox.bot_process import NotReadyError
from infra.sandbox.local_teams.calls import ConnectorCall
from tests.databases import Databases
from tests.e2e.book import Book
from tests.e2e.both_chats import settle_in_both
from tests.e2e.forked import POLL, READY_WITHIN
from tests.e2e.play import Play
from tests.e2e.replicas import Balancer, Replica

LEASE_OVER = timedelta(seconds=31)
"""Longer than any lease: what the dead held is free."""
QUIET_FOR = 0.12
QUIET_WITHIN = 5.0
"""Seconds without a call, before the clock goes on; else a lease would run out in the middle of ordinary work."""
VARIABLES = {"TEAMBOT_SSO_ADMIN_RATE": "60"}


@dataclass(frozen=True, slots=True)
class Post:
    """A message of its own, as a platform took it. ``text`` is what a notification reads, ``shown`` all of it."""

    at: float
    place: str
    thread: str
    text: str
    shown: str
    in_channel: bool


class Piped(Replica):
    """Its log goes through a pipe, so that a disk that is full is not in the way of it; its clock is its own."""

    clock: Path
    is_paused = False

    def pause(self) -> None:
        super().pause()
        self.is_paused = True

    def go_on(self) -> None:
        self.is_paused = False
        super().go_on()

    async def begin(self) -> None:
        pipe = self.log.with_suffix(".pipe")
        if not pipe.exists():
            os.mkfifo(pipe)
        threading.Thread(target=_copy, args=(pipe, self.log), daemon=True).start()
        self._process = await self._fork(["serve"], self.environment, pipe, pipe)

    async def start(self) -> None:
        await self.begin()
        await self.until_ready()

    async def until_ready(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
            while not await self._answers(session):
                if not self.is_running:
                    raise NotReadyError(f"The bot ended at once.\n{self.tail()}")
                await asyncio.sleep(POLL)

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid


def _copy(pipe: Path, log: Path) -> None:
    with pipe.open("rb") as said, log.open("ab") as kept:
        while text := said.read1(65536):
            kept.write(text)
            kept.flush()


@dataclass
class Site:
    """``upheavals`` are the times, by the monotonic clock, in which what was said to Slack may not have been noted."""

    play: Play
    book: Book
    folder: Path
    balancer: Balancer
    replicas: list[Piped] = field(default_factory=list)
    upheavals: list[tuple[float, float]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    """All that anybody could ever read: the conversation and the text of every message, and of what took its place."""
    read: dict[Piped, int] = field(default_factory=dict)
    """The position up to which the log of each was read."""
    _heard_at: float = 0.0
    _wrong: dict[Piped, float] = field(default_factory=dict)

    async def add(self) -> Piped:
        clock = self.folder / f"clock-{len(self.replicas)}"
        environment = {**self.play._environment(), "TEAMBOT_SANDBOX_CLOCK": str(clock)}
        replica = Piped(environment, self.folder / f"replica-{len(self.replicas)}.log")
        replica.clock = clock
        self.replicas.append(replica)
        self._write_clock(replica)
        await replica.start()
        self.balancer.to(*self.replicas)
        return replica

    # --- upheavals ---------------------------------------------------------------------------------

    @contextmanager
    def upheaval(self) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        finally:
            self.upheavals.append((begun, time.monotonic()))

    async def strike(self, replica: Piped) -> None:
        """SIGKILL, at this very moment; afterwards it is dead."""
        if replica.is_running:
            with self.upheaval():
                replica.kill_now()
                await replica.kill()

    async def revive(self, *, wait: bool = True) -> None:
        """Start what is dead; what it held is free by then."""
        dead = [each for each in self.replicas if not each.is_running]
        for replica in dead:
            await replica.kill()
        if dead:
            await self.pass_time(LEASE_OVER)
            await asyncio.gather(*(each.start() if wait else each.begin() for each in dead))
        if wait:
            await asyncio.gather(*(each.until_ready() for each in self.replicas))

    # --- time --------------------------------------------------------------------------------------

    async def pass_time(self, length: timedelta) -> None:
        """Let it pass when nothing is under way; where that moment does not come, what is said then may come twice."""
        is_quiet = await self.is_quiet()
        with nullcontext() if is_quiet else self.upheaval():
            self.play.move_clock(length)
            for replica in self.replicas:
                self._write_clock(replica)
        await asyncio.gather(*(each.readiness() for each in self.replicas if each.is_running and not each.is_paused))

    async def is_quiet(self, within: float = QUIET_WITHIN) -> bool:
        """Wait until nobody calls and nothing is held by a process; whether that came."""
        give_up_at = time.monotonic() + within
        while time.monotonic() < give_up_at:
            if time.monotonic() - self._heard_at >= QUIET_FOR and not await self.book.held():
                return True
            await asyncio.sleep(QUIET_FOR / 2)
        return False

    def set_wrong(self, replica: Piped, seconds: float) -> None:
        """Its machine's clock is off by so much."""
        self._wrong[replica] = seconds
        self.upheavals.append((time.monotonic(), time.monotonic()))
        self._write_clock(replica)

    def _write_clock(self, replica: Piped) -> None:
        beside = replica.clock.with_suffix(".new")
        beside.write_text(f"{self.play.ahead.total_seconds()} {self._wrong.get(replica, 0)}", encoding="utf-8")
        beside.replace(replica.clock)

    def listen(self) -> None:
        """Note when something is said, and what is."""

        def of_teams(change: Any) -> None:
            if change.kind.startswith(("call.", "delivery.")):
                self._heard_at = time.monotonic()
            if change.kind == "call.made" and change.subject.operation in {"sendActivity", "updateActivity"}:
                self._note_of_teams(change.subject)

        def of_slack(change: Any) -> None:
            if change.kind != "call.made":
                return
            self._heard_at = time.monotonic()
            call = change.subject
            if call.method not in {"chat.postMessage", "chat.update"} or not (call.ok or call.status == 0):
                return
            channel, arguments = str(call.arguments.get("channel")), dict(call.arguments)
            self.said.append((channel, f"{arguments.get('text')} {arguments.get('blocks')}"))
            if call.method == "chat.postMessage":
                text, thread = str(arguments.get("text")), str(arguments.get("thread_ts"))
                shown = f"{text} {arguments.get('blocks')}"
                self.posts.append(Post(self._heard_at, channel, thread, text, shown, channel.startswith("C")))

        def of_aws(change: Any) -> None:
            if change.kind in {"call.arrived", "call.ended"}:
                self._heard_at = time.monotonic()

        self.play.stage.slack.workspace.changes.subscribe(of_slack)
        self.play.stage.teams.tenant.changes.subscribe(of_teams)
        self.play.aws.changes.subscribe(of_aws)

    def _note_of_teams(self, call: ConnectorCall) -> None:
        """Cards tell how long from now something is, so that the same one twice is known by its line alone."""
        if not (call.ok or call.status == 0):
            return
        text, place, at = str(call.body.get("summary")), call.conversation, self._heard_at
        self.said.append((place, f"{text} {call.body.get('attachments')}"))
        if call.operation == "sendActivity":
            self.posts.append(Post(at, place, "", text, text, place.startswith("19:")))

    def direct(self, name: str) -> set[str]:
        """The conversations that the bot has with this person."""
        workspace, tenant = self.play.stage.slack.workspace, self.play.stage.teams.tenant
        bot = next(iter(workspace.apps.values())).bot_user_id
        in_slack = workspace.direct_channel(bot, self.play.person(name).user.id).id
        return {in_slack, tenant.chat(tenant.person(name)).id}

    def logs(self) -> str:
        return "\n".join(f"--- {replica.log.name} ---\n{replica.tail(300)}" for replica in self.replicas)

    async def end(self) -> None:
        for replica in self.replicas:
            if replica.is_running:
                replica.go_on()
                await replica.kill()


@asynccontextmanager
async def site(
    folder: Path, databases: Databases, *, count: int, socket_mode: bool = False, with_teams: bool = False
) -> AsyncIterator[Site]:
    """So many processes on a fresh database with the example policies; ``with_teams``: in both chats."""
    options: dict[str, Any] = {"socket_mode": socket_mode, "with_teams": with_teams, "hurried": True}
    with databases.migrated() as url:
        async with Play(folder, url, variables=VARIABLES, **options) as play, Balancer() as balancer:
            await play.bot.stop()
            here = Site(play, Book(url), folder, balancer)
            balancer.take_from(play.stage)
            here.listen()
            try:
                for _ in range(count):
                    await here.add()
                if with_teams:
                    await settle_in_both(play, folder)
                yield here
            finally:
                await here.end()
