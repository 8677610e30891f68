"""Tokens and used signatures on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from core.adapters.storage.engine import Database
from core.domain.machines import ApiToken, Scope
from core.domain.people import ChatUser
from core.ports import UnitOfWork
from tests.adapters.storage.samples import ADA, BOB, MINUTE, NOW, commit

TOKEN = ApiToken(
    "job", ADA, "Ada", ChatUser("slack", "T", "U"), frozenset({Scope.READ_AUDIT}), NOW, NOW + timedelta(days=1), "d1"
)


async def test_a_token_is_found_by_its_digest_until_whatever_becomes_of_it(database: Database) -> None:
    kept = await commit(database, lambda unit: unit.api_tokens.add(TOKEN))
    other = await commit(
        database, lambda unit: unit.api_tokens.add(replace(TOKEN, maker=BOB, name="a job", digest="d2"))
    )
    async with database.open() as unit:
        assert await unit.api_tokens.with_digest("d1") == kept == replace(TOKEN, id=kept.id)
        assert await unit.api_tokens.get(kept.id) == kept
        assert await unit.api_tokens.with_digest("d3") is None
        assert await unit.api_tokens.alive(NOW) == (other, kept)
        assert await unit.api_tokens.alive(NOW, ADA) == (kept,)
        assert await unit.api_tokens.alive(kept.expires_at) == ()
        assert await unit.api_tokens.lately(1) == (other,)
    await commit(database, lambda unit: unit.api_tokens.use(kept.id, NOW + MINUTE))
    assert await commit(database, lambda unit: unit.api_tokens.revoke(kept.id, "Bob", NOW + MINUTE))
    assert not await commit(database, lambda unit: unit.api_tokens.revoke(kept.id, "Eve", NOW + 2 * MINUTE))
    async with database.open() as unit:
        known = replace(kept, used_at=NOW + MINUTE, revoked_at=NOW + MINUTE, revoked_by="Bob")
        assert await unit.api_tokens.get(kept.id) == known
        assert await unit.api_tokens.alive(NOW, ADA) == ()


async def test_of_several_that_use_a_signature_at_once_one_does(database: Database) -> None:
    async def use(unit: UnitOfWork) -> bool:
        return await unit.signed_calls.use("0" * 64, NOW)

    assert sorted(await asyncio.gather(*(commit(database, use) for _ in range(5)))) == [False] * 4 + [True]
    assert await commit(database, lambda unit: unit.signed_calls.forget(MINUTE)) == 0
    assert await commit(database, lambda unit: unit.signed_calls.use("1" * 64, NOW + 2 * MINUTE))
    assert await commit(database, lambda unit: unit.signed_calls.forget(MINUTE)) == 1
    assert not await commit(database, lambda unit: unit.signed_calls.use("1" * 64, NOW))
