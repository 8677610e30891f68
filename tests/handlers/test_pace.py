"""Acts of one person are accepted as fast as somebody can make them by hand, and no faster (rule 26)."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from core.domain.errors import Refused
from core.domain.people import ChatUser
from handlers.flows import pace
from handlers.flows.activity import admit
from handlers.flows.answers import Closed, FieldErrors, FormAnswer
from handlers.flows.boundary import Boundary
from handlers.flows.pace import Pace, PaceKind
from handlers.slack.payloads import SlackSender
from handlers.words import sentences
from tests.fakes.background import FakeBackground
from tests.handlers.submissions import sent

ADA, BOB = ChatUser("slack", "T1", "UADA"), ChatUser("slack", "T1", "UBOB")
AT_ONCE = int(PaceKind.ACTING.value.at_once)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Answers:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def privately(self, _sender: SlackSender, text: str) -> None:
        self.said.append(text)


class Harness:
    """A boundary, and what went through it."""

    def __init__(self) -> None:
        self.clock, self.answers, self.background = Clock(), Answers(), FakeBackground()
        self.counted: list[str] = []
        self.done = 0
        pace = Pace(self.clock)
        self.boundary = Boundary(self.background, self.answers, self._count, pace)  # type: ignore[arg-type] # says it

    def _count(self, _kind: str, outcome: str, _seconds: float | None) -> None:
        self.counted.append(outcome)

    async def work(self) -> None:
        self.done += 1

    async def form(self) -> FormAnswer:
        self.done += 1
        return Closed()


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    made = Harness()
    yield made
    await made.background.drained()


def test_a_person_gets_going_again_and_keeps_nobody_else_waiting() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert [pace.admits(ADA) for _ in range(AT_ONCE + 2)] == [True] * AT_ONCE + [False] * 2
    assert pace.admits(BOB)
    assert pace.admits(ADA, PaceKind.TYPING)
    clock.now += 1
    assert [pace.admits(ADA) for _ in range(4)] == [True] * 3 + [False]
    clock.now += 10_000
    assert [pace.admits(ADA) for _ in range(AT_ONCE + 1)][-2:] == [True, False]


def test_a_person_is_one_in_every_workspace() -> None:
    pace = Pace(Clock())
    admitted = [pace.admits(ChatUser("slack", f"T{n}", "UADA")) for n in range(AT_ONCE + 1)]
    assert admitted[-2:] == [True, False]


def test_a_million_strangers_take_a_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "MOST_REMEMBERED", 100)
    made = Pace(Clock())
    for number in range(1000):
        made.admits(ChatUser("slack", "T1", f"U{number}"))
    assert len(made._left) == 100


async def test_what_is_too_much_is_not_begun_and_is_told_now_and_then(harness: Harness) -> None:
    for _ in range(AT_ONCE + 40):
        harness.boundary.take("command", SlackSender(ADA), harness.work())
    await harness.background.drained()
    assert (harness.done, harness.answers.said) == (AT_ONCE, [sentences.TOO_FAST])
    assert harness.counted.count("too_fast") == 40


async def test_a_form_that_is_too_much_says_so_and_keeps_what_was_typed(harness: Harness) -> None:
    view = {"blocks": [{"type": "input", "block_id": "request.account"}]}
    for _ in range(AT_ONCE):
        assert await harness.boundary.answer("form", sent(SlackSender(ADA), view, "key"), harness.form()) == Closed()
    refused = await harness.boundary.answer("form", sent(SlackSender(ADA), view, "key"), harness.form())
    assert refused == FieldErrors({"request.account": sentences.TOO_FAST})
    assert harness.done == AT_ONCE


async def test_a_type_ahead_that_is_too_much_offers_nothing(harness: Harness) -> None:
    most = int(PaceKind.TYPING.value.at_once)
    for _ in range(most):
        assert await harness.boundary.in_time("options", SlackSender(ADA), harness.form(), otherwise=None) == Closed()
    assert await harness.boundary.in_time("options", SlackSender(ADA), harness.form(), otherwise=None) is None


async def test_home_that_is_too_much_is_not_drawn_and_nothing_is_said(harness: Harness) -> None:
    for _ in range(AT_ONCE + 5):
        harness.boundary.take("home", SlackSender(ADA), harness.work())
    await harness.background.drained()
    assert (harness.done, harness.answers.said) == (AT_ONCE, [])


def test_looks_into_logs_are_few_and_say_when_to_try_again() -> None:
    platform: Any = SimpleNamespace(boundary=SimpleNamespace(pace=Pace(Clock())))
    for _ in range(int(PaceKind.READING_LOGS.value.at_once)):
        admit(platform, SlackSender(ADA))
    with pytest.raises(Refused) as caught:
        admit(platform, SlackSender(ADA))
    assert "Wait 1 min" in sentences.refusals(caught.value.refusals)
    admit(platform, SlackSender(BOB))
