"""The options of ``teambot import``, as people copy them out of Terraform."""

from datetime import timedelta

import click
import pytest

from bot.import_cli import _lengths

CONTEXT, PARAMETER = click.Context(click.Command("elevator")), click.Option(["--durations"])


@pytest.mark.parametrize("written", ["00:30,01:00,08:00", '["00:30", "01:00",\n "08:00"]', "30m, 1h, 8 hours,"])
def test_a_list_of_lengths_is_read_as_it_is_written_there(written: str) -> None:
    hours = (0.5, 1, 8)
    assert _lengths(CONTEXT, PARAMETER, written) == tuple(timedelta(hours=each) for each in hours)


@pytest.mark.parametrize(("written", "read"), [(None, None), ("", ()), ("[]", ())])
def test_no_list_is_something_else_than_an_empty_one(written: str | None, read: tuple[timedelta, ...] | None) -> None:
    assert _lengths(CONTEXT, PARAMETER, written) == read


@pytest.mark.parametrize("written", ["1", "00:30;01:00", "a while"])
def test_what_is_no_list_of_lengths_is_refused_with_how_to_write_it(written: str) -> None:
    with pytest.raises(click.BadParameter, match="like 00:30,01:00"):
        _lengths(CONTEXT, PARAMETER, written)
