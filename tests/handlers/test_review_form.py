"""The small modals around a request ask for one thing, and carry what was shown."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.domain.request import Request, Shown, digest
from core.domain.settings import Requirement
from handlers.screens import review_form
from handlers.screens.ids import ActionId, InputId
from handlers.screens.review_form import ListPlace, ReviewOrigin
from handlers.screens.screen import Screen
from handlers.slack.drawing.filled import read_filled
from handlers.slack.drawing.render import render_view
from infra.sandbox.slack.blockkit.form import initial_values
from tests.handlers.conftest import Open
from tests.handlers.samples import HOSTILE, LONG, REQUEST, nasty

SHORTEN = partial(review_form.build_shorten, rule=Requirement.OPTIONAL)
BUILDERS = [review_form.build_reject, review_form.build_approve, SHORTEN]


def answered(view: Screen, words: str) -> dict[str, Any]:
    rendered = render_view(view)
    values = initial_values(rendered["blocks"])
    for actions in values.values():
        for state in actions.values():
            state["value"] = words
    return {**rendered, "state": {"values": values}}


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize("back", [None, ListPlace("", "https://h/1"), ListPlace("1042", "https://h/1")])
def test_what_was_typed_comes_back_with_what_was_shown(
    build: Callable[[Request, ListPlace | None], Screen], back: ListPlace | None
) -> None:
    review = review_form.parse(read_filled(answered(build(REQUEST, back), "  because  ")))
    assert review.words == "because"
    assert review.origin == ReviewOrigin(Shown(REQUEST.id, digest(REQUEST)), back)
    assert review.input in {InputId.REASON, InputId.COMMENT}


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "long"])
@pytest.mark.parametrize("build", BUILDERS)
async def test_slack_accepts_them_at_their_worst(build: Callable[[Request], Screen], text: str, show: Open) -> None:
    await show(build(nasty(REQUEST, text)))


async def test_a_rejection_asks_for_a_reason(show: Open) -> None:
    shown = await show(review_form.build_reject(REQUEST))
    assert "Reason:" in shown
    assert "Reason (optional)" not in shown
    assert "fix the stuck deployment pipeline" in shown


async def test_an_approval_asks_for_a_comment(show: Open) -> None:
    assert "Comment:" in await show(review_form.build_approve(REQUEST))


@pytest.mark.parametrize(
    ("rule", "asks"),
    [(Requirement.OFF, ""), (Requirement.OPTIONAL, "Comment (optional):"), (Requirement.REQUIRED, "Comment:")],
)
async def test_approving_for_less_asks_for_a_duration_and_for_a_comment_as_settings_say(
    rule: Requirement, asks: str, show: Open
) -> None:
    shown = await show(review_form.build_shorten(REQUEST, rule=rule))
    assert "At most the 2 h asked for" in shown
    assert ("Comment" in shown) == bool(asks)
    assert asks in shown


def test_the_duration_that_was_chosen_is_read() -> None:
    view = render_view(SHORTEN(REQUEST))
    option = {"text": {"type": "plain_text", "text": "45 min"}, "value": "45m"}
    state = {InputId.ALLOWED.value: {ActionId.ALLOWED.value: {"selected_option": option}}}
    assert review_form.parse(read_filled({**view, "state": {"values": state}})).allowed == timedelta(minutes=45)
    assert review_form.parse(read_filled(view)).allowed is None


def test_a_form_of_somebody_else_shows_nothing() -> None:
    assert review_form.parse(read_filled({"private_metadata": "nonsense"})).origin is None
