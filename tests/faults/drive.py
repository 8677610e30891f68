"""Rounds of misfortunes that come together, on the real process: ``make faults N=… SEED=…``.

One process on SQLite and two on PostgreSQL, by turns. Prints every round that went wrong with its seed, which plays
alone with ``N=1``; then how often each misfortune and each pair was met. Exit code 1 when anything went wrong.
"""

import argparse
import asyncio
import random
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from tests.databases import Databases, PostgresqlDatabases, SqliteDatabases, start_server
from tests.faults.rounds import Round
from tests.faults.site import Site, site

ANYWHERE = 1_000_000_000
ROUND_WITHIN = 600.0
"""Seconds; the traceback then says what was waited for."""
DIALECTS = {"sqlite": 1, "postgresql": 2}
"""The number of processes on each."""


@dataclass
class Tally:
    played: int = 0
    wrong: list[int] = field(default_factory=list)
    twice: int = 0
    met: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)

    def note(self, played: Round, wrong: list[str]) -> None:
        self.played += 1
        self.twice += played.twice
        names = sorted(str(each) for each in played.troubles)
        self.met.update(names)
        self.pairs.update(" + ".join(pair) for pair in combinations(names, 2))
        if wrong:
            self.wrong.append(played.seed)

    def table(self) -> str:
        lines = []
        for kind, found in (("misfortunes", self.met), ("pairs", self.pairs)):
            lines.append(f"{kind}: {len(found)} met")
            lines += [f"  {count:>6}  {name}" for name, count in sorted(found.items(), key=lambda e: (-e[1], e[0]))]
        return "\n".join(lines)


class Sites:
    """One for each database, made anew after a round that went wrong."""

    def __init__(self, folder: Path, databases: dict[str, Databases]) -> None:
        self._folder = folder
        self._databases = databases
        self._open: dict[tuple[str, bool, bool], tuple[AsyncExitStack, Site]] = {}
        self._count = 0

    async def of(self, dialect: str, *, socket_mode: bool, with_teams: bool = False) -> Site:
        key = (dialect, socket_mode, with_teams)
        if key not in self._open:
            self._count += 1
            stack = AsyncExitStack()
            folder = self._folder / f"site-{self._count}"
            folder.mkdir()
            options = {"socket_mode": socket_mode, "with_teams": with_teams}
            making = site(folder, self._databases[dialect], count=DIALECTS[dialect], **options)
            self._open[key] = stack, await stack.enter_async_context(making)
        return self._open[key][1]

    async def close(self, here: Site | None = None) -> None:
        for key, (stack, found) in list(self._open.items()):
            if here in (None, found):
                del self._open[key]
                await stack.aclose()


def databases_in(folder: Path, dialects: set[str]) -> dict[str, Databases]:
    made: dict[str, Databases] = {}
    if "sqlite" in dialects:
        (folder / "sqlite").mkdir()
        made["sqlite"] = SqliteDatabases(folder / "sqlite")
    if "postgresql" in dialects:
        made["postgresql"] = PostgresqlDatabases(start_server(folder / "postgresql").get_uri(driver="asyncpg"))
    return made


async def played(sites: Sites, seed: int, tally: Tally) -> None:
    """One round, by its seed alone: where, with what, and when."""
    luck = random.Random(seed)  # noqa: S311 - not for secrets
    dialect, socket_mode = luck.choice(sorted(DIALECTS)), luck.random() < 0.25
    here = await sites.of(dialect, socket_mode=socket_mode)
    begun, this = time.monotonic(), Round(here, seed, dialect)
    try:
        async with asyncio.timeout(ROUND_WITHIN):
            wrong = await this.play()
    except Exception:  # noqa: BLE001 - it is told with its seed, and the next one is played
        wrong = [traceback.format_exc()]
    tally.note(this, wrong)
    names = ", ".join(map(str, this.troubles))
    _say(f"seed {seed}, {dialect}{', socket' * socket_mode}: {names} ({time.monotonic() - begun:.0f} s)")
    if wrong:
        _say("\n".join([f"WRONG, seed {seed}", *wrong, here.logs()]))
        await sites.close(here)


async def drive(count: int, first: int, folder: Path) -> Tally:
    tally, sites = Tally(), Sites(folder, databases_in(folder, set(DIALECTS)))
    try:
        for seed in range(first, first + count):
            await played(sites, seed, tally)
    finally:
        await sites.close()
    return tally


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=100)
    parser.add_argument("seed", type=int, nargs="?", default=None)
    given = parser.parse_args()
    first = secrets.randbelow(ANYWHERE) if given.seed is None else given.seed
    folder = Path(tempfile.mkdtemp(prefix="teambot-faults-"))
    try:
        tally = asyncio.run(drive(given.rounds, first, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say(f"{tally.table()}\nseeds {first} to {first + given.rounds - 1}")
    _say(f"said twice since an answer was lost: {tally.twice}")
    _say(f"{tally.played} rounds, {len(tally.wrong)} went wrong: {tally.wrong}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
