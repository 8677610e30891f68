from dataclasses import replace

from core.adapters.storage.engine import Database
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.ports import Draft
from tests.adapters.storage.samples import ADA, MINUTE, NOW, commit

DRAFT = Draft(ADA, PolicyBook(7, eligibility=(EligibilityPolicy("one"),)), 7, NOW)


async def test_a_draft_is_read_as_it_was_kept(database: Database) -> None:
    kept = await commit(database, lambda unit: unit.drafts.add(DRAFT))
    async with database.open() as unit:
        assert kept == replace(DRAFT, id=kept.id)
        assert await unit.drafts.get(kept.id) == kept
        assert await unit.drafts.get(kept.id + 1) is None


async def test_only_old_drafts_are_forgotten(database: Database) -> None:
    old = await commit(database, lambda unit: unit.drafts.add(DRAFT))
    new = await commit(database, lambda unit: unit.drafts.add(replace(DRAFT, at=NOW + MINUTE)))
    assert await commit(database, lambda unit: unit.drafts.prune(NOW + MINUTE)) == 1
    async with database.open() as unit:
        assert await unit.drafts.get(old.id) is None
        assert await unit.drafts.get(new.id) is not None
