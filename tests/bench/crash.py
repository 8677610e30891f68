"""``kill -9`` while a hundred ends are due: how soon they go on, with one process and with a second replica.

It is killed when AWS has been asked for the first few: operations are under way then, and leases last for longer than
the process. AWS has the limits of the burst.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core.adapters.storage.migrate import upgrade
from tests.bench import burst
from tests.bench.rows import Results, most
from tests.bench.stage import beside, postgresql
from tests.e2e.play import Play

CALLED = 5
"""Ends that AWS has been asked for when the process is killed."""
ALONE_WITHIN, BESIDE_ANOTHER_WITHIN = 5.0, 35.0
"""Seconds to the first that AWS is asked for after that."""
ALL_WITHIN = 120.0
DELETE = "DeleteAccountAssignment"


async def measure(folder: Path, results: Results, ends: int) -> None:
    await _alone(folder, results, ends)
    with postgresql(folder) as url:
        await _beside_another(folder, url, results, ends)


async def _alone(folder: Path, results: Results, ends: int) -> None:
    async with _play(folder, f"sqlite+aiosqlite:///{folder / 'crash.db'}") as play:
        await burst.made_live(play, await burst.granted(play), ends)
        await _until_under_way(play)
        await play.bot.kill()
        began = time.time()
        await play.bot.start()
        first, last = await _gone_on(play, began, ends)
    name = f"kill -9 with {ends} ends due"
    results.add(f"{name}: restart to the next one", [first], unit="s", bound=most(ALONE_WITHIN))
    results.add(f"{name}: restart to the last one", [last], unit="s")


async def _beside_another(folder: Path, url: str, results: Results, ends: int) -> None:
    """The second stands still until the first has taken up what it can: else there would be no lease to wait for."""
    async with _play(folder, url) as play:
        second = beside(play, folder / "second.log")
        await second.start()
        try:
            end_at = await burst.made_live(play, await burst.granted(play), ends)
            await asyncio.sleep(end_at.timestamp() - time.time() - 1)
            os.kill(second.pid, signal.SIGSTOP)
            await _until_under_way(play)
            await play.bot.kill()
            os.kill(second.pid, signal.SIGCONT)
            first, last = await _gone_on(play, time.time(), ends)
        finally:
            await second.kill()
    name = f"kill -9 with {ends} ends due, second replica"
    results.add(f"{name}: to the next one", [first], unit="s", bound=most(BESIDE_ANOTHER_WITHIN))
    results.add(f"{name}: to the last one", [last], unit="s")


@asynccontextmanager
async def _play(folder: Path, url: str) -> AsyncIterator[Play]:
    policies = folder / "policies.yaml"
    policies.write_text(burst.POLICIES, encoding="utf-8")
    await upgrade(url)
    async with Play(folder, url, company=burst.crowd(), forked=False, policies=policies) as play:
        yield play


async def _until_under_way(play: Play) -> None:
    burst.limit(play)
    play.aws.forget()
    await play.aws.changes.until(lambda: len(play.aws.calls(DELETE)) >= CALLED, ALL_WITHIN)


async def _gone_on(play: Play, since: float, ends: int) -> tuple[float, float]:
    """Seconds until AWS was asked for one more, and until it had been asked for each of them."""
    aws = play.aws

    def asked() -> dict[tuple[str, str], float]:
        calls = [call for call in aws.calls(DELETE) if call.outcome == "ok"]
        return {(call.arguments["TargetId"], call.arguments["PrincipalId"]): call.at for call in reversed(calls)}

    await aws.changes.until(lambda: len(asked()) >= ends, ALL_WITHIN)
    later = [at - since for at in asked().values() if at >= since]
    return min(later), max(later)
