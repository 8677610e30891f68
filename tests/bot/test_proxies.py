"""Callers write anything into X-Forwarded-For, and only what a trusted proxy added counts."""

from collections.abc import Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from bot.metrics import Metrics
from bot.proxies import caller_address
from bot.web import create_app

PROXY = "10.0.0.7"
addresses = st.ip_addresses().map(str)
written = st.one_of(
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30),
    addresses,
    st.lists(addresses, max_size=4).map(", ".join),
    st.sampled_from(["", ",", "unknown", "_hidden", "1.2.3.4:99999", "[::1", "fe80::1%eth0", "127.0.0.1, "]),
)
forged = st.lists(written, max_size=4)


@st.composite
def passed_on(draw: st.DrawFn, header: list[str], seen: list[str]) -> list[str]:
    """The headers after each proxy has added whom it saw: to the last one, or as one more (RFC 9110, 5.3)."""
    for address in seen:
        separator = draw(st.sampled_from([",", ", ", None]))
        if separator is None or not header:
            header = [*header, address]
        else:
            header = [*header[:-1], f"{header[-1]}{separator}{address}"]
    return header


@given(st.data(), forged, addresses, st.integers(1, 4))
def test_nobody_gets_another_address_by_what_they_write(
    data: st.DataObject, header: list[str], caller: str, proxies: int
) -> None:
    inner = [f"10.0.0.{number}" for number in range(1, proxies)]
    arrived = data.draw(passed_on(header, [caller, *inner]))

    assert caller_address(PROXY, arrived, proxies) == caller


@given(forged, st.one_of(st.none(), addresses))
def test_without_proxies_no_header_is_believed(header: list[str], peer: str | None) -> None:
    assert caller_address(peer, header, 0) == peer


@given(forged, st.integers(1, 4))
def test_whatever_is_no_chain_of_addresses_leaves_the_peer(header: list[str], proxies: int) -> None:
    entries = [each.strip() for value in header for each in value.split(",")]
    found = caller_address(PROXY, header, proxies)

    assert found == PROXY or (len(entries) >= proxies and found is not None)


@pytest.mark.parametrize(
    ("header", "proxies"),
    [
        ([], 1),
        (["203.0.113.9"], 2),
        (["unknown"], 1),
        (["203.0.113.9, garbage"], 2),
        (["203.0.113.9, "], 1),
        (["203.0.113.9, ,10.0.0.1"], 2),
        (["fe80::1%eth0"], 1),
        (["2130706433"], 1),
        (["203.0.113.009"], 1),
        (["203.0.113.9;10.0.0.1"], 1),
    ],
)
def test_a_doubtful_header_is_believed_in_no_part(header: list[str], proxies: int) -> None:
    assert caller_address(PROXY, header, proxies) == PROXY


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.9:40112", "203.0.113.9"),
        ("[2001:db8::1]:40112", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
    ],
)
def test_a_port_and_another_spelling_make_no_other_address(entry: str, address: str) -> None:
    assert caller_address(PROXY, [f"198.51.100.1, {entry}"], 1) == address


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")])
async def test_the_address_is_that_of_the_caller_for_whatever_answers(proxies: int, address: str) -> None:
    async def well() -> Mapping[str, str]:
        return {}

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.remote} {request.match_info['id']} {await request.text()}")

    app = create_app(well, Metrics("1"), api=[web.post("/who/{id}", who)], trusted_proxies=proxies)
    async with TestClient(TestServer(app)) as client:
        headers = {"X-Forwarded-For": "192.0.2.1, 198.51.100.1, 203.0.113.9"}
        async with client.post("/who/7", data=b"body", headers=headers) as answer:
            assert await answer.text() == f"{address} 7 body"
