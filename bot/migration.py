"""Brings the database to the newest schema, in words. ``serve`` never does, and so needs nothing of Alembic."""

from bot.schema import SAID, refuse_pooler, usable, without_text_index
from core.adapters.storage.address import read_url
from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade


async def migrated(url: str) -> str:
    """Bring the schema to this release and say so; one of a newer release stays. ConfigError if it is not usable."""
    await refuse_pooler(read_url(url))
    ready = f"The database is ready: {SAID[usable(await upgrade(url))]}"
    database = Database(url)
    try:
        slow = await without_text_index(database)
    finally:
        await database.close()
    return f"{ready}; {slow}." if slow else f"{ready}."
