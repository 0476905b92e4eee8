"""What a node tells of its subscriptions and capabilities, as simulated routers tell it, and what a liar tells."""

import pytest
from lxml import etree

from yangbeam.core.errors import NotificationError, SchemaError
from yangbeam.core.publisher_facts import (
    CAPABILITIES_FILTER,
    PublisherCapabilities,
    capabilities_in,
    subscription_filter,
    subscription_in,
)
from yangbeam.core.yang.yang_library import make_library
from yangbeam.simulator.netconf.answers import answer
from yangbeam.simulator.netconf.equipment import Equipment
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.routers import subscription_xml
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.router import Router

OPTIONS = SimulateOptions(routers=1, habits=("standard",), subscriptions=4)
ROUTER = Router(OPTIONS, 0, 0)
NODE = Equipment(
    make_library("1", [], source="rfc8525"), {}, tuple(subscription_xml(OPTIONS, each) for each in ROUTER.subscriptions)
)


def get(subtree: str) -> bytes:
    rpc = f'<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get><filter>{subtree}</filter></get></rpc>'
    return answer(rpc.encode(), NODE, NetconfFaults())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_subscription_is_told_by_its_id_in_the_terms_that_started_would_have_had(number: int) -> None:
    announced = ROUTER.subscriptions[number - 1]
    reply = get(subscription_filter(number))
    assert len(list(etree.fromstring(reply).iter("{*}subscription"))) == 1
    terms = subscription_in(reply, number)
    assert terms is not None
    assert terms.datastore == "ietf-datastores:operational"
    assert terms.xpath_filter == announced.xpath
    assert [(name, revision) for name, revision, _ in terms.modules] == list(announced.modules)
    assert terms.content_id == announced.content_id
    assert terms.on_change is announced.on_change
    assert terms.period_cs == (None if announced.on_change else announced.period_cs)


def test_a_subscription_that_the_node_does_not_have_is_none() -> None:
    assert subscription_in(get(subscription_filter(99)), 99) is None
    assert subscription_in(get(subscription_filter(1)), 2) is None


def test_the_capabilities_tell_transports_and_limits() -> None:
    assert capabilities_in(get(CAPABILITIES_FILTER)) == PublisherCapabilities(
        {"udp-notif": ("encode-json", "encode-xml")}, minimum_period_cs=100, maximum_nodes=1000
    )


def test_a_node_that_says_nothing_is_capable_of_nothing_known() -> None:
    assert capabilities_in(b"<data/>") == PublisherCapabilities()
    odd = b"<d><minimum-update-period>soon</minimum-update-period><on-change-supported>state-changes config-changes"
    found = capabilities_in(odd + b"</on-change-supported></d>")
    assert (found.minimum_period_cs, found.on_change) == (None, ("state-changes", "config-changes"))


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(SchemaError, match="no XML"):
        subscription_in(b"<data", 1)
    wrong = b'<d xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><subscription><id>1</id><periodic>'
    with pytest.raises(NotificationError):
        subscription_in(wrong + b"<period>often</period></periodic></subscription></d>", 1)
