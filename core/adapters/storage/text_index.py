"""The index that a search finds words by: trigrams of ``request.sought``. A server has it, or a search does without.

On PostgreSQL it needs the extension pg_trgm, which whoever owns the database may create where it is installed. SQLite
has it in FTS5 since 3.34. It is no part of the migrations, because it depends on what the server can do: every
``teambot migrate`` looks again, and makes it, or takes away what an older SQLite could not keep up to date. Triggers
of the database keep it, so the release before this one does too.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

POSTGRESQL_INDEX = "ix_request_sought_trigrams"
SQLITE_TABLE = "request_trigrams"
SQLITE_TRIGGER = f"{SQLITE_TABLE}_insert"
"""The first of those that keep it: without them it is out of date."""
SHORTEST = 3
"""Characters of a trigram: what is shorter is found by reading requests, the newest first."""
_TRIGGERS = {
    SQLITE_TRIGGER: "AFTER INSERT ON request BEGIN {new} END",
    f"{SQLITE_TABLE}_update": (
        "AFTER UPDATE OF sought ON request WHEN old.sought IS NOT new.sought BEGIN {old} {new} END"
    ),
    f"{SQLITE_TABLE}_delete": "AFTER DELETE ON request BEGIN {old} END",
}
_NEW = f"INSERT INTO {SQLITE_TABLE}(rowid, sought) VALUES (new.id, new.sought);"  # noqa: S608 - names of ours alone
_OLD = f"INSERT INTO {SQLITE_TABLE}({SQLITE_TABLE}, rowid, sought) VALUES ('delete', old.id, old.sought);"  # noqa: S608
_IS_VALID = (
    "SELECT i.indisvalid FROM pg_index i WHERE i.indexrelid = "  # noqa: S608 - a name of ours alone
    f"to_regclass('{POSTGRESQL_INDEX}')"
)
_IS_KEPT = f"SELECT 1 FROM sqlite_master WHERE name = '{SQLITE_TRIGGER}'"  # noqa: S608 - a name of ours alone
_SCHEMA_OF_EXTENSION = (
    "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
    "WHERE e.extname = 'pg_trgm'"
)


def ensure(connection: Connection) -> bool:
    """Make the index unless it is there; False where this cannot be. On PostgreSQL others go on writing meanwhile."""
    if connection.dialect.name == "sqlite":
        with connection.begin():
            return _ensure_sqlite(connection)
    plain = connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        return _ensure_postgresql(plain)
    finally:
        connection.rollback()
        connection.execution_options(isolation_level=connection.default_isolation_level or "READ COMMITTED")


def remove(connection: Connection) -> None:
    """Take it away, before a table is changed that it reads."""
    with connection.begin():
        if connection.dialect.name == "sqlite":
            _drop_triggers(connection)
            if _has_trigrams(connection):
                connection.execute(text(f"DROP TABLE IF EXISTS {SQLITE_TABLE}"))
        else:
            connection.execute(text(f"DROP INDEX IF EXISTS {POSTGRESQL_INDEX}"))


def is_part_of_it(name: str | None) -> bool:
    """True of the names of its tables and indexes, which the program's own tables do not have."""
    return (name or "").startswith((SQLITE_TABLE, POSTGRESQL_INDEX))


def is_kept(connection: Connection) -> bool:
    """True if the index is there and up to date."""
    if connection.dialect.name == "sqlite":
        return connection.execute(text(_IS_KEPT)).first() is not None
    return bool(connection.execute(text(_IS_VALID)).scalar())


def _ensure_sqlite(connection: Connection) -> bool:
    """Make it of everything where no triggers have kept it: the table may lack what was written meanwhile."""
    if not _has_trigrams(connection):
        _drop_triggers(connection)
        return False
    if is_kept(connection):
        return True
    options = "sought, content='', columnsize=0, detail='none', tokenize='trigram'"
    filled = f"INSERT INTO {SQLITE_TABLE}(rowid, sought) SELECT id, sought FROM request"  # noqa: S608
    for statement in (
        f"DROP TABLE IF EXISTS {SQLITE_TABLE}",
        f"CREATE VIRTUAL TABLE {SQLITE_TABLE} USING fts5({options})",
        filled,
        *(f"CREATE TRIGGER {name} {body.format(new=_NEW, old=_OLD)}" for name, body in _TRIGGERS.items()),
    ):
        connection.exec_driver_sql(statement)
    return True


def _drop_triggers(connection: Connection) -> None:
    for name in _TRIGGERS:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def _has_trigrams(connection: Connection) -> bool:
    """True if this SQLite has FTS5 with the tokenizer; some are built without FTS5."""
    probe = f"temp.{SQLITE_TABLE}_probe"
    try:
        connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {probe} USING fts5(x, tokenize='trigram')")
    except DBAPIError:
        return False
    connection.exec_driver_sql(f"DROP TABLE {probe}")
    return True


def _ensure_postgresql(connection: Connection) -> bool:
    is_valid = connection.execute(text(_IS_VALID)).scalar()
    if is_valid:
        return True
    if is_valid is False:  # making it was interrupted
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {POSTGRESQL_INDEX}"))
    schema = connection.execute(text(_SCHEMA_OF_EXTENSION)).scalar()
    if schema is None:
        try:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        except DBAPIError:
            return False
        schema = connection.execute(text(_SCHEMA_OF_EXTENSION)).scalar_one()
    connection.execute(text("SET lock_timeout = 0"))  # it waits for transactions that began before, some of minutes
    operators = f"{schema}.gin_trgm_ops"
    connection.execute(text(f"CREATE INDEX CONCURRENTLY {POSTGRESQL_INDEX} ON request USING gin (sought {operators})"))
    return True
