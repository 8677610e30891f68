"""Replicas together never call AWS more than one may, and a clock is judged by how far it is off, either way."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.replicas import NOTICEABLE, UNFIT, ClockState, Replica, judge_clock, share

Steps = list[tuple[str, int]]


@given(st.timedeltas(timedelta(seconds=-90), timedelta(seconds=90)))
def test_a_clock_is_judged_alike_whether_it_is_ahead_or_behind(ahead: timedelta) -> None:
    assert judge_clock(ahead) is judge_clock(-ahead)
    off = abs(ahead)
    if off > timedelta(seconds=30):
        assert judge_clock(ahead) is ClockState.WRONG
    else:
        assert judge_clock(ahead) is (ClockState.OFF if off > timedelta(seconds=2) else ClockState.RIGHT)


def test_two_seconds_and_thirty_are_let_pass() -> None:
    assert judge_clock(NOTICEABLE) is ClockState.RIGHT
    assert judge_clock(UNFIT) is ClockState.OFF


class Company:
    """Replicas that come, beat and go, in any order."""

    def __init__(self) -> None:
        self.alive: dict[int, Replica] = {}
        self._count = 0

    def step(self, what: str, which: int) -> None:
        if what == "comes" or not self.alive:
            self._count += 1
            self.alive[self._count] = Replica(str(self._count))
            return
        number = sorted(self.alive)[which % len(self.alive)]
        if what == "goes":
            del self.alive[number]  # its share was given up before the others forget it
        else:
            self.beat(number)

    def beat(self, number: int) -> None:
        others = [replica for other, replica in self.alive.items() if other != number]
        own = self.alive[number]
        self.alive[number] = Replica(own.name, share(own.divides_by, others))

    @property
    def shares(self) -> float:
        return sum(1 / replica.divides_by for replica in self.alive.values() if replica.divides_by)


@given(st.lists(st.tuples(st.sampled_from(["comes", "goes", "beats", "beats", "beats"]), st.integers(0, 9))))
def test_shares_never_are_more_than_the_whole_and_soon_are_all_of_it(steps: Steps) -> None:
    company = Company()
    for what, which in steps:
        company.step(what, which)
        assert company.shares <= 1 + 1e-9
    for _ in range(2):
        for number in list(company.alive):
            company.beat(number)
    assert {replica.divides_by for replica in company.alive.values()} <= {len(company.alive)}


def test_one_that_comes_waits_until_the_others_have_made_room() -> None:
    assert share(0, []) == 1
    assert share(0, [Replica("a", 1)]) == 0
    assert share(1, [Replica("b", 0)]) == 2
    assert share(0, [Replica("a", 2)]) == 2


def test_one_that_stays_behind_takes_more_when_another_has_gone() -> None:
    assert share(3, [Replica("b", 3)]) == 2
    assert share(2, []) == 1
