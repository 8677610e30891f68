"""The databases, and values to store in them."""

from tests.databases import (  # noqa: F401
    database,
    database_url,
    databases,
    empty_database_url,
    engines,
    postgresql_databases,
    postgresql_server,
    postgresql_url,
    sqlite_databases,
    sqlite_url,
)
