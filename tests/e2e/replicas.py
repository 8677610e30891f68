"""More than one process on a play's database, all alike: a balancer hands what the chats post to any of them."""

import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from infra.sandbox.stage import Stage
from tests.e2e.forked import ForkedBot
from tests.e2e.play import Bot, Play

EVENTS, MESSAGES = PATHS = ("/slack/events", "/teams/messages")
PASSED_ON = ("Content-Type", "X-Slack-No-Retry")


class Balancer:
    """A load balancer before the processes, without stickiness: each call goes to the next one."""

    def __init__(self) -> None:
        self._targets: cycle[Bot] = cycle(())
        self.taken: list[tuple[Bot, int]] = []
        """The process that was given each call, and the status of the answer."""
        self.url = ""

    def to(self, *bots: Bot) -> None:
        """From now on to these, in turn."""
        self._targets = cycle(bots)

    def count(self, bot: Bot) -> int:
        return sum(taker is bot for taker, _ in self.taken)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))
        app = web.Application()
        for path in PATHS:
            app.router.add_post(path, self._pass_on)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    def take_from(self, stage: Stage) -> None:
        """Receive the chats' posts here from now on."""
        stage.slack.deliver_to(self.url + EVENTS)
        stage.teams.deliver_to(self.url + MESSAGES)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        bot, body = next(self._targets), await request.read()
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Content-Length")}
        try:
            async with self._session.post(bot.url + request.path, data=body, headers=headers) as answer:
                self.taken.append((bot, answer.status))
                kept = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        except aiohttp.ClientError:
            self.taken.append((bot, 502))
            return web.Response(status=502)


class Replica(ForkedBot):
    """One of them: paused and asked by hand."""

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    async def begin(self) -> None:
        """Start ``serve``; ``start`` waits until it is ready as well."""
        self._process = await self._fork(["serve"], self.environment, self.log, self.log)

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""
        return await self._end(signal.SIGCONT)

    async def readiness(self) -> dict[str, Any]:
        """The answer of ``/readyz``; empty when nobody answers."""
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                said: dict[str, Any] = await answer.json()
                return said
        except (aiohttp.ClientError, json.JSONDecodeError):
            return {}

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            lines = [line for line in (await answer.text()).splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def said(self) -> str:
        """All of its log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Replicas:
    """The processes beside a play's own, which ends when they begin: all of them are alike."""

    def __init__(self, play: Play, folder: Path, balancer: Balancer) -> None:
        self.play = play
        self.balancer = balancer
        self._folder = folder
        self.all: list[Replica] = []

    def make(self, **variables: str) -> Replica:
        """One more, not started yet."""
        number = len(self.all) + 1
        environment = {**self.play._environment(), **variables}
        replica = Replica(environment, self._folder / f"replica-{number}.log", hurried=self.play.hurried)
        self.all.append(replica)
        return replica

    async def add(self, **variables: str) -> Replica:
        """One more, ready; calls go to all that there are, in turn."""
        replica = self.make(**variables)
        await replica.start()
        self.balancer.to(*self.all)
        return replica

    async def end(self) -> None:
        for replica in self.all:
            if replica.is_running:
                replica.go_on()
                await replica.kill()

    def logs(self) -> str:
        return "\n".join(f"--- {replica.log.name} ---\n{replica.tail(200)}" for replica in self.all)


@asynccontextmanager
async def replicas(play: Play, folder: Path, count: int = 2) -> AsyncIterator[tuple[Replicas, Sequence[Replica]]]:
    """So many processes, ready, in the place of the play's own."""
    await play.bot.stop()
    async with Balancer() as balancer:
        site = Replicas(play, folder, balancer)
        balancer.take_from(play.stage)
        try:
            yield site, [await site.add() for _ in range(count)]
        finally:
            print(site.logs())  # noqa: T201 - pytest shows it with the failure
            await site.end()
