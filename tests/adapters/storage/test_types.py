from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from core.adapters.storage.types import Json, PlainText, Seconds, UtcDateTime

DIALECTS = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]
on_both = pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
years = {"min_value": datetime(1971, 1, 1), "max_value": datetime(2200, 1, 1)}  # noqa: DTZ001
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@on_both
@given(instant=st.datetimes(**years, timezones=zones))  # type: ignore[arg-type]
def test_an_instant_comes_back_as_the_same_instant_in_utc(dialect: Dialect, instant: datetime) -> None:
    column = UtcDateTime()
    back = column.process_result_value(column.process_bind_param(instant, dialect), dialect)
    assert back == instant
    assert back is not None
    assert back.tzinfo is UTC


@on_both
def test_an_instant_without_time_zone_is_rejected(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), dialect)  # noqa: DTZ001


@on_both
@given(seconds=st.integers(0, 10**9))
def test_a_duration_comes_back_as_it_was(dialect: Dialect, seconds: int) -> None:
    column = Seconds()
    length = timedelta(seconds=seconds)
    assert column.process_result_value(column.process_bind_param(length, dialect), dialect) == length


@given(value=json_values)
def test_a_json_document_comes_back_as_it_was_and_is_ascii(value: object) -> None:
    column = Json()
    document = column.process_bind_param(value, DIALECTS[0])
    assert column.process_result_value(document, DIALECTS[0]) == value
    assert document is None or document.isascii()


@given(text=st.text(st.characters()))
def test_text_that_a_database_can_hold_stays_and_the_rest_is_marked(text: str) -> None:
    kept = PlainText().process_bind_param(text, DIALECTS[0])
    assert kept is not None
    assert len(kept) == len(text)
    kept.encode()
    assert all(now in {before, "\ufffd"} for now, before in zip(kept, text, strict=True))
    assert "\x00" not in kept


@pytest.mark.parametrize("column", [UtcDateTime(), Seconds(), PlainText(), Json()])
@on_both
def test_nothing_stays_nothing(column: TypeDecorator[Any], dialect: Dialect) -> None:
    assert column.process_bind_param(None, dialect) is None
    if not isinstance(column, PlainText):
        assert column.process_result_value(None, dialect) is None
