"""The help of the command line: every command in a line, with an example."""

from collections.abc import Iterator

import click
import pytest

from bot.cli import teambot

FITS = 50
"""Characters beside the longest name of a command, within the 80 columns of a terminal."""


def commands(command: click.Command, path: str = "teambot") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")


ALL = dict(commands(teambot))


@pytest.mark.parametrize("path", ALL)
def test_its_short_help_fits_its_line(path: str) -> None:
    whole, short = ALL[path].get_short_help_str(limit=1000), ALL[path].get_short_help_str(limit=FITS)

    assert short == whole or path == "teambot"
    assert short


@pytest.mark.parametrize("path", ALL)
def test_it_has_an_example_of_itself(path: str) -> None:
    epilog = ALL[path].epilog or ""

    assert epilog.startswith("Example: ")
    assert path.partition(" ")[2] in epilog
