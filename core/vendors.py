"""Whose a router is: what the operator says runs on it, else whose modules its schema has; nothing is guessed beyond.

A namespace names its authority: ``urn:huawei:yang:huawei-ifm``, ``http://cisco.com/ns/yang/Cisco-IOS-XR-ifmgr-cfg``.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

Releases = tuple[tuple[str, str], ...]
"""(prefix of exporters, ``vendor/platform/release``), as [[schemas.nodes]] has them."""

_AUTHORITY: Final = re.compile(
    r"(?:urn:|https?://(?:[a-z0-9-]+\.)*?)([a-z0-9][a-z0-9-]{0,31})(?:\.(?:com?|net|org|io)\b.*|:.*)?", re.IGNORECASE
)
_STANDARDS: Final = frozenset(
    (
        *("ietf", "iana", "ieee", "bbf", "mef", "onf", "3gpp", "itu", "etsi", "oran", "o-ran"),
        *("openconfig", "openroadm", "opendaylight", "tail-f", "example"),
    )
)
"""Whose modules every vendor has."""
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII).fullmatch


def vendor_of_modules(namespaces: Iterable[str]) -> str:
    """Returns the vendor that most modules of a set are of, in lower case; empty where all are of standards.

    >>> vendor_of_modules(["urn:ietf:params:xml:ns:yang:ietf-interfaces", "urn:huawei:yang:huawei-ifm"])
    'huawei'
    >>> vendor_of_modules(["http://cisco.com/ns/yang/Cisco-IOS-XR-ifmgr-cfg", "http://openconfig.net/yang/interfaces"])
    'cisco'
    """
    found = (_AUTHORITY.fullmatch(namespace) for namespace in namespaces)
    named = Counter(match[1].lower() for match in found if match is not None)
    ranked = sorted((name for name in named if name not in _STANDARDS), key=lambda name: (-named[name], name))
    return ranked[0] if ranked else ""


@lru_cache(65_536)
def vendor_said(exporter: str, releases: Releases) -> str:
    """Returns the vendor of an exporter by the operator's word: that of the longest prefix; empty: nothing is said."""
    try:
        address = ip_address(exporter)
    except ValueError:
        return ""
    networks = ((ip_network(prefix, strict=False), release) for prefix, release in releases)
    found = [(network.prefixlen, release) for network, release in networks if address in network]
    vendor = max(found)[1].partition("/")[0].strip().lower() if found else ""
    return vendor if _WORD(vendor) else ""
