"""Lines of a command at a terminal: a name that somebody else chose begins none, and no terminal obeys it."""

import ast
from pathlib import Path

import pytest

from bot.identity_commands import _show
from bot.reconcile_commands import _print
from bot.said import say
from core.domain.ids import PrincipalId
from core.domain.pairing import Pairing
from core.domain.people import ChatUser, Pin, PinState, Principal
from core.services.integrity.full_comparison import ComparisonReport

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
    """But for documents: JSON, YAML, and the manifest, which programs read."""
    past = []
    for file in PRODUCT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"click.echo", "click.secho", "print"}:
                is_document = any(word.arg == "nl" for word in node.keywords) or "json.dumps" in ast.unparse(node)
                if file.name not in {"said.py", "manifest_cli.py"} and not is_document:
                    past.append(f"{file.name}:{node.lineno}")
    assert past == []
