"""Favourites: starred targets, then those asked for last."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.favourites import MOST_RECENT, favourites
from core.domain.organization import Target
from tests.strategies import targets

lists = st.lists(targets, max_size=12)


@given(lists.map(lambda found: list(dict.fromkeys(found))), lists)
def test_starred_ones_come_first_and_every_target_once(starred: list[Target], asked: list[Target]) -> None:
    found = favourites(starred, asked)
    shown = [each.target for each in found]
    assert shown[: len(starred)] == starred
    assert len(shown) == len(set(shown))
    assert [each.target in starred for each in found] == [each.starred for each in found]


@given(lists.map(lambda found: list(dict.fromkeys(found))), lists)
def test_of_the_others_the_five_asked_for_last_are_there(starred: list[Target], asked: list[Target]) -> None:
    recent = [each.target for each in favourites(starred, asked) if not each.starred]
    others = [target for target in dict.fromkeys(asked) if target not in starred]
    assert recent == others[:MOST_RECENT]
