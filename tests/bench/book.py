"""A book of many past requests, made fast: written past the program, row for row as the program writes them.

``python -m tests.bench.book URL COUNT`` fills a migrated SQLite database or PostgreSQL with so many requests that are
over, each decided by somebody. Some thousand are made as the program makes them; the others differ from one of those
in their numbers and times. A million takes a minute.
"""

import asyncio
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import asyncpg
from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from core.adapters.storage.address import read_url, sqlite_file
from core.adapters.storage.mapping import columns_of_request
from core.adapters.storage.tables import RequestRow, VoteRow
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.domain.search import fold

FIRST_NUMBER = 2_000
MODELS = 4_000
PEOPLE, APPROVERS, ACCOUNTS, SETS, DAYS = 5_000, 120, 3_000, 100, 730
AT_ONCE = 20_000
FREQUENT_WORD, RARE_WORD, RARE_EVERY = "deploy", "kingfisher", 100_000
UNKNOWN_TICKET = "INC-99999999"
BUSY_APPROVER, RARE_APPROVER = "Grace Busy", "Wanda Seldom"
RARE_APPROVAL_EVERY = 400_000
WORDS = ("deploy", "queue", "backlog", "restore", "customer", "index", "latency", "certificate", "replica", "invoice")
ENDED = (Status.ENDED,) * 8 + (Status.REJECTED, Status.REVOKED, Status.CANCELLED, Status.EXPIRED)
PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-7223000000000000/ps-{:016x}"
JOB = "@@@@@@@"
"""Stands for the number in a model."""
_Row = tuple[Any, ...]


def person_id(number: int) -> PrincipalId:
    return PrincipalId(f"93670000-0000-0000-0000-{number:012}")


def approver_id(number: int) -> str:
    return f"93670000-1111-0000-0000-{number:012}"


BUSY_APPROVER_ID = approver_id(900)


def models(began: datetime, people: Sequence[str]) -> Iterator[Request]:
    """Past requests of these people as the program stores them, the same each time."""
    chance = random.Random(1)  # noqa: S311 - no secret
    for _ in range(MODELS):
        status = chance.choice(ENDED)
        person, account, permission_set = (chance.randrange(n) for n in (PEOPLE, ACCOUNTS, SETS))
        granted_at = began + timedelta(minutes=3) if status in {Status.ENDED, Status.REVOKED} else None
        yield Request(
            status=status,
            requester=PrincipalId(people[person % len(people)]),
            requester_name=f"Person {person:05}",
            requester_chat=None,
            requester_user_name=f"person{person:05}@example.com",
            target=Target(AccountId(f"{account:012}"), PermissionSetArn(PERMISSION_SET.format(permission_set))),
            account_name=f"Team {account:04}",
            permission_set_name=f"Access{permission_set:03}",
            duration=timedelta(hours=1 + person % 8),
            justification=f"Look at the {' '.join(chance.sample(WORDS, 3))} of job {JOB}",
            ticket=f"INC-{JOB}",
            created_at=began,
            expires_at=began + timedelta(days=1),
            quorum=1,
            policy_revision=1,
            decided_at=began + timedelta(minutes=2),
            decided_by="somebody",
            granting_at=granted_at,
            window_start_at=granted_at,
            end_at=granted_at + timedelta(hours=1) if granted_at else None,
            closed_at=began + timedelta(hours=1, minutes=4),
        )


def _approver(number: int) -> tuple[str, str]:
    """Id and name: every third request is decided by one person, and two or three in all by another."""
    if number % RARE_APPROVAL_EVERY == 7:
        return approver_id(901), RARE_APPROVER
    if number % 3 == 0:
        return BUSY_APPROVER_ID, BUSY_APPROVER
    return approver_id(number % APPROVERS), f"Approver {number % APPROVERS:03}"


class _Columns:
    """The columns of a table, and their values in the database's own terms."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.table = table.name
        self._bind = {c.name: c.type.dialect_impl(dialect).bind_processor(dialect) for c in table.c}
        self.names = list(self._bind)

    def row(self, values: dict[str, Any]) -> list[Any]:
        return [self._bound(name, values.get(name)) for name in self.names]

    def _bound(self, name: str, value: Any) -> Any:
        bind = self._bind[name]
        return bind(value) if bind else value

    def setters(self, *names: str) -> list[int]:
        return [self.names.index(name) for name in names]


class Book:
    """The rows of so many past requests and of the votes on them, the oldest first."""

    def __init__(self, count: int, people: Sequence[str], dialect: Dialect) -> None:
        self._count, self._until = count, datetime.now(UTC)
        self._began = self._until - timedelta(days=DAYS)
        self.requests = _Columns(RequestRow.__table__, dialect)  # type: ignore[attr-defined]
        self.votes = _Columns(VoteRow.__table__, dialect)  # type: ignore[attr-defined]
        self._shows: Callable[[datetime], Any] = _text_of if dialect.name == "sqlite" else lambda at: at
        self._models = [
            self.requests.row({"version": 5, **columns_of_request(model)}) for model in models(self._began, people)
        ]

    def rows(self) -> Iterator[tuple[_Row, _Row]]:
        number_at, decided_by = self.requests.setters("id", "decided_by")
        texts = self.requests.setters("justification", "ticket", "sought")
        times = self.requests.setters("created_at", "expires_at", "decided_at", "closed_at")
        after = (timedelta(), timedelta(days=1), timedelta(minutes=2), timedelta(hours=1, minutes=4))
        granted = self.requests.setters("granting_at", "window_start_at", "end_at")
        later = (timedelta(minutes=3), timedelta(minutes=3), timedelta(hours=1, minutes=3))
        step = (self._until - self._began) / self._count
        for number in range(self._count):
            asked_at, (approver, name) = self._began + step * number, _approver(number)
            row = self._models[number * 7 % MODELS].copy()
            row[number_at], row[decided_by] = FIRST_NUMBER + number, name
            rare = f" {RARE_WORD}" if number % RARE_EVERY == RARE_EVERY // 2 else ""
            for place in texts:
                row[place] = row[place].replace(JOB, f"{number:07}") + rare
            for place, wait in zip(times, after, strict=True):
                row[place] = self._shows(asked_at + wait)
            for place, wait in zip(granted, later, strict=True):
                row[place] = self._shows(asked_at + wait) if row[place] else None
            yield tuple(row), self._vote(number, approver, name, asked_at)

    def _vote(self, number: int, approver: str, name: str, asked_at: datetime) -> _Row:
        given = {"principal_id": approver, "name": name, "verdict": "approve", "comment": "", "sought": fold(name)}
        at = asked_at + timedelta(minutes=2)
        known = {**given, "id": number + 1, "request_id": FIRST_NUMBER + number, "given_at": self._shows(at)}
        return tuple(known.get(name) for name in self.votes.names)


def _chunks(rows: Iterator[tuple[_Row, _Row]]) -> Iterator[list[tuple[_Row, _Row]]]:
    return iter(lambda: list(islice(rows, AT_ONCE)), [])


def _text_of(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


async def fill(url: str, count: int, people: Sequence[str] = ()) -> None:
    """Write so many past requests, of these people of Identity Center. Numbers given from then on are greater."""
    address, whose = read_url(url), people or [person_id(number) for number in range(PEOPLE)]
    file = sqlite_file(address)
    if file:
        _fill_sqlite(str(file), Book(count, whose, sqlite.dialect()))
    else:
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        await _fill_postgresql(plain, Book(count, whose, postgresql.dialect()))  # type: ignore[no-untyped-call]


def _fill_sqlite(file: str, book: Book) -> None:
    """Indexes are made anew at the end, which is faster than to add to each a million times."""
    tables = (book.requests, book.votes)
    with closing(sqlite3.connect(file)) as connection:
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN (?, ?) AND sql IS NOT NULL"
        indexes = connection.execute(found, [each.table for each in tables]).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        for chunk in _chunks(book.rows()):
            for place, each in enumerate(tables):
                marks = ", ".join("?" * len(each.names))
                statement = f"INSERT INTO {each.table} ({', '.join(each.names)}) VALUES ({marks})"  # noqa: S608
                connection.executemany(statement, [row[place] for row in chunk])
        for _, statement in indexes:
            connection.execute(statement)
        connection.commit()


async def _fill_postgresql(url: str, book: Book) -> None:
    connection = await asyncpg.connect(url)
    try:
        for chunk in _chunks(book.rows()):
            for place, each in enumerate((book.requests, book.votes)):
                records = [row[place] for row in chunk]
                await connection.copy_records_to_table(each.table, records=records, columns=each.names)
        for each in (book.requests, book.votes):
            last = f"SELECT setval(pg_get_serial_sequence('{each.table}', 'id'), (SELECT max(id) FROM {each.table}))"  # noqa: S608
            await connection.execute(last)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


if __name__ == "__main__":
    asyncio.run(fill(sys.argv[1], int(sys.argv[2])))
