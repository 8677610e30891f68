"""The script that Alembic runs: the migrations, on the connection that ``core.adapters.storage.migrate`` hands over."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from core.adapters.storage.tables import TableRow
from core.adapters.storage.text_index import is_part_of_it


def render_type(kind: str, thing: object, _autogenerate: object) -> str | Literal[False]:
    """Write our column types as what they are in the database, so that migrations never import the program."""
    return f"sa.{thing.impl!r}" if kind == "type" and isinstance(thing, TypeDecorator) else False


def is_of_the_program(_thing: object, name: str | None, *_: object) -> bool:
    """True of everything but the text index, which is made after the migrations."""
    return not is_part_of_it(name)


def run(connection: Connection) -> None:
    """A transaction for each migration; on SQLite one for the whole run, which is its lock against others."""
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=TableRow.metadata,
        render_as_batch=is_sqlite,
        render_item=render_type,
        include_object=is_of_the_program,
        transactional_ddl=True,
        transaction_per_migration=not is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
