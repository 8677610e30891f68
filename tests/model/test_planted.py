"""The model finds faults: each is planted here by changing one rule of the program, and a short history shows it."""

from collections.abc import Callable

import pytest

from core.domain.assignment import Presence
from core.services.provisioning.assignment_book import AssignmentBook, ReconcilePass
from core.services.requests.schedule import RequestSchedule
from tests.model.history import History, play
from tests.model.memory import MemorySqlite
from tests.model.run import Setting
from tests.model.shrinking import shrunk
from tests.model.step import KINDS, Step

Plant = Callable[[pytest.MonkeyPatch], None]


def one(name: str, *, pause: float = 1.0, **facts: object) -> Step:
    """A step whose other facts are as simple as they may be."""
    simplest = {fact: values[0] for fact, values in KINDS[name].choices.items()}
    return Step(name, {**simplest, **facts}, pause)  # type: ignore[dict-item]


def one_look_is_enough(planting: pytest.MonkeyPatch) -> None:
    def presence(_assignment: object, *, listed: bool, now: object) -> Presence:  # noqa: ARG001
        return Presence.OURS if listed else Presence.GONE

    planting.setattr("core.domain.assignment.presence", presence)
    planting.setattr("core.services.provisioning.assignment_reconciler.presence", presence)
    planting.setattr("core.services.provisioning.assignment_reconciler.needs_look", lambda *_: True)
    planting.setattr("core.services.provisioning.assignment_book.is_deleted_at_once", lambda *_: False)


def extensions_survive(planting: pytest.MonkeyPatch) -> None:
    planting.setattr("core.services.requests.end_early.approved_extensions", lambda *_: ())


def what_is_there_counts_as_made(planting: pytest.MonkeyPatch) -> None:
    planting.setattr("core.domain.assignment.is_created", lambda assignment: assignment.ours)


def nothing_ends_by_time(planting: pytest.MonkeyPatch) -> None:
    async def end(_: object) -> None: ...

    async def end_what_is_over(_: object, here: ReconcilePass) -> ReconcilePass:
        return here

    planting.setattr(RequestSchedule, "end", end)
    planting.setattr(AssignmentBook, "end_what_is_over", end_what_is_over)


PLANTED: dict[Plant, tuple[str, list[Step]]] = {
    one_look_is_enough: ("20", [one("ask"), one("revoke"), one("lists_behind")]),
    extensions_survive: (
        "18",
        [one("ask"), one("extend"), one("wait", seconds=120), one("revoke", who="bob", which=1)],
    ),
    what_is_there_counts_as_made: ("20", [one("trouble_with_operations", what="half fail"), one("ask")]),
    nothing_ends_by_time: ("17", [one("ask", minutes=20)]),
}


def history(*steps: Step) -> History:
    return History(1, Setting(), steps)


def broken(memory: MemorySqlite, played: History) -> set[str]:
    return {violation.rule for violation in play(played, memory).violations}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_fault_breaks_its_rule(memory: MemorySqlite, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    rule, steps = PLANTED[plant]
    assert not broken(memory, history(*steps))
    plant(monkeypatch)
    assert rule in broken(memory, history(*steps))


def test_a_history_that_goes_wrong_is_made_short(memory: MemorySqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    what_is_there_counts_as_made(monkeypatch)
    fails, ask = one("trouble_with_operations", what="half fail"), one("ask", who="ida", minutes=60)
    long = history(one("wait", seconds=20), fails, one("change_policies"), ask, one("remove_by_hand"), one("cancel"))

    short = shrunk(long, lambda candidate: "20" in broken(memory, candidate))

    assert short.steps == (fails, one("ask"))
