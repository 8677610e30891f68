"""A book of a million past requests: what people wait for when they look, and when they search."""

import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from infra.sandbox.company import Company
from tests.bench import book
from tests.bench.rows import Results, most
from tests.bench.stage import BenchStage, Size, staged

READER = "erin"
"""An auditor of the example company: searches everything."""
TIMES, FEW = 10, 1000
HOME, OWN = "Home", "/team requests"
SEARCHES = {
    "a search that finds nothing": "approver:nobody-of-that-name",
    "a search for no ticket there is": f"ticket:{book.UNKNOWN_TICKET}",
    "a search that finds one": "ticket:INC-0000007",
    "a search that finds every third": f'approver:"{book.BUSY_APPROVER}"',
}
BOUNDS = {HOME: most(100), OWN: most(50), **dict.fromkeys(SEARCHES, most(200))}
"""Milliseconds."""


async def measure(folder: Path, results: Results, requests: int) -> None:
    """Each act on a large book. Floor: the same on a small one, in the same minutes."""
    took: dict[int, dict[str, list[float]]] = {}
    for count in (FEW, requests):
        place = folder / str(count)
        place.mkdir()
        async with staged(place, Size(), filled=partial(_filled, count=count)) as stage:
            took[count] = {what: await _timed(act) for what, act in _acts(stage).items()}
    for what, bound in BOUNDS.items():
        name = f"{what}, {requests:,} past requests"
        results.add(name, took[requests][what], floor=took[FEW][what], bound=bound)
        results.growth.setdefault(f"{what}, by past requests", []).extend(
            (count, statistics.median(found[what])) for count, found in took.items()
        )


def _acts(stage: BenchStage) -> dict[str, Callable[[], Awaitable[object]]]:
    asker, play = stage.names[0], stage.play
    return {
        HOME: partial(_home, stage, asker),
        OWN: partial(play.command, asker, "/team requests", "Your requests"),
        **{what: partial(play.command, READER, f"/team audit {typed}", "") for what, typed in SEARCHES.items()},
    }


async def _filled(url: str, company: Company, count: int) -> None:
    await book.fill(url, count, [user.id for user in company.users])


async def _timed(act: Callable[[], Awaitable[object]]) -> list[float]:
    await act()
    took = list[float]()
    for _ in range(TIMES):
        began = time.perf_counter()
        await act()
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _home(stage: BenchStage, name: str) -> None:
    """Open Home; over when Slack has been given the new picture."""
    slack = stage.play.stage.slack
    user, before = stage.play.person(name).user, len(slack.calls.named("views.publish"))
    slack.interactions.open_home(user, slack.app())
    await stage.play.until(lambda: len(slack.calls.named("views.publish")) > before or None, lambda: "no Home")
