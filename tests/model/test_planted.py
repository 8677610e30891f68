"""The model finds faults: each is planted here by changing one rule of the program, and a short history shows it."""

import pytest

from tests.model import process
from tests.model.history import History, play
from tests.model.memory import MemorySqlite
from tests.model.planted import (
    Ground,
    Plant,
    any_membership_will_do,
    extensions_survive,
    grants_wait_for_each_other,
    nobody_can_object,
    nothing_ends_by_time,
    one_error_stops_all,
    one_look_is_enough,
    patience_comes_last,
    what_is_listed_counts_as_made,
    what_is_live_is_unknown,
    what_is_not_found_is_gone,
    what_is_ours_counts_as_made,
)
from tests.model.run import Setting
from tests.model.shrinking import shrunk
from tests.model.step import KINDS, Step


def one(name: str, *, pause: float = 1.0, **facts: object) -> Step:
    """A step whose other facts are as simple as they may be."""
    simplest = {fact: values[0] for fact, values in KINDS[name].choices.items()}
    return Step(name, {**simplest, **facts}, pause)  # type: ignore[dict-item]


SHOWN_BY: dict[Plant, tuple[str, list[Step]]] = {
    one_look_is_enough: ("20", [one("ask"), one("revoke"), one("lists_behind")]),
    extensions_survive: (
        "18",
        [one("ask"), one("extend"), one("wait", seconds=120), one("revoke", who="bob", which=1)],
    ),
    grants_wait_for_each_other: (
        "b",
        [
            *(
                one("ask", who=who, target=target, minutes=60, pause=5.0)
                for who, target in (("dan", "read in prod"), ("ada", "power in prod"), ("ida", "read in staging"))
            ),
            one("trouble_with_operations", what="slow", seconds=240),
            *(one("revoke", who="frank", which=which) for which in (1, 0, 0)),
            one("ask_again", but=1, minutes=60),
            one("wait", seconds=120),
        ],
    ),
    one_error_stops_all: (
        "17",
        [
            one("ask", minutes=15),
            one("ask", who="ida", target="power in sandbox", minutes=15),
            one("odd_answers", seconds=1200),
            one("wait_for_change"),
            one("wait", seconds=360),
        ],
    ),
    patience_comes_last: ("16", [one("operation_hangs"), one("ask", minutes=240), one("wait", seconds=1980)]),
    what_is_listed_counts_as_made: (
        "20",
        [
            one("ask"),
            one("wait", seconds=120),
            one("lists_behind", by=60),
            one("revoke", pause=5.0),
            one("ask_again", pause=5.0),
        ],
    ),
    what_is_ours_counts_as_made: ("20", [one("trouble_with_operations", what="half fail"), one("ask")]),
    what_is_not_found_is_gone: (
        "20",
        [one("lists_behind", by=60), one("finds_late", by=60), one("ask", pause=5.0), one("revoke", pause=20.0)],
    ),
    nothing_ends_by_time: ("17", [one("ask", minutes=20)]),
    any_membership_will_do: (
        "19",
        [one("ask", target="read in staging", pause=5.0), one("remove_by_hand"), one("end_all")],
    ),
    nobody_can_object: ("19", [one("make_by_hand"), one("wait", seconds=1200)]),
    what_is_live_is_unknown: ("19", [one("ask", minutes=240), one("wait", seconds=1200)]),
}


def history(*steps: Step, groups: bool = False, removes: bool = False) -> History:
    return History(1, Setting(groups=groups, removes=removes), steps)


def broken(memory: MemorySqlite, played: History) -> set[str]:
    return {violation.rule for violation in play(played, memory).violations}


@pytest.mark.parametrize("plant", SHOWN_BY, ids=lambda plant: plant.__name__)
def test_a_planted_fault_breaks_its_rule(memory: MemorySqlite, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    monkeypatch.setattr(process, "MOST_ROUNDS", 300 if plant is nothing_ends_by_time else 600)  # else it spins for long
    rule, steps = SHOWN_BY[plant]
    sweeps = plant in {nobody_can_object, what_is_live_is_unknown}
    shows = history(*steps, groups=plant is any_membership_will_do, removes=sweeps)
    assert not broken(memory, shows)
    plant(Ground(monkeypatch.setattr))
    assert rule in broken(memory, shows)


def test_a_history_that_goes_wrong_is_made_short(memory: MemorySqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    what_is_ours_counts_as_made(Ground(monkeypatch.setattr))
    fails, ask = one("trouble_with_operations", what="half fail"), one("ask", who="ida", minutes=60)
    long = history(one("wait", seconds=20), fails, one("change_policies"), ask, one("remove_by_hand"), one("cancel"))

    short = shrunk(long, lambda candidate: "20" in broken(memory, candidate))

    assert short.steps == (fails, one("ask"))
