"""Policy documents of a running bot: a call of the HTTP API brings one, while everybody else is answered."""

import threading
from typing import Any, cast

import pytest

from bot import policy_documents
from bot.policy_documents import LivePolicyDocuments
from core.domain.errors import InvalidPolicies, Problem


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
