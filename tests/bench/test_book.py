"""The book that is made for measuring: the program reads it as its own."""

from datetime import UTC, datetime

from core.adapters.storage.engine import Database
from core.domain.request import TERMINAL
from core.domain.search import read_search
from tests.adapters.storage.samples import PENDING, stored
from tests.bench import book
from tests.databases import (  # noqa: F401
    database,
    database_url,
    databases,
    engines,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)


async def test_the_program_reads_and_searches_it_and_goes_on_after_it(database: Database) -> None:  # noqa: F811
    await book.fill(database.address.render_as_string(hide_password=False), 30)
    (request,) = await stored(database, PENDING)
    assert request.id == book.FIRST_NUMBER + 30
    found = {}
    async with database.look() as unit:
        for typed in ("status:over", "ticket:INC-0000007", f"approver:{book.BUSY_APPROVER_ID}", "kingfisher"):
            search = read_search(typed, datetime.now(UTC).date()).search
            found[typed] = list(await unit.requests.search(search, limit=100))
    assert [len(requests) for requests in found.values()] == [30, 1, 10, 0]
    assert all(past.closed_at and past.status in TERMINAL for past in found["status:over"])
