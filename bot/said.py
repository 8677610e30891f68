"""The output of commands: lines for whoever runs them, and documents for programs.

A terminal obeys some characters, and a line break in a name begins a line that nobody wrote: lines, which quote names
and reasons that other people chose, have none of these. Documents (JSON, YAML, CSV) have marks of their own, and are
written as they are.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from handlers.screens.clean import clean


def say(line: str, *, err: bool = False) -> None:
    """One line, indented as it is, without what an eye cannot see. ``err``: on standard error."""
    indent = " " * (len(line) - len(line.lstrip(" ")))
    text = indent + clean(line, lines=True).replace("\n", " ")
    if err:
        with suppress(OSError):  # there is nowhere left to say so
            click.echo(text, err=True)
        return
    with to_standard_output():
        click.echo(text)


def document(content: str | bytes) -> None:
    """A whole document on standard output, as it is."""
    with to_standard_output():
        click.echo(content, nl=False)


@contextmanager
def to_standard_output() -> Iterator[None]:
    """Errors of writing there are said in a line. A reader that has seen enough (``| head``) is none."""
    try:
        yield
    except BrokenPipeError:
        _discard_the_rest()
    except OSError as error:
        _discard_the_rest()
        raise _unwritable("Standard output", error) from error


@contextmanager
def to_file(file: Path) -> Iterator[None]:
    """Errors of writing the file are said in a line."""
    try:
        yield
    except OSError as error:
        raise _unwritable(f"{file}", error, "Name another file.") from error


def _unwritable(what: str, error: OSError, then: str = "") -> click.ClickException:
    return click.ClickException(f"{what} cannot be written: {error.strerror}. {then}".rstrip())


def _discard_the_rest() -> None:
    """Let later output go nowhere: what is still in the buffer would fail once more at the exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
