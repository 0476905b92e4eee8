import cbor2
import pytest
from lxml import etree

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.values import EMPTY, Enumerated, Identity, Uint64, to_cbor, to_json, to_xml
from yangbeam.simulator.wrappers import wrap, wrapper_for

TREE = {
    "ietf-interfaces:interfaces": {
        "interface": [
            {
                "name": "a<b>&c",
                "type": Identity("iana-if-type:ethernetCsmacd"),
                "oper-status": Enumerated("up", 1),
                "enabled": True,
                "ietf-ip:ipv4": {"mtu": 1500},
                "speed": Uint64(2**64 - 1),
                "gone": EMPTY,
                "higher-layer-if": ["x", "y"],
            }
        ]
    }
}


def test_json_writes_64_bit_numbers_as_strings_and_empty_as_a_list_of_null() -> None:
    assert to_json(TREE) == (
        b'{"ietf-interfaces:interfaces":{"interface":[{"name":"a<b>&c","type":"iana-if-type:ethernetCsmacd",'
        b'"oper-status":"up","enabled":true,"ietf-ip:ipv4":{"mtu":1500},"speed":"18446744073709551615",'
        b'"gone":[null],"higher-layer-if":["x","y"]}]}}'
    )


def test_cbor_writes_numbers_as_numbers_and_enumerations_by_value() -> None:
    entry = cbor2.loads(to_cbor(TREE))["ietf-interfaces:interfaces"]["interface"][0]
    assert entry["speed"] == 2**64 - 1
    assert entry["oper-status"] == 1
    assert entry["gone"] is None
    assert entry["type"] == "iana-if-type:ethernetCsmacd"


def test_xml_declares_the_namespace_where_the_module_changes() -> None:
    root = etree.fromstring(to_xml(TREE))
    spaces = {"if": root.nsmap[None], "ip": "urn:ietf:params:xml:ns:yang:ietf-ip"}
    assert root.tag == "{urn:ietf:params:xml:ns:yang:ietf-interfaces}interfaces"
    assert root.findtext("if:interface/if:name", None, spaces) == "a<b>&c"
    assert root.findtext("if:interface/ip:ipv4/ip:mtu", None, spaces) == "1500"
    assert [e.text for e in root.findall("if:interface/if:higher-layer-if", spaces)] == ["x", "y"]
    kind = root.find("if:interface/if:type", spaces)
    assert kind is not None
    prefix, _, local = (kind.text or "").partition(":")
    assert (kind.nsmap[prefix], local) == ("urn:ietf:params:xml:ns:yang:iana-if-type", "ethernetCsmacd")
    assert root.findtext("if:interface/if:enabled", None, spaces) == "true"
    assert root.findtext("if:interface/if:gone", None, spaces) == ""


def test_the_publisher_id_stands_where_the_header_has_a_member_for_it() -> None:
    payload = wrap("H6", MediaType.JSON, {"m:n": {"id": 1}}, at_us=0, node="r", sequence_number=5, publisher_id=9)
    assert payload == (
        b'{"ietf-subscribed-notifications:notification":{"eventTime":"1970-01-01T00:00:00.000000Z",'
        b'"sysName":"r","sequenceNumber":5,"publisherId":9,"m:n":{"id":1}}}'
    )


@pytest.mark.parametrize(("name", "media_type"), [("H13", MediaType.JSON), ("X1", MediaType.CBOR)])
def test_a_wrapper_that_does_not_exist_or_fit_is_a_configuration_error(name: str, media_type: MediaType) -> None:
    with pytest.raises(ConfigurationError):
        wrapper_for(name, media_type)
