"""A client may put anything where this program had written a memo: it is read as nothing, and never as a fault."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.request import Shown
from handlers.flows.home_context import Pages
from handlers.screens import favourites, home
from handlers.screens.activity import ActivityPage
from handlers.screens.bundle_form import BundleState
from handlers.screens.group_form import GroupFormState
from handlers.screens.lists import Page
from handlers.screens.memos import read_memo
from handlers.screens.pairs import PairsToRelease
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.request_state import FormState

DEEP = ("[" * 100_000, '{"a":' * 100_000)
READERS: tuple[Callable[[str], Any], ...] = (
    Pages.load,
    favourites.read,
    home.read_turn,
    ActivityPage.load,
    BundleState.load,
    GroupFormState.load,
    Page.load,
    PairsToRelease.read,
    FormNote.load,
    PreviewNote.load,
    FormState.load,
    Shown.read,
)
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "g", "k", "l", "n", "p", "q", "r", "s", "t", "w", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=16),
    max_leaves=20,
)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", DEEP)
def test_what_is_nested_too_deeply_is_read_as_nothing(read: Callable[[str], Any], text: str) -> None:
    read(text)


@pytest.mark.parametrize("read", READERS)
@given(value=VALUES)
def test_what_somebody_else_wrote_is_read_as_nothing(read: Callable[[str], Any], value: object) -> None:
    read(json.dumps(value))


@pytest.mark.parametrize("text", DEEP)
def test_a_memo_that_cannot_be_read_is_a_wrong_value(text: str) -> None:
    with pytest.raises(ValueError, match="deeply"):
        read_memo(text)


def test_every_memo_is_read_in_one_place() -> None:
    """So the same holds for all of them."""
    written = {
        path: path.read_text() for place in ("screens", "flows") for path in Path("handlers", place).glob("*.py")
    }
    loading = {path.name for path, text in written.items() if "json.loads(" in text}
    assert loading == {"memos.py", "bundle_form.py"}  # the second one reads what it has just written
