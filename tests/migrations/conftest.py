"""The databases."""

from tests.databases import (  # noqa: F401
    databases,
    empty_database_url,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)
