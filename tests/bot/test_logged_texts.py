"""Text that people typed never gets into the log through an error, whatever fails and on whichever database."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import text

from bot.lifecycle import BackgroundTasks
from bot.logs import LogFormat, configure
from core.adapters.storage.engine import Database
from core.adapters.storage.errors import translated
from core.domain.commands import Command, SubmitRequest
from core.domain.errors import Upstream
from core.domain.evaluation import RequestedAccess
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.people import ChatUser
from core.services.command_processor import CommandProcessor
from core.services.requests.transition import CloseCommand
from tests.databases import (  # noqa: F401 - fixtures
    database_url,
    databases,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.usefixtures("_restored_logging")
TARGET = Target(AccountId("111111111111"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1"))
TYPED = "customer Miller's password\nis hunter2"
WORDS = ("Miller", "hunter2")
FAILING = {
    "a row that a check refuses": "INSERT INTO audit_anchor (id, seq, hash) VALUES (2, 1, :typed)",
    "a value of the wrong kind": "SELECT CAST(:typed AS INTEGER) + no_such_column",
    "a text that is no number": "SELECT CAST(CAST(:typed AS VARCHAR) AS BIGINT) FROM audit_anchor LIMIT 'x'",
    "a number that is none": "UPDATE audit_archive SET seq = CAST(CAST(:typed AS VARCHAR) AS BIGINT), attempts = NULL",
}


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:  # noqa: F811
    found = Database(database_url)
    yield found
    await found.close()


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("statement", FAILING.values(), ids=FAILING.keys())
async def test_a_statement_that_fails_is_logged_without_its_values(
    database: Database, statement: str, style: LogFormat
) -> None:
    configure(style, to=(out := io.StringIO()))
    try:
        with translated():
            async with database.engine.begin() as connection:
                await connection.execute(text(statement), {"typed": TYPED})
    except Exception as error:  # noqa: BLE001 - the logs get whatever it is
        structlog.get_logger().error("command met a fault", because=str(error).partition(" (")[0], exc_info=error)
    assert "Traceback" in out.getvalue()
    assert [word for word in WORDS if word in out.getvalue()] == []


async def nothing_is_done(_command: Command, _close: CloseCommand) -> Outcome:
    return Outcome(Result.NOT_FOUND)


async def nothing_is_filed(form: SubmitRequest, close: object) -> None:
    """It is judged before the answer."""


async def test_a_form_that_cannot_be_stored_leaves_nothing_of_itself_in_the_log(database: Database) -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    if database.engine.dialect.name == "postgresql":
        refuse = "FOR EACH ROW EXECUTE FUNCTION keep_audit_trail()"
    async with database.engine.begin() as connection:
        await connection.execute(text(f"CREATE TRIGGER full_disk BEFORE INSERT ON act {refuse}"))
    configure("json", to=(out := io.StringIO()))
    background = BackgroundTasks()
    inbox = CommandProcessor(database.open, FakeClock(), background, nothing_is_done, nothing_is_filed)
    form = SubmitRequest(
        ChatUser("slack", "T1", "U1"), "form", access=RequestedAccess(TARGET, timedelta(hours=1), TYPED)
    )
    with pytest.raises(Upstream):
        await inbox.perform(form, timedelta(seconds=5))
    await background.drain(1)
    await asyncio.sleep(0)
    assert [word for word in WORDS if word in out.getvalue()] == []
