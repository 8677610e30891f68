"""Units of work, and the database as a whole."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from core.adapters.storage.address import connect_arguments, read_url
from core.adapters.storage.engine import Database
from core.adapters.storage.session import CHANNEL
from core.adapters.storage.single_process import DatabaseInUse, hold_alone
from core.domain.audit import Anchor
from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.notices import Form, Notice, Plain, Recipient, Topic
from core.domain.policy import PolicyBook
from core.domain.request import Actor, Event, Status, advance
from core.ports import Revision, UnitOfWork, watching
from tests.adapters.storage.samples import (
    ADA,
    LEASE,
    NOW,
    PENDING,
    SCHEDULED,
    SUBMIT,
    TARGET,
    commit,
    event,
    stored,
)
from tests.databases import END_OTHERS


async def write_everything(unit: UnitOfWork) -> None:
    request = await unit.requests.add(SCHEDULED)
    notice = Notice(Form.LINE, Plain(Topic.SUBMITTED), Recipient.conversation(ConversationId("C1")), request.id)
    await unit.assignments.wake(ADA, TARGET, NOW, urgent=True)
    await unit.outbox.put([notice], NOW)
    await unit.inbox.put(SUBMIT, NOW)
    await unit.policies.add(Revision(PolicyBook(1), NOW, Actor()))
    await unit.audit.append(event())


async def nothing_is_stored(database: Database) -> bool:
    async with database.open() as unit:
        return (
            await unit.requests.of_requester(ADA, limit=1) == ()
            and await unit.assignments.get(ADA, TARGET) is None
            and await unit.outbox.waiting() == (0, 0, None)
            and await unit.policies.current() == PolicyBook()
            and await unit.audit.anchor() == Anchor()
        )


async def test_a_file_that_is_not_there_is_not_made_by_using_it(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}")

    with pytest.raises(UpstreamBusy, match="there is no database at"):
        await database.ping()

    await database.engine.dispose()
    assert files(tmp_path) == []


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_leaving_without_commit_keeps_nothing(database: Database) -> None:
    async with database.open() as unit:
        await write_everything(unit)
    assert await nothing_is_stored(database)


async def test_an_error_keeps_nothing_and_passes_through(database: Database) -> None:
    async def fail(unit: UnitOfWork) -> None:
        await write_everything(unit)
        raise KeyError

    with pytest.raises(KeyError):
        await commit(database, fail)
    assert await nothing_is_stored(database)


async def test_being_cancelled_keeps_nothing_and_leaves_the_database_usable(database: Database) -> None:
    began = asyncio.Event()

    async def work() -> None:
        async with database.open() as unit:
            await write_everything(unit)
            began.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await nothing_is_stored(database)


async def test_commit_keeps_everything_together(database: Database) -> None:
    await commit(database, write_everything)
    async with database.open() as unit:
        assert len(await unit.requests.of_requester(ADA, limit=1)) == 1
        assert (await unit.outbox.waiting())[0] == 1
        assert (await unit.audit.anchor()).seq == 1


async def test_a_value_read_twice_is_as_new_as_the_transaction(database: Database) -> None:
    (request,) = await stored(database, PENDING)
    async with database.open() as unit:
        await unit.requests.get(request.id)
        saved = await unit.requests.save(request, SCHEDULED)
        assert await unit.requests.get(request.id) == saved


async def test_a_process_alone_takes_up_at_once_what_a_crash_interrupted(database: Database) -> None:
    await commit(database, write_everything)
    async with database.open() as unit:
        await unit.assignments.claim_due(NOW, LEASE, 10)
        await unit.outbox.claim(NOW, LEASE, 10)
        await unit.requests.claim_due_to_start(NOW, LEASE, 10)
        await unit.commit()
    await database.release_leases()
    async with database.open() as unit:
        assert len(await unit.assignments.claim_due(NOW, LEASE, 10)) == 1
        assert len(await unit.outbox.claim(NOW, LEASE, 10)) == 1
        assert len(await unit.requests.claim_due_to_start(NOW, LEASE, 10)) == 1
        assert len(await unit.inbox.claim_open(NOW, LEASE, 10)) == 1


async def test_a_database_that_answers_is_well(database: Database) -> None:
    await database.ping()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite:////nowhere/at/all.db",
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "postgresql+asyncpg:///nothing?host=/nowhere",
    ],
)
async def test_a_database_that_is_away_is_busy(url: str) -> None:
    database = Database(url)
    with pytest.raises(UpstreamBusy):
        await database.ping()
    with pytest.raises(UpstreamBusy):
        async with database.open() as unit:
            await unit.policies.current()
    await database.close()
    await threads_of_failed_connections_to_end()


async def threads_of_failed_connections_to_end() -> None:
    """A thread of aiosqlite reports its end to the loop, which must not be closed by then."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)


async def test_a_connection_that_is_cut_is_busy_and_the_next_one_works(postgresql_url: str) -> None:
    database = Database(postgresql_url)

    async def be_cut_off(unit: UnitOfWork) -> None:
        await unit.policies.current()
        await end_connections_of(postgresql_url)
        await unit.policies.current()

    with pytest.raises(UpstreamBusy):
        await commit(database, be_cut_off)
    async with database.open() as unit:
        assert await unit.policies.current() == PolicyBook()
    await end_connections_of(postgresql_url)
    await database.ping()
    await database.close()


async def end_connections_of(url: str) -> None:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    await connection.execute(END_OTHERS)
    await connection.close()


async def test_a_schema_that_is_missing_is_refused_and_not_called_busy(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(UpstreamRefused):
        async with database.open() as unit:
            await unit.policies.current()
    await database.close()


async def test_waiting_for_a_lock_ends(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.storage.engine.LIMITS", "SET lock_timeout = 50")
    database = Database(postgresql_url)
    (request,) = await stored(database, PENDING)
    async with database.open() as holder:
        await holder.requests.save(request, request)
        with pytest.raises(UpstreamBusy):
            await commit(database, lambda unit: unit.requests.save(request, request))
    await database.close()


async def test_connections_to_postgresql_say_who_they_are_and_wait_for_nothing_for_ever(postgresql_url: str) -> None:
    database = Database(postgresql_url, application="teambot test")
    async with database.engine.connect() as connection:
        for setting, value in {
            "application_name": "teambot test",
            "lock_timeout": "5s",
            "statement_timeout": "15s",
        }.items():
            assert (await connection.execute(text(f"SHOW {setting}"))).scalar_one() == value
    await database.close()


async def test_connections_to_sqlite_lose_nothing_that_was_committed_and_check_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.engine.connect() as connection:
        for pragma, value in {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}.items():
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value
    await database.close()


async def test_a_sqlite_database_that_another_process_writes_to_is_busy_for_a_while_only(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.adapters.storage.engine.LOCK_WITHIN", LEASE / 1000)
    database = Database(sqlite_url)
    other = sqlite3.connect(str(database.address.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UpstreamBusy):
        await stored(database, PENDING)
    other.execute("ROLLBACK")
    other.close()
    assert len(await stored(database, PENDING)) == 1
    await database.close()


async def test_a_unit_of_work_inside_another_is_told_rather_than_waited_for(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.adapters.storage.engine.LOCK_WITHIN", LEASE / 1000)
    database = Database(sqlite_url)
    async with database.open():
        with pytest.raises(UpstreamBusy):
            async with database.open():
                pass
    await database.close()


async def test_listeners_hear_of_new_work_when_it_is_committed_and_only_then(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = await asyncpg.connect(postgresql_url.replace("+asyncpg", ""))
    await listener.add_listener(CHANNEL, lambda _connection, _pid, _channel, payload: heard.put_nowait(payload))
    async with database.open() as unit:
        await write_everything(unit)
    await stored(database, PENDING)
    await commit(database, write_everything)
    assert await asyncio.wait_for(heard.get(), 60) == "assignments,outbox,policies,requests"
    assert heard.empty()
    await listener.close()
    await database.close()


async def test_work_is_told_of_in_this_process_when_it_is_committed_and_only_then(database: Database) -> None:
    told: list[set[str]] = []
    database.on_work = lambda work: told.append(set(work))
    async with database.open() as unit:
        await write_everything(unit)
    await stored(database, PENDING)
    await commit(database, write_everything)
    assert told == [{"assignments", "outbox", "policies", "requests"}]


async def test_a_change_of_a_request_is_told_of_in_this_process_when_it_is_committed_and_only_then(
    database: Database,
) -> None:
    told: list[tuple[Status, Status]] = []
    database.on_change = lambda before, after: told.append((before.status, after.status))
    (request,) = await stored(database, PENDING)
    approved = advance(request, Event.APPROVE, NOW)
    async with database.open() as unit:
        await unit.requests.save(request, approved)
    assert told == []

    async with database.open() as unit:
        await unit.requests.save(request, approved)
        await unit.commit()
    assert told == [(Status.PENDING, Status.SCHEDULED)]


async def test_units_of_work_that_are_given_up_while_they_wait_hold_up_nobody(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.open():
        waiting = [asyncio.ensure_future(stored(database, PENDING)) for _ in range(3)]
        await asyncio.sleep(0)
        for task in waiting[:2]:
            task.cancel()
    assert len(await waiting[2]) == 1
    assert [task.cancelled() for task in waiting] == [True, True, False]
    await database.close()


@pytest.mark.parametrize("url", ["postgres://x", "mysql://x", "sqlite:///x.db", "postgresql://x", "nonsense", ""])
def test_a_url_of_another_kind_is_refused_with_what_to_write_instead(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite\+aiosqlite:///FILE or postgresql\+asyncpg://"):
        Database(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(ValueError, match="supported") as refused:
        Database("postgresql://me:secret@host/db")
    assert "secret" not in str(refused.value)


async def test_sslmode_reaches_the_driver_by_the_name_it_knows(postgresql_url: str) -> None:
    for mode in ("disable", "require", "verify-full"):
        arguments = connect_arguments(read_url(f"{postgresql_url}&sslmode={mode}"))
        assert (arguments["ssl"], "sslmode" in arguments) == (mode, False)
    database = Database(f"{postgresql_url}&sslmode=disable")
    await database.ping()
    await database.close()


def test_a_sqlite_database_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/teambot.db"
    with hold_alone(url), pytest.raises(DatabaseInUse, match="is served by process"), hold_alone(url):
        pass
    with hold_alone(url):
        assert (tmp_path / "teambot.db.lock").exists()


@pytest.mark.parametrize("url", ["postgresql+asyncpg://x/y", "sqlite+aiosqlite://"])
def test_what_several_processes_may_serve_is_not_held(url: str) -> None:
    with hold_alone(url), hold_alone(url):
        pass


async def test_looking_for_a_long_time_keeps_nobody_from_writing(database: Database) -> None:
    async with database.look() as reader:
        before = await reader.audit.anchor()
        async with database.open() as writer:
            await writer.audit.append(event(request_id=None))
            await writer.commit()
        assert await reader.audit.anchor() == before

    async with database.look() as reader:
        assert (await reader.audit.anchor()).seq == before.seq + 1


async def test_who_waits_for_the_turn_to_write_is_told_that_the_database_was_asked(database: Database) -> None:
    """On SQLite for the unit before, on PostgreSQL for the lock that it holds."""

    async def take() -> None:
        async with database.open() as unit:
            await unit.requests.open_of(ADA)

    with watching() as pending:
        async with database.open() as unit:
            await unit.requests.open_of(ADA)
            waiting = asyncio.ensure_future(take())
            async with asyncio.timeout(60):
                while pending.side is not Side.STORAGE:  # noqa: ASYNC110 - nobody announces it
                    await asyncio.sleep(0.005)
        await waiting
    assert pending.side is None


def test_one_that_serves_it_already_is_known_by_whatever_name_the_file_is_called(tmp_path: Path) -> None:
    file, link = tmp_path / "teambot.db", tmp_path / "link.db"
    link.symlink_to(file)
    with hold_alone(f"sqlite+aiosqlite:///{file}"):
        for other in (f"sqlite+aiosqlite:///{link}", f"sqlite+aiosqlite:///file:{file}?uri=true"):
            with pytest.raises(DatabaseInUse, match="Several processes need PostgreSQL"), hold_alone(other):
                pass
