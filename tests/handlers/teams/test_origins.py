"""The name of a dialog: it says what opened it, and the dialog that it was opened over."""

from hypothesis import given
from hypothesis import strategies as st

from handlers.teams.origins import LONGEST, Opening, Origin

TEXT = st.text(st.sampled_from("aZ9:,.!|~% é"), max_size=7)
OPENING = st.builds(Opening, TEXT, TEXT, TEXT, TEXT)


@given(first=OPENING, second=OPENING)
def test_a_name_comes_back_as_what_it_was_made_of(first: Opening, second: Opening) -> None:
    below = Origin.begin(first)
    over = below.over(second)

    assert Origin.load(over.dump()) == over
    assert over.back() == below
    assert below.back() is None


def test_two_openings_of_the_same_are_two_dialogs() -> None:
    assert Origin.begin(Opening("a")).dump() != Origin.begin(Opening("a")).dump()


def test_a_long_way_back_is_forgotten_from_its_beginning() -> None:
    origin = Origin.begin(Opening("first", "x" * 150))
    for name in ("second", "third", "fourth"):
        origin = origin.over(Opening(name, "x" * 150))

    kept = Origin.load(origin.dump())

    assert len(origin.dump()) <= LONGEST
    assert [each.act for each in kept.path] == ["third", "fourth"]


@given(st.text(max_size=2000))
def test_any_text_is_read_as_a_name(text: str) -> None:
    origin = Origin.load(text)

    assert len(origin.dump()) <= 2 * LONGEST
