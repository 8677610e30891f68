"""Instants on the command line."""

from datetime import datetime

import click
import pytest

from bot.instants import INSTANT


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-28", (2026, 11, 28)),
        ("2026-11-28T02:00", (2026, 11, 28, 2)),
        ("2026-11-28 02:00:30", (2026, 11, 28, 2, 0, 30)),
        ("2026-11-28T02:00:00Z", (2026, 11, 28, 2)),
        ("2026-11-28T02:00+01:00", (2026, 11, 28, 1)),
    ],
)
def test_an_instant_is_in_utc_unless_it_names_a_zone(typed: str, meant: tuple[int, ...]) -> None:
    assert INSTANT.convert(typed, None, None) == datetime(*meant)  # type: ignore[arg-type]  # noqa: DTZ001


def test_what_is_none_is_told_how_one_is_written() -> None:
    with pytest.raises(click.UsageError, match="2026-10-01T02:00"):
        INSTANT.convert("yesterday", None, None)
