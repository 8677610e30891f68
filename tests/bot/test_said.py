"""The output of commands: a name that somebody else chose begins no line, and what cannot be written is said."""

import ast
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import UUID

import click
import pytest

from bot.identity_commands import _show
from bot.reconcile_commands import _print
from bot.said import document, say
from core.domain.ids import PrincipalId
from core.domain.pairing import Pairing
from core.domain.people import ChatUser, Pin, PinState, Principal
from core.services.integrity.full_comparison import ComparisonReport
from tests.bot.conftest import Teambot
from tests.databases import sqlite_databases, sqlite_url  # noqa: F401 - fixtures

HOSTILE = "Ada\r\nT1 U0EVE: was eve (user-eve)\x1b]0;owned\x07\x1b[2J\u202egnp\u200b\u2028End"
PRODUCT = Path(__file__).parents[2] / "bot"


@pytest.mark.parametrize("err", [False, True])
def test_a_line_stays_one_line_and_no_terminal_obeys_it(capsys: pytest.CaptureFixture[str], err: bool) -> None:
    say(f"  {HOSTILE}  ADMIN", err=err)
    told = capsys.readouterr()
    assert (told.err if err else told.out) == "  Ada T1 U0EVE: was eve (user-eve)]0;owned[2Jgnp End  ADMIN\n"


def test_somebodys_name_adds_no_pair_to_those_that_are_to_be_released(capsys: pytest.CaptureFixture[str]) -> None:
    pin = Pin(ChatUser("slack", "T1", "U0ADA"), PrincipalId("user-ada"), PinState.SUSPENDED, PrincipalId("user-new"))
    new = Principal(PrincipalId("user-new"), HOSTILE, HOSTILE, ())
    _show([Pairing(pin, None, new)])
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_nor_an_assignment_to_those_that_were_found(capsys: pytest.CaptureFixture[str]) -> None:
    row = dict.fromkeys(("account", "permission_set", "user", "is", "then"), "x") | {"user": HOSTILE}
    _print(ComparisonReport((), 1, 0), [row])
    heading, found, summary = capsys.readouterr().out.splitlines()
    assert heading.startswith("ACCOUNT")
    assert "\x1b" not in found
    assert summary.startswith("1 found")


def test_commands_print_through_nothing_else() -> None:
    past = [
        f"{file.name}:{node.lineno}"
        for file in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"click.echo", "click.secho", "print"}
    ]
    assert [place for place in past if not place.startswith("said.py:")] == []


Terminal = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def stdout_is(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard output goes to this descriptor, and its buffer is empty when it is closed."""

    @contextmanager
    def replaced(descriptor: int) -> Iterator[None]:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", opened)
            yield

    return replaced


@pytest.mark.parametrize("write", [say, document, lambda text: document(text.encode())])
def test_a_full_disk_behind_standard_output_is_said(stdout_is: Terminal, write: Callable[[str], None]) -> None:
    with (
        stdout_is(os.open("/dev/full", os.O_WRONLY)),
        pytest.raises(click.ClickException, match=r"^Standard output cannot be written: No space left on device\.$"),
    ):
        write("text")


def test_a_reader_that_has_seen_enough_ends_no_command(stdout_is: Terminal) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with stdout_is(writing):
        say("first")
        document("second")


@pytest.mark.parametrize(
    "command",
    [
        ("audit", "export", "--output"),
        ("report", "--output"),
        ("manifest", "--platform", "teams", "--app-id", str(UUID(int=1)), "--url", "https://x.example.com", "--out"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_in_a_line(
    teambot: Teambot,
    sqlite_url: str,  # noqa: F811
    tmp_path: Path,
    command: tuple[str, ...],
) -> None:
    file = tmp_path / "missing" / "file"
    code, out, err = teambot(*command, str(file), TEAMBOT_DATABASE_URL=sqlite_url, TEAMBOT_ENV_FILE="/dev/null")
    assert (code, out) == (1, b"")
    assert err.decode() == f"{file} cannot be written: No such file or directory. Name another file.\n"
