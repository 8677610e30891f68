"""Makes a history that goes wrong short: fewer steps, then simpler ones, as long as the same rule is broken."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.model.history import History
from tests.model.step import KINDS, Step

Fails = Callable[[History], bool]
MOST_TRIES = 400
LONGEST = 45.0
"""Seconds of the processor. What it has come to by then is told."""


def shrunk(history: History, fails: Fails) -> History:
    """The shortest history that is found from this one and still ``fails``."""
    tries, until = 0, time.process_time() + LONGEST

    def better(candidate: History) -> bool:
        nonlocal tries
        tries += 1
        return tries <= MOST_TRIES and time.process_time() < until and fails(candidate)

    history = _fewer(history, better)
    before = None
    while history != before:
        before = history
        history = _simpler(history, better)
        history = _fewer(history, better)
    return history


def _fewer(history: History, fails: Fails) -> History:
    """Leave out halves, quarters, and at last single steps."""
    size = max(1, len(history.steps) // 2)
    while True:
        place = 0
        while place < len(history.steps):
            left = replace(history, steps=(*history.steps[:place], *history.steps[place + size :]))
            if fails(left):
                history = left
            else:
                place += size
        if size == 1:
            return history
        size //= 2


def _simpler(history: History, fails: Fails) -> History:
    for simple in ({"processes": 1}, {"tells": False}, {"latency": 0.0}, {"lists_behind": 0.0}):
        candidate = replace(history, setting=replace(history.setting, **simple))
        if candidate != history and fails(candidate):
            history = candidate
    for place in range(len(history.steps)):
        for step in _simpler_steps(history.steps[place]):
            candidate = replace(history, steps=(*history.steps[:place], step, *history.steps[place + 1 :]))
            if fails(candidate):
                history = candidate
                break
    return history


def _simpler_steps(step: Step) -> Iterator[Step]:
    """The same step with one fact as simple as it can be, or without a pause."""
    if step.pause != 1.0:
        yield replace(step, pause=1.0)
    for name, values in KINDS[step.name].choices.items():
        if step.facts[name] != values[0]:
            yield replace(step, facts={**step.facts, name: values[0]})
