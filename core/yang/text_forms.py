"""Canonical forms that typedefs of RFC 6991 and 9911 define in words: addresses, names, hexadecimal digits.

A date-and-time is not among them: its canonical form depends on the offset that the device is configured with.
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import Final

from yangbeam.core.remembering import remembered


@remembered(65_536)
def _ipv6(text: str) -> str:
    """RFC 5952 section 4; the zone stays as it is."""
    address, percent, zone = text.partition("%")
    try:
        found = IPv6Address(address)
    except ValueError:
        return text
    mapped = found.ipv4_mapped
    return f"{found.compressed if mapped is None else f'::ffff:{mapped}'}{percent}{zone}"


def _ipv6_and_prefix(text: str) -> str:
    address, slash, length = text.partition("/")
    return f"{_ipv6(address)}{slash}{length}"


@remembered(65_536)
def _prefix(text: str) -> str:
    """The bits behind the length are zero."""
    network = IPv6Network if ":" in text else IPv4Network
    try:
        found = network(text, strict=False)
    except ValueError:
        return text
    return f"{_ipv6(str(found.network_address))}/{found.prefixlen}"


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else text


FORMS: Final[dict[str, Callable[[str], str]]] = {
    "ietf-inet-types:ipv6-address": _ipv6,
    "ietf-inet-types:ipv6-address-no-zone": _ipv6,
    "ietf-inet-types:ipv6-address-link-local": _ipv6,
    "ietf-inet-types:ipv4-prefix": _prefix,
    "ietf-inet-types:ipv6-prefix": _prefix,
    "ietf-inet-types:ipv6-address-and-prefix": _ipv6_and_prefix,
    "ietf-inet-types:domain-name": _lower,
    "ietf-inet-types:host-name": _lower,
    "ietf-yang-types:hex-string": _lower,
    "ietf-yang-types:language-tag": _lower,
    "ietf-yang-types:mac-address": _lower,
    "ietf-yang-types:phys-address": _lower,
    "ietf-yang-types:uuid": _lower,
}
"""By ``module:typedef``: what renders a text of it; what is none of it stays."""
