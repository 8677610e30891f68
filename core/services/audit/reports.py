"""Figures of a period for auditors and admins: on a screen, as a table, as a picture (rule 22)."""

from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import structlog

from core.domain.errors import NotFound
from core.domain.figures import Figures
from core.domain.people import ChatUser, Person
from core.domain.period import Period, read_days, write_days
from core.ports import ChartPainter, Export, Picture
from core.services.audit import report_rows
from core.services.audit.export_maker import ExportFile, write_bytes, write_table
from core.services.audit.report_figures import ReportFigures
from core.services.queries.request_search import RequestSearch

DAYS = 30
"""The days of a report without a given period."""
REFUSED = "report.refused"

log = structlog.get_logger()


class Reports:
    """Reports over all requests, for people who may see everything."""

    def __init__(self, search: RequestSearch, report_figures: ReportFigures) -> None:
        self._search = search
        self._report_figures = report_figures

    def read(self, typed: str) -> Period:
        """The period that was asked for. NotFound for what is none."""
        period = read_days(typed, self._search.today, DAYS)
        if period is None:
            raise NotFound
        return period

    async def allowed(self, chat_user: ChatUser) -> Person:
        """Refused, and on record, when this is not for them."""
        return await self._search.allowed(chat_user, REFUSED)

    async def confirmed(self, chat_user: ChatUser, subject: str) -> Person:
        """The same, read anew. NotFound as well for what is no period."""
        person = await self._search.confirmed(chat_user, REFUSED)
        self.read(subject)
        return person

    async def shown(self, chat_user: ChatUser, period: Period) -> Figures:
        """Figures for whoever may see them."""
        person = await self.allowed(chat_user)
        log.info("report read", by=person.id, period=write_days(period))
        return await self._report_figures.figures(period)

    async def figures(self, subject: str) -> Figures:
        """Figures of the days that a file is of."""
        return await self._report_figures.figures(self.read(subject))


class ReportTable:
    """Makes the file for spreadsheets."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def file_name(self, export: Export) -> str:
        return f"team-report-{export.subject.replace(' ', '-to-')}.csv"

    async def allowed(self, chat_user: ChatUser, subject: str) -> Person:
        return await self._reports.confirmed(chat_user, subject)

    async def write(self, person: Person, subject: str, file: Path) -> ExportFile:  # noqa: ARG002 - whoever may see it sees everything
        figures = await self._reports.figures(subject)
        return await write_table(file, report_rows.COLUMNS, _whole(report_rows.rows(figures)))


async def _whole(rows: Iterable[report_rows.Row]) -> AsyncIterator[Iterable[report_rows.Row]]:
    yield rows


class ReportPicture:
    """Makes the picture of all charts."""

    def __init__(self, reports: Reports, painter: ChartPainter, compose: Callable[[Figures], Picture]) -> None:
        """``compose`` puts figures into words and charts."""
        self._reports = reports
        self._painter = painter
        self._compose = compose

    def file_name(self, export: Export) -> str:
        return f"team-report-{export.subject.replace(' ', '-to-')}.png"

    async def allowed(self, chat_user: ChatUser, subject: str) -> Person:
        return await self._reports.confirmed(chat_user, subject)

    async def write(self, person: Person, subject: str, file: Path) -> ExportFile:  # noqa: ARG002 - whoever may see it sees everything
        figures = await self._reports.figures(subject)
        picture = self._compose(figures)
        drawn = await self._painter.picture(picture.title, picture.facts, picture.charts)
        return await write_bytes(file, drawn, rows=figures.asked, alt=picture.alt)
