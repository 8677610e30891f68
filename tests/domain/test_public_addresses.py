"""Addresses inside, in every disguise that an IP address can wear."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.public_addresses import is_public

INSIDE = (
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1"),
    *("169.254.169.254", "169.254.170.2", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255"),  # noqa: S104 - not bound to
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2001:0:7f00:1::"),
    *(
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "2002:808:808::",
    ),
    *("192.0.0.192", "192.0.0.9", "::ffff:192.0.0.192", "64:ff9b::c000:c0", "3fff::1"),
    *("nowhere", "127.1", "2130706433", "0x7f000001"),
)
OUTSIDE = (
    *("8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::200e"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_what_wraps_an_address_is_as_public_as_the_address(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    wrapped = [f"::ffff:{inner}", str(ipaddress.IPv6Address((0x64FF9B << 96) | number))]
    assert {is_public(each) for each in wrapped} == {is_public(str(inner))}


@given(st.ip_addresses())
def test_nothing_is_public_that_the_registries_call_private(address: ipaddress.IPv4Address) -> None:
    assert not (is_public(str(address)) and (address.is_private or address.is_loopback or address.is_link_local))
