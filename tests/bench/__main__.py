"""``make bench``: measures the real process before a local Slack and AWS, and says what falls short.

Prints a table and writes ``out/bench.json``; exits 1 when a row falls short, or when something could not be measured.
``--quick`` ends in three minutes, ``--against FILE`` puts an earlier JSON beside it, ``--only WORD`` is for a part.
"""

import argparse
import asyncio
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import burst, cold, crash, due, growth, interactions, lives, past, people, replicas
from tests.bench.drawing import document
from tests.bench.rows import OUT, Earlier, Results, most
from tests.bench.stage import LARGE, LOCAL, WAN, Size, staged

Part = Callable[["Plan", Results, Path], Awaitable[None]]
SETTLED = 3.0
"""Seconds after which a process that has just started does nothing but wait."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of everything that is measured."""

    at_rest: float
    """Seconds for which a process with nothing to do is watched. Some rounds go once a minute, and do much then."""
    lives: int
    distant_lives: int
    interactions: int
    ends: int
    past: int
    """Requests that are over before it begins."""
    due: int
    """Requests that are live or scheduled, over an hour."""
    watched: float
    """Seconds of that hour."""
    crashed: int
    """Ends that are due when the process is killed."""
    of_replica: int
    """Interactions at each of several replicas."""
    new: int
    """People who open the form for the first time."""
    within: float
    """Seconds that all parts together may take."""


QUICK = Plan(
    at_rest=10.0,
    lives=6,
    distant_lives=3,
    interactions=400,
    ends=0,
    past=20_000,
    due=0,
    watched=0,
    crashed=0,
    of_replica=0,
    new=0,
    within=170,
)
FULL = Plan(
    at_rest=60.0,
    lives=12,
    distant_lives=8,
    interactions=1000,
    ends=1000,
    past=1_000_000,
    due=10_000,
    watched=90,
    crashed=100,
    of_replica=1000,
    new=8,
    within=3600,
)


async def small_company(plan: Plan, results: Results, folder: Path) -> None:
    """Lives of requests, and what a process at rest needs."""
    async with staged(folder, Size()) as stage:
        await asyncio.sleep(SETTLED)
        before = stage.cpu()
        await asyncio.sleep(plan.at_rest)
        at_rest = (stage.cpu() - before) / plan.at_rest
        results.add("memory, idle", [stage.memory()], unit="MB", bound=most(150))
        results.add("CPU, idle", [at_rest * 100], unit="%", bound=most(5))
        await lives.measure(stage, results, LOCAL, plan.lives, first=0, at_rest=at_rest)
        await lives.measure(stage, results, WAN, plan.distant_lives, first=20)
        await lives.measure_together(stage, results, first=40)
        results.add("start to ready", [stage.started], unit="s", bound=most(3))


async def large_company(plan: Plan, results: Results, folder: Path) -> None:
    """Interactions by the dozen among thousands of accounts."""
    async with staged(folder, LARGE) as stage:
        form = await lives.opened(stage, lives.Lives(), stage.names[0])
        await interactions.measure(stage, results, form, count=plan.interactions)
        results.add("memory, 3,000 accounts and 5,000 users, after load", [stage.memory()], unit="MB", bound=most(200))


async def more_accounts(plan: Plan, results: Results, folder: Path) -> None:
    """The same form and the same key in companies of several sizes."""
    del plan
    for accounts in growth.ACCOUNTS:
        place = folder / str(accounts)
        place.mkdir()
        async with staged(place, Size(accounts)) as stage:
            await growth.measure_company(stage, results, accounts)


async def many_policies(plan: Plan, results: Results, folder: Path) -> None:
    del plan, folder
    growth.measure_policies(results)


async def ends_at_once(plan: Plan, results: Results, folder: Path) -> None:
    if plan.ends:
        await burst.measure(folder, results, plan.ends)


async def full_book(plan: Plan, results: Results, folder: Path) -> None:
    await past.measure(folder, results, plan.past)


async def large_directory(plan: Plan, results: Results, folder: Path) -> None:
    del plan, folder
    await people.measure(results)


async def on_time(plan: Plan, results: Results, folder: Path) -> None:
    if plan.due:
        await due.measure(folder, results, plan.due, plan.watched)


async def after_a_crash(plan: Plan, results: Results, folder: Path) -> None:
    if plan.crashed:
        await crash.measure(folder, results, plan.crashed)


async def several_replicas(plan: Plan, results: Results, folder: Path) -> None:
    if plan.of_replica:
        await replicas.measure(folder, results, plan.of_replica)


async def cold_caches(plan: Plan, results: Results, folder: Path) -> None:
    if plan.new:
        async with staged(folder, LARGE) as stage:
            await cold.measure(stage, results, plan.new)


PARTS: dict[str, Part] = {
    "lives": small_company,
    "growth of policies": many_policies,
    "interactions": large_company,
    "growth of accounts": more_accounts,
    "burst": ends_at_once,
    "past": full_book,
    "people": large_directory,
    "due": on_time,
    "crash": after_a_crash,
    "replicas": several_replicas,
    "cold": cold_caches,
}


async def run(plan: Plan, only: str) -> Results:
    results, until = Results(), asyncio.get_running_loop().time() + plan.within
    with tempfile.TemporaryDirectory(prefix="teambot-bench-") as folder:
        for name, part in PARTS.items():
            if only in name:
                with tempfile.TemporaryDirectory(dir=folder) as place:
                    await _measured(name, part(plan, results, Path(place)), until, results)
    return results


async def _measured(name: str, part: Awaitable[None], until: float, results: Results) -> None:
    """One part that fails keeps nobody from the others."""
    try:
        async with asyncio.timeout_at(until):
            await part
    except Exception as error:  # noqa: BLE001 - it is told, and the run has failed
        traceback.print_exc()
        results.failed.append(f"{name}: {type(error).__name__}: {error}".splitlines()[0])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, within three minutes")
    parser.add_argument("--only", default="", metavar="WORD", help=f"parts whose name has it: {', '.join(PARTS)}")
    parser.add_argument("--against", type=Path, metavar="FILE", help="the JSON of an earlier run")
    parser.add_argument("--out", type=Path, default=OUT / "bench.json", metavar="FILE")
    parser.add_argument("--document", action="store_true", help="put table and picture into docs/performance.md")
    asked = parser.parse_args()
    earlier = Earlier.read(asked.against) if asked.against else None
    results = asyncio.run(run(QUICK if asked.quick else FULL, asked.only))
    results.write(asked.out)
    if asked.document:
        document(results)
    _say(results, earlier, asked.out)
    return 1 if results.short or results.failed else 0


def _say(results: Results, earlier: Earlier | None, out: Path) -> None:
    said = ["", results.table(earlier), ""]
    if results.calls:
        said.append(
            "Calls to AWS of a life: " + ", ".join(f"{n:.1f} {name}" for name, n in sorted(results.calls.items()))
        )
    said += [f"NOT MEASURED: {failed}" for failed in results.failed]
    said.append(f"{len(results.short)} of {len(results.rows)} rows fall short. All of it is in {out}.")
    print("\n".join(said))  # noqa: T201 - the results


if __name__ == "__main__":
    sys.exit(main())
