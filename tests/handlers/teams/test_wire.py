"""A control's data comes back as it was written, and data that nobody wrote is believed no further than its type."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handlers.flows import routes
from handlers.screens.ids import OPENS, ActionId, FormId
from handlers.teams import wire
from handlers.teams.wire import ControlPlace, Kind, Sent

PLACES = st.builds(
    ControlPlace,
    memo=st.text(),
    screen=st.text(),
    on_home=st.booleans(),
    inputs=st.dictionaries(st.text(), st.sampled_from(Kind)),
    zone=st.text(),
)


@given(st.sampled_from(ActionId), st.text(), st.text(), PLACES)
def test_what_a_button_sends_comes_back(act: str, value: str, group: str, place: ControlPlace) -> None:
    sent = Sent(act, value, group, place=place)
    for written in (wire.press(act, value, group, place), wire.opening(act, value, group, place)):
        assert wire.read_sent(json.loads(json.dumps(written))) == sent


@given(PLACES)
def test_what_a_form_and_a_type_ahead_send_comes_back(place: ControlPlace) -> None:
    assert wire.read_sent(wire.sending(FormId.REQUEST, place)) == Sent(form=FormId.REQUEST, place=place)
    assert wire.read_dataset(wire.dataset(ActionId.ACCOUNT, place)) == Sent(ActionId.ACCOUNT, place=place)


def test_a_menu_sends_what_was_chosen_in_it() -> None:
    written = wire.choosing(ActionId.REPORT_PERIOD, "menu.period", "report.period", ControlPlace())
    sent = wire.read_sent({**written, "menu.period": wire.choice("90d", "90 days")})
    assert sent == Sent(ActionId.REPORT_PERIOD, "90d", "report.period")


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_choices_come_back_with_the_labels_that_they_were_shown_under(choices: list[tuple[str, str]]) -> None:
    assert wire.read_choices(",".join(wire.choice(*each) for each in choices)) == choices


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_anything_else_is_no_press(data: Any) -> None:
    ours = {"act", "value", "group", "form", "home", "screen", "inputs", "menu"}
    assume(not isinstance(data, dict) or ours.isdisjoint(data))
    assert wire.read_sent(data) == Sent()


@pytest.mark.parametrize("data", [{"act": 1, "form": ["x"], "inputs": {"a": []}, "home": 1}, {"inputs": 3, "menu": {}}])
def test_values_of_another_type_are_none(data: Any) -> None:
    assert wire.read_sent(data) == Sent()


@pytest.mark.parametrize("name", [None, "request.account", "[" * 100_000, "{"])
def test_a_question_that_was_not_written_here_asks_for_nothing(name: Any) -> None:
    assert wire.read_dataset(name) == Sent()


FLOWS = Path(routes.__file__).parent


def functions() -> dict[str, ast.AST]:
    """Every function of the flows as ``module.name``."""
    return {
        f"{path.stem}.{node.name}": node
        for path in FLOWS.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def opens(name: str, known: dict[str, ast.AST], seen: set[str]) -> bool:
    """True if a function opens a screen, itself or by one that it names; ``push`` opens over one that is there."""
    if name in seen or name not in known:
        return False
    seen.add(name)
    for node in ast.walk(known[name]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) == ("platform", "open"):
                return True
            if opens(f"{node.value.id}.{node.attr}", known, seen):
                return True
        if isinstance(node, ast.Name) and any(
            opens(f"{module}.{node.id}", known, seen) for module in (name.partition(".")[0], "opening")
        ):
            return True
    return False


def test_an_act_asks_for_a_dialog_when_its_flow_may_open_one() -> None:
    known = functions()
    found = {
        act
        for act, work in routes.presses().items()
        if opens(f"{work.__module__.rpartition('.')[2]}.{work.__name__}", known, set())
    }
    assert found == OPENS
