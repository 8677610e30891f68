"""Policy documents of a running bot: a call of the HTTP API brings one, while everybody else is answered."""

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import policy_documents
from bot.policy_documents import MOST_CHANNELS, LivePolicyDocuments
from core.domain.errors import InvalidPolicies, Problem
from core.domain.policy import PolicyBook


async def test_a_large_document_is_read_where_it_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    reading: list[threading.Thread] = []

    def read(_text: str) -> Any:
        reading.append(threading.current_thread())
        raise InvalidPolicies((Problem(1, "this is not YAML"),))

    monkeypatch.setattr(policy_documents, "read", read)
    nothing = cast("Any", None)
    with pytest.raises(InvalidPolicies):
        await LivePolicyDocuments(nothing, nothing).read("{")
    assert len(reading) == 1
    assert threading.current_thread() not in reading


async def test_of_more_channels_than_others_can_wait_for_none_is_looked_at() -> None:
    channels = ", ".join(f"C{number:09}" for number in range(MOST_CHANNELS + 1))
    text = f"version: 1\napproval:\n  - name: p\n    channels: [{channels}]\n"
    nothing = cast("Any", None)
    with pytest.raises(InvalidPolicies, match=f"{MOST_CHANNELS + 1} channels"):
        await LivePolicyDocuments(nothing, nothing).read(text)


async def test_a_large_document_is_written_where_it_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    writing: list[threading.Thread] = []

    def write(_book: PolicyBook, _organization: Any) -> str:
        writing.append(threading.current_thread())
        return "version: 1"

    async def current() -> None:
        pass

    monkeypatch.setattr(policy_documents, "write", write)
    base = SimpleNamespace(rules=SimpleNamespace(organizations=SimpleNamespace(current=current)))
    await LivePolicyDocuments(cast("Any", base), cast("Any", None)).write(PolicyBook())
    assert len(writing) == 1
    assert threading.current_thread() not in writing
