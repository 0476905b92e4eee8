"""Whose a router is: by the operator's word first, then by its modules; nobody's where neither says it."""

import pytest

from yangbeam.core.vendors import vendor_of_modules, vendor_said

IETF = "urn:ietf:params:xml:ns:yang:ietf-interfaces"


@pytest.mark.parametrize(
    ("namespaces", "vendor"),
    [
        ([IETF], ""),
        ([], ""),
        ([IETF, "urn:huawei:yang:huawei-ifm"], "huawei"),
        (["http://cisco.com/ns/yang/Cisco-IOS-XR-ifmgr-cfg", "http://openconfig.net/yang/interfaces"], "cisco"),
        (["http://yang.juniper.net/junos/conf/interfaces"], "juniper"),
        (["urn:nokia.com:sros:ns:yang:sr:conf"], "nokia"),
        (["urn:6wind:vrouter"], "6wind"),
        (["http://tail-f.com/yang/common", "urn:ieee:std:802.1Q", "urn:bbf:yang:bbf-xpon"], ""),
        (["urn:acme:a", "urn:acme:b", "urn:other:c"], "acme"),
        (["urn:b:x", "urn:a:x"], "a"),
        (["http://[red]", "urn:", "x" * 5000, "urn:" + "v" * 100], ""),
    ],
)
def test_the_vendor_is_whose_modules_are_most(namespaces: list[str], vendor: str) -> None:
    assert vendor_of_modules(namespaces) == vendor


@pytest.mark.parametrize(
    ("exporter", "vendor"),
    [
        ("192.0.2.1", "acme"),
        ("192.0.2.9", "huawei"),
        ("2001:db8::1", "nokia"),
        ("198.51.100.1", ""),
        ("router", ""),
        ("203.0.113.1", ""),
    ],
)
def test_the_operators_word_counts_for_the_longest_prefix(exporter: str, vendor: str) -> None:
    releases = (
        ("192.0.2.0/24", "acme/x/1"),
        ("192.0.2.9/32", "Huawei/MA5800T/X17"),
        ("2001:db8::/32", "nokia"),
        ("203.0.113.0/24", "|odd name|/x"),
    )
    assert vendor_said(exporter, releases) == vendor
