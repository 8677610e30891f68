"""The parts of a request's life."""

from hypothesis import given

from core.domain.phases import phase_ended
from tests.strategies import Move, histories


@given(histories())
def test_every_change_of_status_ends_the_phase_before_it(history: tuple[Move, ...]) -> None:
    for move in history:
        if move.before is None:
            continue
        phase = phase_ended(move.before, move.after)
        assert phase is not None
        assert (phase.status, phase.then) == (move.before.status, move.after.status)
        assert phase_ended(move.after, move.after) is None
