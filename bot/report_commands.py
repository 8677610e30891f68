"""``teambot report``: the figures of a period, as text or as a file."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.compose import clock_of, database_of, zone_of
from bot.progress import shown
from bot.said import document, say, to_file
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.adapters.charts import MatplotlibPainter
from core.adapters.storage.private_files import PRIVATE
from core.domain.figures import Figures
from core.domain.period import Period
from core.domain.spreadsheet import csv_rows
from core.services.audit import report_rows
from core.services.audit.report_figures import ReportFigures
from handlers.report import report_charts, report_page
from handlers.words import report_words

DAYS = 30
PNG = b"\x89PNG"
LISTED = 20
"""The most rows of each list in the text. A file has all of them."""


async def report(
    settings: ProcessSettings, since: datetime | None, until: datetime | None, style: str, output: Path | None
) -> int:
    """Count, and write to the file or to standard output."""
    clock = clock_of(settings)
    period = _period(since, until, clock.now())
    async with database_of(settings) as database:
        await need_schema(database)
        async with shown("Counting requests") as observe:
            figures = await ReportFigures(database.look, clock, zone_of(settings)).figures(period, observe)
    _write(await _drawn(figures, style), output)
    return 0


def _period(since: datetime | None, until: datetime | None, now: datetime) -> Period:
    end = until.replace(tzinfo=UTC) if until else now
    try:
        return Period(since.replace(tzinfo=UTC), end) if since else Period.before(end, DAYS)
    except ValueError:
        raise click.UsageError("The period is empty: --since must be before --until, and before now.") from None
    except OverflowError:
        raise click.UsageError("That period begins before the year 1: name --since as well.") from None


async def _drawn(figures: Figures, style: str) -> bytes:
    charts, painter = report_charts.charts(figures), MatplotlibPainter()
    if style == "png":
        return await painter.picture(report_words.title(figures), report_words.facts(figures), charts)
    if style == "html":
        return report_page.build(figures, charts, await painter.drawings(charts)).encode("utf-8", "xmlcharrefreplace")
    if style == "csv":
        return csv_rows([report_rows.COLUMNS, *report_rows.rows(figures)]).encode("utf-8-sig", "backslashreplace")
    return "".join(f"{line}\n" for line in report_words.lines(figures, LISTED)).encode("utf-8", "backslashreplace")


def _write(content: bytes, output: Path | None) -> None:
    if output is None:
        if content.startswith(PNG) and sys.stdout.isatty():
            raise click.UsageError("A terminal cannot show a picture: name a file with --output.")
        document(content)
        return
    with to_file(output):
        output.touch(PRIVATE)
        output.write_bytes(content)
    say(f"The report is in {output}.", err=True)
