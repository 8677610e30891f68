"""One, two and four replicas on one PostgreSQL: what an interaction costs them, and what they ask of AWS.

Load, database and replicas share one machine. On few cores, interactions a second then say how the machine is divided,
and not how replicas scale: judged is the CPU of an interaction, which grows where replicas get into each other's way.
The CPU that they use at rest is taken off, and PostgreSQL's own is not in it.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from infra.sandbox.bot_process import BotProcess
from tests.bench import lives
from tests.bench.interactions import WARM, Hands, posted
from tests.bench.rows import Results, times
from tests.bench.stage import BenchStage, Size, beside, cpu_of, postgresql, staged

REPLICAS = (1, 2, 4)
IN_FLIGHT = 20
"""At each replica."""
LINEAR = 1.25
"""An interaction may cost so many times what it costs with one replica: 0.8 of linear."""
SETTLED = 25.0
"""Seconds after which a replica that has joined has its share of the calls, and has read what it needs."""
AT_REST = 120.0
"""Seconds for which calls are counted: two parts of the search for unknown assignments, some scans of the directory."""

OF_THE_SNAPSHOT = frozenset(
    {
        *("DescribeOrganization", "ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent"),
        *("ListPermissionSets", "DescribePermissionSet", "ListPermissionSetsProvisionedToAccount"),
    }
)
"""Not counted: one replica reads the organization for all every few minutes, which may be now or not."""


async def measure(folder: Path, results: Results, count: int) -> None:
    """``count`` interactions at each replica."""
    with postgresql(folder) as url:
        async with staged(folder, Size(), url=url) as stage, AsyncExitStack() as others:
            assert isinstance(stage.play.bot, BotProcess)
            hands = Hands(stage, await lives.opened(stage, lives.Lives(), stage.names[0]))
            bots, of_one = [stage.play.bot], list[float]()
            for number in REPLICAS:
                while len(bots) < number:
                    bots.append(await _another(stage, folder / f"replica{len(bots)}.log", others))
                of_one = await _measure(stage, results, hands, bots, count, of_one)


async def _another(stage: BenchStage, log: Path, others: AsyncExitStack) -> BotProcess:
    bot = beside(stage.play, log)
    await bot.start()
    others.push_async_callback(bot.stop)
    return bot


async def _measure(
    stage: BenchStage,
    results: Results,
    hands: Hands,
    bots: Sequence[BotProcess],
    count: int,
    of_one: Sequence[float],
) -> list[float]:
    """The CPU of an interaction, and calls at rest: of one replica that is the floor of the others."""
    await asyncio.sleep(SETTLED)
    await _load(stage, hands, bots, WARM)
    before, began = _cpu(bots), time.monotonic()
    await _load(stage, hands, bots, count)
    took, used = time.monotonic() - began, _cpu(bots) - before
    stage.play.aws.forget()
    before = _cpu(bots)
    await asyncio.sleep(AT_REST)
    at_rest = (_cpu(bots) - before) / AT_REST
    cpu = (used - at_rest * took) * 1000 / (count * len(bots))
    calls = float(sum(call.operation not in OF_THE_SNAPSHOT for call in stage.play.aws.calls()))
    name = f"{len(bots)} replica{'s' if len(bots) > 1 else ''} on PostgreSQL"
    results.add(f"interactions a second, {name}", [count * len(bots) / took], unit="")
    bound = times(LINEAR) if of_one else None
    results.add(f"CPU of an interaction, {name}", [cpu], floor=of_one[:1], bound=bound)
    bound = times(1) if of_one else None
    results.add(f"calls to AWS in {AT_REST:.0f} s at rest, {name}", [calls], unit="", floor=of_one[1:], bound=bound)
    return list(of_one) or [cpu, calls]


def _cpu(bots: Sequence[BotProcess]) -> float:
    return sum(cpu_of(bot.pid) for bot in bots)


async def _load(stage: BenchStage, hands: Hands, bots: Sequence[BotProcess], count: int) -> None:
    """So many keystrokes at each replica, all of them at the same time; every one has to be answered."""
    posts = posted([hands.keystroke(stage.names[n % WARM], f"Team {n % 300:03}") for n in range(count)])
    loads = await asyncio.gather(*(stage.load(posts, IN_FLIGHT, url=bot.events_url) for bot in bots))
    assert all(took is not None for load in loads for took in load), "some were not answered"
