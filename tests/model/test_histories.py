"""Random histories hold every rule: a small part of what ``make soak`` plays, always the same."""

import pytest

from tests.model.history import drawn, play
from tests.model.memory import MemorySqlite
from tests.model.real import PostgresqlStorage
from tests.model.soak import told

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]

AT_ONCE = 10
BATCHES = 12
ON_POSTGRESQL = 4


@pytest.mark.parametrize("first", range(1, 1 + AT_ONCE * BATCHES, AT_ONCE))
def test_no_history_breaks_a_rule(memory: MemorySqlite, first: int) -> None:
    wrong = [seed for seed in range(first, first + AT_ONCE) if play(drawn(seed), memory).violations]

    assert not wrong, told(wrong[0], memory)


@pytest.mark.parametrize("seed", range(1, 1 + ON_POSTGRESQL))
def test_no_history_on_postgresql_breaks_a_rule(postgresql: PostgresqlStorage, seed: int) -> None:
    played = play(drawn(seed), postgresql)

    assert not played.violations, "\n".join((*played.story, *map(str, played.violations)))


def test_a_history_is_the_same_each_time(memory: MemorySqlite) -> None:
    first, second = (play(drawn(7), memory) for _ in range(2))

    assert first.story == second.story
    assert first.reached == second.reached
