"""Everything that goes wrong, on all four sides: each goes wrong inside of its context, and is well again after it."""

import asyncio
import os
import random
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from infra.sandbox.slack.model import Channel
from tests.e2e.play import PAYMENTS
from tests.faults.site import Site

SSO = "sso-admin"
CHANGES = ("CreateAccountAssignment", "DeleteAccountAssignment")
CALLS = (
    *CHANGES,
    "DescribeAccountAssignmentCreationStatus",
    "DescribeAccountAssignmentDeletionStatus",
    "ListAccountAssignments",
    "DescribeUser",
    "ListGroupMembershipsForMember",
)
HOUR = 3600.0
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
LOCKED = ("request", "assignment", "outgoing", "act", "audit_anchor")
NOTHING = 1
"""Bytes that a file may have on a disk that is full."""

Making = Callable[[Site, random.Random], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    side: str
    name: str
    make: Making
    on: tuple[str, ...] = ("sqlite", "postgresql")

    def __str__(self) -> str:
        return f"{self.side}: {self.name}"


# --- AWS ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def stumbling(kind: str, site: Site, luck: random.Random) -> AsyncIterator[None]:
    """Some calls meet it, of one operation or of several."""
    for operation in luck.sample(CALLS, luck.choice([1, 2, len(CALLS)])):
        site.play.aws.faults.add(
            kind, operation=operation, times=luck.choice([1, 2, 5]), does_the_work=luck.random() < 0.5
        )
    yield
    site.play.aws.faults.clear()


@asynccontextmanager
async def failing_late(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """Operations go on until the end of it, and then some of them fail, with the work done or not."""
    for operation in CHANGES:
        site.play.aws.faults.add(
            "failed", operation=operation, times=luck.choice([1, 2]), does_the_work=luck.random() < 0.5
        )
    async with stuck(site, luck):
        yield


@asynccontextmanager
async def stuck(site: Site, _: random.Random) -> AsyncIterator[None]:
    site.play.aws.hold()
    yield
    site.play.aws.release()


@asynccontextmanager
async def lists_behind(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """By less than five minutes, which is the most that is believed of them (rule 20)."""
    site.play.aws.conduct.lists_behind_seconds = luck.choice([20, 90, 240])
    yield
    site.play.aws.conduct.lists_behind_seconds = 0


@asynccontextmanager
async def wrong_aws_clock(site: Site, luck: random.Random) -> AsyncIterator[None]:
    off = luck.choice([-90, -20, 20, 90])
    site.play.aws.world.clock = lambda: site.play.now() + off
    yield
    site.play.aws.world.clock = site.play.now


# --- Slack -------------------------------------------------------------------------------------------


@asynccontextmanager
async def slack_answers(site: Site, luck: random.Random, **how: object) -> AsyncIterator[None]:
    method = luck.choice(["chat.postMessage", "chat.update", "users.info", "*"])
    site.play.stage.slack.faults.add(method, times=luck.choice([2, 10, None]), **how)  # type: ignore[arg-type]
    yield
    site.play.stage.slack.faults.clear()


@asynccontextmanager
async def answers_lost(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """Slack does what it was asked, and the connection breaks before it says so."""
    with site.upheaval():
        async with slack_answers(site, luck, drop="after"):
            yield


@asynccontextmanager
async def hung_up(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """Connections over which Slack speaks to the bot: by socket all of them; over HTTP nothing happens."""
    slack = site.play.stage.slack
    for _ in range(luck.choice([1, 3])):
        await slack.sockets.disconnect(slack.app(), hang_up=luck.random() < 0.5)
        await asyncio.sleep(luck.random())
    yield


@asynccontextmanager
async def archived(site: Site, _: random.Random) -> AsyncIterator[None]:
    workspace = site.play.stage.slack.workspace
    workspace.change_channel(_channel(site), is_archived=True)
    yield
    workspace.change_channel(_channel(site), is_archived=False)


@asynccontextmanager
async def bot_removed(site: Site, _: random.Random) -> AsyncIterator[None]:
    channel, bot = _channel(site), site.play.stage.slack.app().bot_user_id
    if bot in channel.members:
        channel.members.remove(bot)
    yield
    site.play.stage.slack.workspace.join(channel, bot)


@asynccontextmanager
async def messages_deleted(site: Site, luck: random.Random) -> AsyncIterator[None]:
    messages = site.play.stage.slack.workspace.messages
    standing = messages.in_channel(_channel(site).id)[-4:]
    for message in luck.sample(standing, min(2, len(standing))):
        messages.delete(message)
    yield


@asynccontextmanager
async def user_gone(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """The account of one who asks or who decides is deactivated, and comes back."""
    workspace = site.play.stage.slack.workspace
    user = workspace.user(luck.choice(["ada", "bob", "carol"]))
    workspace.change_user(user, deleted=True)
    yield
    workspace.change_user(user, deleted=False)


@asynccontextmanager
async def token_revoked(site: Site, _: random.Random) -> AsyncIterator[None]:
    site.play.stage.slack.faults.add("*", error="token_revoked")
    yield
    site.play.stage.slack.faults.clear()


def _channel(site: Site) -> Channel:
    return site.play.stage.slack.workspace.channel(PAYMENTS)


# --- the database ------------------------------------------------------------------------------------


@asynccontextmanager
async def connections_lost(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """Each is ended again and again, in the middle of whatever it does."""

    async def again_and_again() -> None:
        while True:
            await asyncio.sleep(luck.uniform(0.02, 0.4))
            await site.book.rows(BACKENDS.replace("SELECT pid", "SELECT pg_terminate_backend(pid)"))

    with site.upheaval():
        ending = asyncio.ensure_future(again_and_again())
        try:
            yield
        finally:
            ending.cancel()
            await asyncio.wait({ending})


@asynccontextmanager
async def database_crashes(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """A backend is killed: PostgreSQL ends all the others, and recovers from its log."""
    with site.upheaval():
        await asyncio.sleep(luck.uniform(0, 0.5))
        found = await site.book.rows(BACKENDS)
        if found:
            os.kill(luck.choice(found)[0], signal.SIGKILL)
        yield
        await _until_it_answers(site)


async def _until_it_answers(site: Site) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(Exception):  # whatever a database says that recovers
                await site.book.rows("SELECT 1")
                return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def tables_locked(site: Site, luck: random.Random) -> AsyncIterator[None]:
    with site.upheaval():
        connection = await site.book.connect()
        await connection.execute(f"BEGIN; LOCK TABLE {luck.choice(LOCKED)} IN ACCESS EXCLUSIVE MODE")
        try:
            yield
        finally:
            connection.terminate()


@asynccontextmanager
async def file_locked(site: Site, _: random.Random) -> AsyncIterator[None]:
    with site.upheaval():
        connection = sqlite3.connect(str(site.book.address.database), timeout=20, check_same_thread=False)
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.rollback()
            connection.close()


@asynccontextmanager
async def disk_full(site: Site, _: random.Random) -> AsyncIterator[None]:
    """No file of the process can be written to, and so none of the database."""
    with site.upheaval():
        limited = [each.pid for each in site.replicas if each.is_running]
        for pid in limited:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (NOTHING, resource.RLIM_INFINITY))
        yield
        for each in site.replicas:
            if each.is_running and each.pid in limited:
                resource.prlimit(each.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


# --- the process -------------------------------------------------------------------------------------


@asynccontextmanager
async def killed(site: Site, luck: random.Random) -> AsyncIterator[None]:
    await asyncio.sleep(luck.uniform(0, 0.5))
    await site.strike(luck.choice(site.replicas))
    yield


@asynccontextmanager
async def stopped(site: Site, luck: random.Random) -> AsyncIterator[None]:
    """It stands still for two minutes."""
    replica = luck.choice(site.replicas)
    with site.upheaval():
        await asyncio.sleep(luck.uniform(0, 0.5))
        if replica.is_running:
            replica.pause()
        await asyncio.sleep(luck.uniform(0, 0.5))
        await site.pass_time(timedelta(minutes=2))
        yield
        if replica.is_running:
            replica.go_on()


@asynccontextmanager
async def clock_off(seconds: float, site: Site, luck: random.Random) -> AsyncIterator[None]:
    replica = luck.choice(site.replicas)
    with site.upheaval():
        site.set_wrong(replica, seconds)
        yield
        site.set_wrong(replica, 0)


TROUBLES = (
    *(
        Trouble("AWS", name, partial(stumbling, kind))
        for name, kind in (
            ("throttled", "throttled"),
            ("conflict", "conflict"),
            ("500", "server_error"),
            ("time-out", "timeout"),
            ("answer lost", "answer_lost"),
        )
    ),
    Trouble("AWS", "FAILED after minutes", failing_late),
    Trouble("AWS", "stuck IN_PROGRESS", stuck),
    Trouble("AWS", "lists behind", lists_behind),
    Trouble("AWS", "wrong clock", wrong_aws_clock),
    Trouble("Slack", "429", partial(slack_answers, status=429, retry_after=60)),
    Trouble("Slack", "503", partial(slack_answers, status=503)),
    Trouble("Slack", "connection reset", partial(slack_answers, drop="before")),
    Trouble("Slack", "answer lost", answers_lost),
    Trouble("Slack", "token revoked", token_revoked),
    Trouble("Slack", "dead socket", hung_up),
    Trouble("Slack", "channel archived", archived),
    Trouble("Slack", "bot removed", bot_removed),
    Trouble("Slack", "message deleted", messages_deleted),
    Trouble("Slack", "user gone", user_gone),
    Trouble("database", "connections lost", connections_lost, ("postgresql",)),
    Trouble("database", "restart", database_crashes, ("postgresql",)),
    Trouble("database", "locked", tables_locked, ("postgresql",)),
    Trouble("database", "locked", file_locked, ("sqlite",)),
    Trouble("database", "disk full", disk_full, ("sqlite",)),
    Trouble("process", "kill -9", killed),
    Trouble("process", "SIGSTOP", stopped),
    Trouble("process", "clock an hour ahead", partial(clock_off, HOUR)),
    Trouble("process", "clock an hour behind", partial(clock_off, -HOUR)),
)
AT_ONCE = (2, 2, 3)


def drawn(luck: random.Random, dialect: str) -> list[Trouble]:
    """Two or three at once, of more than one side; each side is as likely as the others."""
    sides = sorted({each.side for each in TROUBLES})
    while True:
        found: list[Trouble] = []
        for _ in range(luck.choice(AT_ONCE)):
            side = luck.choice(sides)
            found.append(luck.choice([each for each in TROUBLES if each.side == side and dialect in each.on]))
        if len({each.side for each in found}) > 1 and len(set(found)) == len(found):
            return found
