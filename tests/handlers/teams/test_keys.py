"""The keys that tokens are checked with: read in the background over real HTTP, kept, and looked for in measure."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.web import serving
from core.domain.errors import UpstreamBusy
from handlers.bot_connector.keys import LARGEST, READ_EVERY, UNKNOWN_EVERY, SigningKeys
from tests.fakes.background import FakeBackground
from tests.handlers.teams.signing import KeyServer, public_jwk


class Bench:
    """Keys, their server, and the seconds that have gone by."""

    def __init__(self, server: KeyServer) -> None:
        self.server, self.background, self.seconds = server, FakeBackground(), 0.0
        self.keys = SigningKeys(f"{server.url}/openid", self.background, lambda: self.seconds)

    def known(self) -> list[str]:
        return [kid for kid in ("k1", "k2", "k3") if kid in self.keys._known]

    async def settled(self) -> None:
        await asyncio.gather(*self.background.tasks, return_exceptions=True)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    server = KeyServer()
    async with serving(server.app(), "127.0.0.1", 0) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield Bench(server)


async def test_the_first_keys_are_there_once_it_has_begun(bench: Bench) -> None:
    await bench.keys.begin()

    found = bench.keys.find("k1")
    assert found is not None
    assert found.endorsements == {"msteams"}


async def test_whoever_asks_for_an_unknown_key_waits_for_nobody_and_finds_it_soon(bench: Bench) -> None:
    await bench.keys.begin()
    bench.seconds += UNKNOWN_EVERY
    bench.server.keys = [public_jwk("k1"), public_jwk("k2")]

    assert bench.keys.find("k2") is None
    await bench.settled()
    assert bench.keys.find("k2") is not None


async def test_a_key_that_is_new_right_after_the_start_is_found_at_once(bench: Bench) -> None:
    await bench.keys.begin()
    bench.server.keys = [public_jwk("k1"), public_jwk("k2")]

    assert bench.keys.find("k2") is None
    await bench.settled()
    assert bench.keys.find("k2") is not None

    bench.keys.find("forged")
    await bench.settled()
    assert bench.server.asked == 2


async def test_unknown_keys_are_looked_for_once_a_minute_whoever_asks_however_often(bench: Bench) -> None:
    await bench.keys.begin()
    bench.seconds += UNKNOWN_EVERY
    for number in range(50):
        bench.keys.find(f"forged {number}")
        await bench.settled()
    assert bench.server.asked == 2

    bench.seconds += UNKNOWN_EVERY - 1
    bench.keys.find("forged")
    await bench.settled()
    assert bench.server.asked == 2

    bench.seconds += 1
    bench.keys.find("forged")
    await bench.settled()
    assert bench.server.asked == 3


async def test_keys_are_kept_while_their_server_is_away(bench: Bench) -> None:
    await bench.keys.begin()
    bench.server.status, bench.seconds = 503, READ_EVERY

    with pytest.raises(UpstreamBusy, match="answers 503"):
        await bench.keys.look()
    assert bench.keys.find("k1") is not None


async def test_a_key_that_is_no_longer_published_is_no_longer_known(bench: Bench) -> None:
    await bench.keys.begin()
    bench.server.keys, bench.seconds = [public_jwk("k2")], READ_EVERY

    await bench.keys.look()

    assert bench.known() == ["k2"]


async def test_keys_that_are_young_are_not_read_again(bench: Bench) -> None:
    await bench.keys.begin()
    bench.seconds = READ_EVERY - 1

    await bench.keys.look()

    assert bench.server.asked == 1


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        "k2",
        {},
        {"kid": "k2"},
        {"kid": 2, "kty": "RSA"},
        {"kid": "k2", "kty": "RSA", "n": "!", "e": "AQAB"},
        {"kid": "k2", "kty": "RSA", "n": 5, "e": []},
        {"kid": "k2", "kty": "oct", "k": "c2VjcmV0"},
        public_jwk("k2", bits=1024),
    ],
)
async def test_what_is_no_key_keeps_no_other_from_being_used(bench: Bench, odd: object) -> None:
    bench.server.keys = [odd, public_jwk("k1")]

    await bench.keys.read()

    assert bench.known() == ["k1"]


@pytest.mark.parametrize("endorsed", [None, "msteams", {"msteams": True}, [1, None]])
async def test_a_key_without_a_list_of_endorsements_has_none(bench: Bench, endorsed: Any) -> None:
    bench.server.keys = [public_jwk("k1", endorsements=endorsed)]

    await bench.keys.read()

    found = bench.keys.find("k1")
    assert found is not None
    assert found.endorsements == frozenset()


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        {},
        {"jwks_uri": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "ftp://example.com"},
        {"x": "y" * LARGEST},
    ],
)
async def test_metadata_that_lead_nowhere_change_nothing(bench: Bench, metadata: object) -> None:
    await bench.keys.begin()
    bench.server.metadata = metadata

    with pytest.raises(UpstreamBusy, match="cannot be read"):
        await bench.keys.read()
    assert bench.known() == ["k1"]


async def test_an_empty_list_of_keys_changes_nothing(bench: Bench) -> None:
    await bench.keys.begin()
    bench.server.keys = []

    with pytest.raises(UpstreamBusy, match="none is published"):
        await bench.keys.read()
    assert bench.known() == ["k1"]


async def test_a_redirect_is_not_followed(bench: Bench) -> None:
    bench.server.status = 302

    with pytest.raises(UpstreamBusy, match="answers 302"):
        await bench.keys.read()
