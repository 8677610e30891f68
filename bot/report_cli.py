"""The words of ``teambot report`` on the command line: options, example, help."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.instants import INSTANT
from bot.settings import ProcessSettings, Purpose

FORMATS = ("html", "png", "csv")


def add_report(
    teambot: click.Group, settings: Callable[[Purpose], ProcessSettings], run: Callable[[Any], None]
) -> None:
    """Make ``report`` one of the commands."""

    @teambot.command(
        epilog="Example: teambot report --since 2026-10-01 --until 2026-11-01 --format html --output october.html"
    )
    @click.option("--since", type=INSTANT, help="From this instant on (UTC). By default 30 days before the end.")
    @click.option(
        "--until",
        type=INSTANT,
        help="Before this instant (UTC), by default now; a day alone is its beginning, so name the day after the last.",
    )
    @click.option("--format", "style", type=click.Choice(FORMATS), help="By default the figures as text.")
    @click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
    def report(since: datetime | None, until: datetime | None, style: str | None, output: Path | None) -> None:
        """Figures and charts of a period.

        Who asked for what, how it was decided, and who has access now.

        A request belongs to the period in which it was asked for. Nights are those of TEAMBOT_REPORT_ZONE. Charts,
        as html and png have them, need `pip install 'teambot[report]'`; text and csv don't.
        """
        from bot import report_commands

        run(report_commands.report(settings(Purpose.DATABASE), since, until, style or "", output))
