"""The bots of these tests have time."""

import bot.serve  # noqa: F401 - and all that a bot loads
from tests.e2e.unhurried import DEADLINES, deadlines


def test_every_deadline_that_is_stretched_is_there() -> None:
    assert {name for _, name in deadlines()} == DEADLINES.keys()
