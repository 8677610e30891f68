"""The beginning of every history: policies are set, the organization is read, everybody has been here before."""

from random import Random

from core.adapters.storage.engine import Database
from core.domain.request import Actor
from tests.model.gate import Gate
from tests.model.loop import simulate
from tests.model.memory import MemorySqlite
from tests.model.outside import BOOK, TARGETS, Outside
from tests.model.process import Process
from tests.model.run import Storage
from tests.model.troubles import Troubles


def prepared() -> MemorySqlite:
    """A database in memory that every history of this process begins with."""
    storage = MemorySqlite.migrated()
    simulate(_prepare(storage))
    storage.keep()
    return storage


async def _prepare(storage: Storage) -> None:
    await prepare(storage, await storage.fresh())


async def prepare(storage: Storage, database: Database) -> None:
    """Bring an empty database to where histories begin."""
    troubles = Troubles()
    outside = Outside(troubles, Random(0))  # noqa: S311 - nothing is left to chance
    gate = Gate(troubles, outside.chance, 0.0, lambda _: None)
    process = Process(outside, database, storage.rows, gate, _nobody_hears)
    await process.services.organizations.refresh()
    await process.services.policies.apply(outside.policy_book(BOOK), based_on=0, author=Actor("operator"))
    for member in outside.members.values():
        await process.services.identity.identify(member.chat)
    await process.cloud.is_assigned(outside.members["ada"].id, TARGETS["power in prod"])
    await storage.rows("DELETE FROM outgoing")
    await process.stop()


async def _nobody_hears() -> None:
    pass
