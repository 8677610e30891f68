"""``policy apply`` while a bot starts for the first time: that names the admins, in a revision of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import commands
from bot.policy_file import PolicyFile
from bot.settings import ProcessSettings
from core.domain.errors import Conflict
from core.domain.policy import PolicyBook
from core.domain.request import Actor
from core.ports import Revision
from core.services.policies.store import INSTALLATION, RevisionEntry
from tests.adapters.storage.samples import NOW

FILE = PolicyFile("policies.yaml", b"")


class Overtaken:
    """Policies of which somebody stores revision 1 between the two looks of the command."""

    def __init__(self, author: Actor) -> None:
        self._entry = RevisionEntry(Revision(PolicyBook(revision=1), NOW, author, ""), ())
        self._looks = 0

    async def current(self) -> PolicyBook:
        self._looks += 1
        return PolicyBook(revision=self._looks - 1)

    async def since(self, revision: int) -> tuple[RevisionEntry, ...]:
        return (self._entry,) if revision == 0 else ()


@pytest.fixture
def based_on(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The revisions on which the command has tried to build."""
    tried: list[int] = []

    async def apply(_: object, __: object, ___: object, before: PolicyBook, **____: object) -> int:
        tried.append(before.revision)
        if before.revision == 0:
            raise Conflict("The policies were changed in between: revision 1, not 0.")
        return 0

    async def has_schema(_: object) -> None: ...

    monkeypatch.setattr(commands, "_apply", apply)
    monkeypatch.setattr(commands, "need_schema", has_schema)
    return tried


async def applied_beside(author: Actor, monkeypatch: pytest.MonkeyPatch) -> int:
    @asynccontextmanager
    async def opened(_: object) -> AsyncIterator[Any]:
        yield SimpleNamespace(database=None, rules=SimpleNamespace(policies=Overtaken(author)))

    monkeypatch.setattr(commands, "open_infrastructure", opened)
    return await commands.policy_apply(cast("ProcessSettings", None), FILE, dry_run=False, based_on=None)


async def test_the_first_start_in_between_is_built_upon(monkeypatch: pytest.MonkeyPatch, based_on: list[int]) -> None:
    assert await applied_beside(INSTALLATION, monkeypatch) == 0
    assert based_on == [0, 1]


async def test_a_persons_change_in_between_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, based_on: list[int]
) -> None:
    with pytest.raises(Conflict, match="changed in between"):
        await applied_beside(Actor("Frank Rosen"), monkeypatch)
    assert based_on == [0]
