"""``teambot import``: exports of other tools, against the company's AWS, become files that ``policy check`` accepts."""

import json
from pathlib import Path

import pytest

from infra.sandbox.company import LEDGER_PROD, PAYMENTS_OU, PAYMENTS_PROD, example_company
from infra.sandbox.team_export import SECRET, team_tables
from tests.e2e.play import MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


def files(folder: Path, texts: dict[str, str]) -> list[str]:
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return [str(folder / f"{name}.json") for name in texts]


async def checked(play: Play, path: Path) -> str:
    code, out, err = await play.run("policy", "check", str(path))
    assert code == 0, err
    return out


async def test_the_tables_of_aws_team_become_a_file_that_can_be_applied(make_play: MakePlay, tmp_path: Path) -> None:
    play = await make_play()
    written = tmp_path / "team.yaml"
    given = files(tmp_path, team_tables(example_company()))
    code, out, err = await play.run("import", "team", *given, "--channel", "C0PAYMENTS", "--output", str(written))
    assert (code, out) == (0, ""), err
    text = written.read_text(encoding="utf-8")
    assert "PowerUserAccess" in text
    assert SECRET not in text + err
    assert "bob@example.com needed no approval in AWS TEAM, and needs one here" in err
    assert "Payments: its limit of 24 h is above the global one of 8 h" in err
    assert "Payments: 123456789012 is the management account. Access to it is never granted here." in err
    assert await checked(play, written) == "team.yaml is valid: 2 eligibility and 1 approval policies.\n"
    assert f"direct_ous:\n      - {PAYMENTS_OU}" in text


async def test_an_export_that_gives_nobody_access_is_warned_of_before_it_is_written(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play, given = await make_play(), files(tmp_path, {"statements": "[]"})
    code, _, err = await play.run("import", "elevator", *given, "--requesters", "Payments")
    assert code == 0, err
    assert "Warning: There is no eligibility policy: nobody can ask for access." in err


async def test_nested_ous_are_written_as_such_and_what_they_open_is_told(make_play: MakePlay, tmp_path: Path) -> None:
    play = await make_play()
    code, out, err = await play.run("import", "team", *files(tmp_path, team_tables(example_company())), "--nested")
    assert code == 0, err
    assert f"- {PAYMENTS_OU}" in out
    assert "Payments: opens what AWS TEAM did not" in err
    assert f"PowerUserAccess, ReadOnlyAccess in Ledger Prod ({LEDGER_PROD})" in err
    (tmp_path / "nested.yaml").write_text(out, encoding="utf-8")
    assert "2 eligibility" in await checked(play, tmp_path / "nested.yaml")


async def test_statements_of_sso_elevator_become_a_file_that_can_be_applied(
    make_play: MakePlay, tmp_path: Path
) -> None:
    statements = [
        {
            "ResourceType": "Account",
            "Resource": PAYMENTS_PROD,
            "PermissionSet": "*",
            "Approvers": ["BOB@example.com", "who@example.com"],
            "AllowSelfApproval": True,
        },
        {"ResourceType": "Account", "Resource": "*", "PermissionSet": "ReadOnlyAccess", "ApprovalIsNotRequired": True},
    ]
    play = await make_play()
    given = files(tmp_path, {"config": json.dumps({"statements": statements, "group_statements": [{}]})})
    words = ("--requesters", "Payments", "--max-duration", "12h", "--request-expiry", "0", "--reminder-after", "off")
    code, out, err = await play.run("import", "elevator", *given, *words)
    assert code == 0, err
    assert "bob@example.com could approve their own requests, and needs somebody else here" in err
    assert "there is no user who@example.com in Identity Center" in err
    assert "statements about groups (1)" in err
    assert "request_expiry: never" in out
    (tmp_path / "elevator.yaml").write_text(out, encoding="utf-8")
    assert "2 eligibility and 1 approval" in await checked(play, tmp_path / "elevator.yaml")


async def test_what_cannot_be_read_or_found_is_one_line_and_nothing_is_written(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await make_play()
    given = files(tmp_path, {"config": '{"statements": []}'})
    for words, said in (
        (("team", *given), "config.json holds statements of SSO Elevator: use `teambot import elevator`.\n"),
        (
            ("elevator", *given, "--requesters", "Paymets"),
            "There is no group Paymets in Identity Center: give --requesters its display name.\n",
        ),
    ):
        assert await play.run("import", *words) == (1, "", said)
    code, out, err = await play.run("import", "elevator", *given)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "--requesters" in err
