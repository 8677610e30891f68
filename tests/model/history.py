"""A history: how the program is set up, and what happens to it. Drawn from a seed, played, and judged."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import tests.model.people  # noqa: F401 - declares steps
from core.domain.errors import Upstream
from tests.model.aws import moment
from tests.model.gate import Killed
from tests.model.loop import simulate
from tests.model.meetings import meetings
from tests.model.outcome import REMOVED_WITHIN, Stored, is_settled, judge
from tests.model.outside import BOOK
from tests.model.record import Violation
from tests.model.run import Run, Setting, Storage
from tests.model.step import KINDS, Step
from tests.model.themes import kinds_of
from tests.model.troubles import now
from tests.model.world import apply

ROUND = "round"
"""The rule that no round ends with an error. Who suffers from it, and how, the other rules say."""
WELL_FOR = 15 * 60.0
"""Seconds: after so long a time without trouble everything due is done."""
PAUSES = (1.0, 0.0, 0.0, 1.0, 1.0, 5.0)
SHORTEST, LONGEST = 10, 32
WITH_GROUPS = 7
"""One history in so many has memberships of groups among its targets."""
FINDS_LATE = 0.25
"""The part of all histories in which AWS finds late what it did."""
LISTS_FAIL = 0.25
"""The part of all histories in which AWS lists nothing while it does everything else, once or twice."""
REMOVES = 0.1
"""The part of all histories in which unknown assignments are removed."""
STATUSES = "SELECT id, status FROM request"
OPEN_ACTS = "SELECT count(*) FROM act WHERE closed_at IS NULL"
UNSENT = "SELECT audience, recipient, topic, attempts, created_at FROM outgoing WHERE closed_at IS NULL"
GIVEN_UP = "SELECT audience, recipient, topic, last_error, request_id, undeliverable FROM outgoing WHERE undeliverable"
ANCHOR = "SELECT seq, hash FROM audit_anchor"


@dataclass(frozen=True)
class History:
    seed: int
    setting: Setting
    steps: tuple[Step, ...]


@dataclass
class Played:
    """The result of a history: what did not hold, what was reached, and the story in words."""

    violations: list[Violation] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Kind of thing and name → how often: rules, statuses, steps, troubles, pairs of troubles, meetings."""

    @property
    def suffered(self) -> frozenset[str]:
        """The rules that did not hold for somebody outside: an error that nobody notices is none of them."""
        return frozenset(violation.rule for violation in self.violations) - {ROUND}


def drawn(seed: int) -> History:
    """The history of this number: always the same."""
    chance = Random(seed)  # noqa: S311 - chance that can be repeated
    setting = Setting(
        processes=chance.choice((1, 1, 2)),
        tells=chance.random() < 0.3,
        latency=chance.choice((0.0, 0.0, 0.0, 0.1, 0.5)),
        lists_behind=chance.choice((0.0, 2.0, 2.0, 20.0)),
        groups=seed % WITH_GROUPS == WITH_GROUPS - 1,
        removes=Random(f"removes {seed}").random() < REMOVES,  # noqa: S311 - the others stay as they are
    )
    theme, weights = kinds_of(chance)
    length = chance.randint(SHORTEST, LONGEST)
    chosen = (KINDS["ask"], *chance.choices(list(weights), list(weights.values()), k=length))
    steps = [kind.draw(chance, PAUSES, theme.facts.get(kind.name, {})) for kind in chosen]
    return History(seed, setting, tuple(_with_what_is_drawn_apart(seed, steps, removes=setting.removes)))


def _with_what_is_drawn_apart(seed: int, steps: list[Step], *, removes: bool) -> list[Step]:
    """Put steps in that have no weight, in some histories: the others of this number stay as they were."""
    apart = Random(f"drawn apart {seed}")  # noqa: S311 - chance that can be repeated
    if apart.random() < FINDS_LATE:
        steps.insert(apart.randint(0, len(steps) - 1), KINDS["finds_late"].draw(apart, PAUSES))
    lists = Random(f"lists are away {seed}")  # noqa: S311 - as above
    if lists.random() < LISTS_FAIL:
        for _ in range(lists.choice((1, 1, 2))):
            steps.insert(lists.randint(0, len(steps) - 1), KINDS["trouble_with_lists"].draw(lists, PAUSES))
    if removes:
        steps[:0] = [KINDS["make_by_hand"].draw(apart, PAUSES)]
    return steps


def play(history: History, storage: Storage) -> Played:
    """Play it from the beginning to the end, in a time of its own."""
    return simulate(_play(history, storage), storage.is_busy)


async def _play(history: History, storage: Storage) -> Played:
    database = await storage.fresh()
    run = Run(storage, history.setting, history.seed)
    database.on_work = run.nudge
    played = Played(story=run.story)
    try:
        run.start_processes()
        await asyncio.sleep(1)
        if history.setting.removes:
            await apply(run, BOOK, "unknown assignments are removed")
        for step in history.steps:
            played.reached["step", step.name] += 1
            with suppress(Killed):  # what an operator does at a process dies with it
                await step.do(run)
            await asyncio.sleep(step.pause)
        await _bring_to_an_end(run)
    finally:
        await run.over()
        await storage.close()
    run.oracle.violations += _failed(run)
    played.violations = run.oracle.violations
    _count(run, played)
    return played


async def _bring_to_an_end(run: Run) -> None:
    """All is well from now on. What is due must be done within minutes; then all windows pass."""
    run.say("all is well from now on")
    await run.heal()
    await asyncio.sleep(WELL_FOR)
    await run.committed()  # where nothing was committed, the beginning of the trail was not heard yet
    run.oracle.violations += judge(run, await _stored(run))
    if run.oracle.violations or (is_settled(run.oracle) and not run.setting.removes):
        return
    run.say("all windows pass")
    ends = [run.oracle.end_of(request) for request in run.oracle.requests.values()]
    decided = [request.asked_at + 3 * 3600 for request in run.oracle.requests.values()]
    removed = [run.well_since + REMOVED_WITHIN] if run.setting.removes else []
    await asyncio.sleep(max(0.0, *(at - now() for at in (*ends, *decided, *removed))) + WELL_FOR)
    run.oracle.violations += judge(run, await _stored(run))


async def _stored(run: Run) -> Stored:
    rows = run.storage.rows
    given_up = [tuple(str(each) for each in row[:5]) for row in await rows(GIVEN_UP)]
    ((seq, end),) = await rows(ANCHOR)
    return Stored(
        statuses=dict(map(tuple, await rows(STATUSES))),
        open_acts=(await rows(OPEN_ACTS))[0][0],
        unsent=[(*row[:4], _moment(row[4])) for row in await rows(UNSENT)],
        given_up=given_up,  # type: ignore[arg-type]
        anchor=(seq, end),
    )


def _moment(stored: str | datetime) -> float:
    """PostgreSQL knows of zones, and SQLite keeps words."""
    at = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return moment(at if at.tzinfo else at.replace(tzinfo=UTC))


def _failed(run: Run) -> list[Violation]:
    """Rounds that ended with an error although nothing was wrong, or with one that is no word of the outside."""
    found = []
    for process in run.processes:
        for kind, error in process.failed:
            if isinstance(error, Upstream) and run.troubles.all:
                continue
            found.append(Violation(ROUND, f"a round ({kind}) failed: {type(error).__name__}: {error}", 0.0))
    return found


def _count(run: Run, played: Played) -> None:
    reached = played.reached
    for rule in run.oracle.reached:
        reached["rule", rule] += 1
    for request in run.oracle.requests.values():
        for status, _ in request.path:
            reached["status", status] += 1
    troubles = run.troubles.all
    for place, one in enumerate(troubles):
        reached["trouble", one.kind] += 1
        for other in troubles[place + 1 :]:
            if one.kind != other.kind and one.since <= other.until and other.since <= one.until:
                first, second = sorted((one.kind, other.kind))
                reached["pair", f"{first} + {second}"] += 1
    for name in meetings(run.oracle):
        reached["meeting", name] += 1
