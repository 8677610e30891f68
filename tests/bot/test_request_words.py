"""The words of ``teambot request`` become the document that the API is sent."""

from collections.abc import Mapping

import pytest

from bot import request_client
from tests.bot.conftest import Teambot

REST = {"duration": "1h", "justification": "the index is broken", "ticket": "", "start": ""}


@pytest.mark.parametrize(
    ("words", "document"),
    [
        ("new 111122223333 ReadOnlyAccess", {"account": "111122223333", "permission_set": "ReadOnlyAccess"}),
        (
            "new Sandbox PowerUserAccess --also 111122223333 ReadOnlyAccess",
            {
                "targets": [
                    {"account": "Sandbox", "permission_set": "PowerUserAccess"},
                    {"account": "111122223333", "permission_set": "ReadOnlyAccess"},
                ]
            },
        ),
        ("group Operators", {"group": "Operators"}),
        ("bundle incident", {"bundle": "incident"}),
    ],
)
def test_what_is_typed_is_what_is_asked_for(
    teambot: Teambot, monkeypatch: pytest.MonkeyPatch, words: str, document: Mapping[str, object]
) -> None:
    sent: list[tuple[str, Mapping[str, object]]] = []

    async def new(address: str, asked: Mapping[str, object]) -> int:
        sent.append((address, asked))
        return 0

    monkeypatch.setattr(request_client, "new", new)
    address = "https://team.example.com"
    typed = ("request", *words.split(), "1h", "the", "index", "is", "broken")
    assert teambot(*typed, TEAMBOT_API_URL=address)[0] == 0
    assert teambot(*typed, "--ticket", "OPS-1", TEAMBOT_API_URL=address)[0] == 0
    assert sent == [(address, {**document, **REST}), (address, {**document, **REST, "ticket": "OPS-1"})]
