"""The judges of a history, where it takes long to meet what they are to see."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.model.aws import Asked, Change
from tests.model.facts import Wish
from tests.model.oracle import Oracle
from tests.model.patience import impatient
from tests.model.record import Known
from tests.model.troubles import Trouble, Troubles

WISH = Wish("user-ada", "111111111111", "power", 15)
HELD = ("user-ada", "111111111111", "power")
HOUR = 3600.0


def oracle(request: Known, *asked: Asked, made_at: float | None = None) -> Oracle:
    happened = {} if made_at is None else {HELD: [Change(made_at, is_there=True, by="bot")]}
    cloud: Any = SimpleNamespace(happened=happened, asked={each.id: each for each in asked})
    facts: Any = None
    judge = Oracle(facts, cloud, Troubles())
    judge.requests[request.id] = request
    return judge


def granting(since: float, *later: tuple[str, float]) -> Known:
    return Known(1001, WISH, None, since, path=[("scheduled", since), ("granting", since), *later])


def test_a_window_begins_with_the_creation_although_it_is_rounded_to_the_microsecond() -> None:
    request = granting(100.0000004, ("active", 142.0))

    judge = oracle(
        request, Asked("op-1", creates=True, held=HELD, begun_at=100.0, ended_at=140.0, done_at=140.0), made_at=140.0
    )

    assert judge.end_of(request) == pytest.approx(100.0 + 15 * 60)


def test_a_window_begins_with_the_request_where_its_access_was_being_made_for_another() -> None:
    request = granting(120.0, ("active", 142.0))

    judge = oracle(
        request, Asked("op-1", creates=True, held=HELD, begun_at=100.0, ended_at=140.0, done_at=140.0), made_at=140.0
    )

    assert judge.end_of(request) == 120.0 + 15 * 60


def test_what_a_hand_took_away_before_it_became_active_has_begun_no_window() -> None:
    request = granting(100.0, ("active", 700.0))
    judge = oracle(request, made_at=140.0)
    judge.cloud.happened[HELD] += [Change(180.0, is_there=False, by="hand"), Change(690.0, is_there=True, by="bot")]

    assert judge.end_of(request) == 690.0 + 15 * 60


@pytest.mark.parametrize(("minutes", "is_wrong"), [(31, False), (33, True)])
def test_a_grant_that_aws_was_never_asked_for_is_given_up_after_half_an_hour(minutes: int, is_wrong: bool) -> None:
    judge = oracle(granting(0.0))

    assert bool(list(impatient(judge, minutes * 60.0))) is is_wrong


def test_nobody_can_give_up_while_nothing_can_be_written() -> None:
    judge = oracle(granting(0.0))
    judge.troubles.all.append(Trouble("database away", 60.0, HOUR))

    assert not list(impatient(judge, HOUR))


@pytest.mark.parametrize(("at", "is_wrong"), [(10.0, False), (HOUR, True)])
def test_aws_is_asked_for_nothing_that_nobody_may_have_any_more(at: float, is_wrong: bool) -> None:
    judge = oracle(granting(0.0, ("failed", 30.0)), Asked("op-1", creates=True, held=HELD, begun_at=at))

    assert bool(list(impatient(judge, 2 * HOUR))) is is_wrong
