"""Database URLs: which ones are understood, and what is made of them before a driver sees them."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_SQLALCHEMY_ONLY = ("prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback")
SQLITE = "sqlite+aiosqlite"
POSTGRESQL = "postgresql+asyncpg"


def read_url(url: str) -> URL:
    """Understand a database URL; ValueError, without any password in it, when it is none of ours."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise ValueError(f"not a database URL; write {SQLITE}:///FILE or {POSTGRESQL}://USER@HOST/NAME") from None
    if address.drivername not in {SQLITE, POSTGRESQL}:
        raise ValueError(
            f"{address.drivername}:// is not supported; write {SQLITE}:///FILE or {POSTGRESQL}://USER@HOST/NAME"
        )
    return _with_ssl(address)


def _with_ssl(address: URL) -> URL:
    """``sslmode``, as everybody writes it, is called ``ssl`` by asyncpg."""
    mode = address.query.get("sslmode")
    if mode is None or address.drivername != POSTGRESQL:
        return address
    return address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def is_sqlite(address: URL) -> bool:
    return address.drivername == SQLITE


def sqlite_file(address: URL) -> Path | None:
    """The file of a SQLite database; None when it lives in memory, or is no SQLite."""
    if not is_sqlite(address) or address.database in {None, "", ":memory:"}:
        return None
    named = str(address.database)
    if named.startswith("file:"):  # a URI (SQLite, Uniform Resource Identifiers)
        named = unquote(urlsplit(named).path)
        if not named or named == ":memory:" or address.query.get("mode") == "memory":
            return None
    return Path(named)


def connect_arguments(address: URL) -> dict[str, Any]:
    """The arguments that SQLAlchemy would connect with, so that the same URL means the same server."""
    _, arguments = address.get_dialect()().create_connect_args(address)
    return {key: value for key, value in arguments.items() if key not in _SQLALCHEMY_ONLY}
