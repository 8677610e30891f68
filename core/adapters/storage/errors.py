"""Errors of the database become errors of the domain here, and nowhere else."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.domain.errors import AccessError, Conflict, NotFound, Side, UpstreamBusy, UpstreamRefused
from core.ports import waiting_for

_TAKEN = {
    "uq_vote_request_id_principal_id": "this person has decided already",
    "pk_policy_revision": "the policies were changed meanwhile",
    "uq_audit_event_prev_hash": "another event was sealed behind the same one",
    "pk_audit_event": "another event has taken the place",
    "uq_act_key": "this command is stored already",
}
_PASSING = ("08", "53", "57P", "40001", "40P01", "55P03", "57014", "25006")
"""SQLSTATEs that pass: connection, resources, shutdown, serialisation, deadlock, time-outs, standby."""
_SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    }
)
_SQLITE_UNIQUE = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})

_UNIQUE_VIOLATION, _FOREIGN_KEY_VIOLATION = "23505", "23503"


def driver_errors() -> tuple[type[Exception], ...]:
    """All that PostgreSQL's driver raises: errors of the server, and its own.

    The last one it raises when a connection dies while something else is done with it. A bot on SQLite never loads
    the driver, and nothing raises its errors.
    """
    driver = sys.modules.get("asyncpg")
    return (driver.PostgresError, driver.InterfaceError, driver.InternalClientError) if driver else ()


def failures() -> tuple[type[Exception], ...]:
    """All that an attempt to ask the database raises."""
    return (SQLAlchemyError, *driver_errors(), OSError)


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of SQLAlchemy or of a driver out, and tell that the database is waited for."""
    try:
        with waiting_for(Side.STORAGE):
            yield
    except failures() as error:
        raise translate(error) from error


def translate(error: Exception) -> AccessError | ValueError:
    """Say in the domain's words what went wrong; a value that no column takes stays a ValueError."""
    cause = _driver_error(error)
    if isinstance(cause, ValueError):
        return cause
    if _is_unique_violation(cause):
        return Conflict(_TAKEN.get(_constraint(cause), "this exists already"))
    if _is_dangling_reference(cause):
        return NotFound("what this belongs to does not exist")
    if _is_passing(error, cause):
        return UpstreamBusy(f"The database is away or busy: {_first_line(cause)}").at(Side.STORAGE)
    return UpstreamRefused(f"The database refused: {_first_line(cause)}", code=_sqlstate(cause)).at(Side.STORAGE)


def _driver_error(error: BaseException) -> BaseException:
    """The error that the driver raised, below SQLAlchemy's wrapping and that of its asyncpg adapter."""
    cause: BaseException = error
    if isinstance(error, StatementError) and error.orig is not None:
        cause = error.orig
    below = cause.__cause__
    return below if isinstance(below, driver_errors()) else cause


def _sqlstate(cause: BaseException) -> str:
    return str(getattr(cause, "sqlstate", None) or "")


def _sqlite_code(cause: BaseException) -> int:
    """Extended result code; 0 when it is no error of SQLite."""
    return int(getattr(cause, "sqlite_errorcode", 0) or 0)


def _is_unique_violation(cause: BaseException) -> bool:
    return _sqlstate(cause) == _UNIQUE_VIOLATION or _sqlite_code(cause) in _SQLITE_UNIQUE


def _is_dangling_reference(cause: BaseException) -> bool:
    return _sqlstate(cause) == _FOREIGN_KEY_VIOLATION or _sqlite_code(cause) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY


def _is_passing(error: Exception, cause: BaseException) -> bool:
    if isinstance(error, PoolTimeoutError | OSError) or isinstance(cause, OSError) or _is_of_the_driver_itself(cause):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return _sqlstate(cause).startswith(_PASSING) or (_sqlite_code(cause) & 0xFF) in _SQLITE_PASSING


def _is_of_the_driver_itself(cause: BaseException) -> bool:
    """An error about the driver or its connection, and not of the server about a statement."""
    return isinstance(cause, driver_errors()) and not _sqlstate(cause)


def _constraint(cause: BaseException) -> str:
    """Name of the violated constraint. SQLite tells columns instead, from which ours are named."""
    named = getattr(cause, "constraint_name", None)
    if named:
        return str(named)
    _, _, listed = str(cause).partition("constraint failed: ")
    columns = [column.split(".") for column in listed.split(", ") if "." in column]
    if not columns:
        return ""
    table = columns[0][0]
    unique = f"uq_{table}_{'_'.join(column for _, column in columns)}"
    return unique if unique in _TAKEN else f"pk_{table}"


def _first_line(cause: BaseException) -> str:
    """Without a value: what follows quotes rows, and of data that do not fit (class 22) the first line does."""
    said = "" if _sqlstate(cause).startswith("22") else str(cause)
    return (said or type(cause).__name__).partition("\n")[0]
