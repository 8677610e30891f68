"""Lines for the terminal of whoever runs a command. They quote names and reasons that other people chose.

A terminal obeys some characters, and a line break in a name begins a line that nobody wrote. Documents that are made
to be read by programs (JSON, YAML, CSV) are not written through here: they have marks of their own.
"""

import click

from handlers.screens.clean import clean


def say(line: str, *, err: bool = False) -> None:
    """One line, indented as it is, without what an eye cannot see. ``err``: on standard error."""
    indent = " " * (len(line) - len(line.lstrip(" ")))
    click.echo(indent + clean(line, lines=True).replace("\n", " "), err=err)
