"""Moving over from AWS TEAM in the sandbox, with a command line that answers as the test says."""

from pathlib import Path

import pytest

from infra.sandbox.company import example_company
from infra.sandbox.moving_over import moved_over


class Shell:
    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.commands: list[tuple[str, ...]] = []

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        self.commands.append(arguments)
        return self.code, f"{arguments[1]} went well\n", "one thing differs\n"


@pytest.mark.parametrize("applies", [False, True])
async def test_the_tables_are_imported_and_the_file_is_checked_or_applied(tmp_path: Path, applies: bool) -> None:
    shell = Shell()
    report = await moved_over(shell, example_company(), tmp_path, applies=applies)
    verb = "apply" if applies else "check"
    assert [command[:2] for command in shell.commands] == [("import", "team"), ("policy", verb)]
    tables = [Path(each).name for each in shell.commands[0] if each.endswith(".json")]
    assert tables == ["approvers.json", "eligibility.json", "settings.json"]
    assert all((tmp_path / "aws-team" / name).read_text().startswith('{"Items"') for name in tables)
    assert "$ teambot import team approvers.json eligibility.json settings.json --channel" in report
    assert "one thing differs\nteam went well" in report
    assert f"$ teambot policy {verb} team.yaml" in report


async def test_where_a_command_fails_the_rest_is_left_and_what_it_said_is_told(tmp_path: Path) -> None:
    shell = Shell(code=1)
    with pytest.raises(ValueError, match="one thing differs"):
        await moved_over(shell, example_company(), tmp_path, applies=True)
    assert len(shell.commands) == 1
