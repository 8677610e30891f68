"""Moves the company over from AWS TEAM as an operator would: exported tables, the importer, a check."""

from pathlib import Path
from typing import Protocol

from infra.sandbox.company import Company
from infra.sandbox.team_export import team_tables

#: Below the folder of the sandbox.
NAME = "aws-team"
CHANNEL = "C0PAYMENTS"


class CommandLine(Protocol):
    async def run(self, *arguments: str) -> tuple[int, str, str]: ...


async def moved_over(bot: CommandLine, company: Company, folder: Path, *, applies: bool) -> str:
    """The output of the commands; ValueError with it where one of them failed."""
    exported = folder / NAME
    exported.mkdir(exist_ok=True)
    for name, text in team_tables(company).items():
        (exported / f"{name}.json").write_text(text, encoding="utf-8")
    tables, written = [str(path) for path in sorted(exported.glob("*.json"))], str(exported / "team.yaml")
    told = [await _run(bot, "import", "team", *tables, "--channel", CHANNEL, "--output", written)]
    told.append(await _run(bot, "policy", "apply" if applies else "check", written))
    return "\n".join(told)


async def _run(bot: CommandLine, *arguments: str) -> str:
    code, out, err = await bot.run(*arguments)
    shown = " ".join(Path(each).name if "/" in each else each for each in arguments)
    said = f"$ teambot {shown}\n{err}{out}"
    if code:
        raise ValueError(said)
    return said
