"""Addresses of the public internet, told apart from those inside: of this machine, a network, or a cloud's metadata.

Whoever may name an address that the bot calls must not reach through it what only the bot reaches (CWE-918).
"""

import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
"""For protocols of the IETF (RFC 6890), and where one cloud has its metadata (192.0.0.192). What Python calls global of
it, and of 6to4, depends on its patch release (CVE-2024-4032)."""
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
"""Given up in 2015 (RFC 7526)."""
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
"""Never routed (RFC 9637), and unknown to Python so far."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")


def is_public(text: str) -> bool:
    """True for an IP address that routers of the internet carry to, whatever IPv4 address it may wrap."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(map(_is_public, (address, *_wrapped(address))))


def is_anywhere(text: str) -> bool:
    """Every address will do: for stand-ins on this machine."""
    return is_address(text)


def is_address(text: str) -> bool:
    """True for an IP address in the usual notation, IPv4 or IPv6."""
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_public(address: _Address) -> bool:
    wraps = isinstance(address, ipaddress.IPv6Address) and (address in _COMPATIBLE or address in _LOCAL_NAT64)
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or wraps
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # the address within decides
        is_special = is_special or any(address in network for network in (_SITE_LOCAL, _SIX_TO_FOUR, _DOCUMENTATION))
    elif address in _PROTOCOLS:
        return False
    return address.is_global and not is_special


def _wrapped(address: _Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, Teredo (server and client), NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found = [address.ipv4_mapped, *(address.teredo or ())]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(each for each in found if each is not None)
