"""Small schema trees written by hand, with paths filled in, for tests of what is derived from a schema."""

from collections.abc import Iterable
from typing import Any

from yangbeam.core.yang.tree import Node, Tree, YangType

COUNTER64 = YangType("uint64", typedef="ietf-yang-types:counter64")
DATE_AND_TIME = YangType("string", typedef="ietf-yang-types:date-and-time")
STRING = YangType("string")
OCTETS_AND_PACKETS = tuple(
    f"{way}-{what}" for way in ("in", "out") for what in ("octets", "unicast-pkts", "broadcast-pkts", "multicast-pkts")
)
ERRORS = ("in-discards", "in-errors", "in-unknown-protos", "out-discards", "out-errors")


def leaf(name: str, yang: YangType | str, **more: Any) -> dict[str, Any]:
    return {"kind": "leaf", "name": name, "type": YangType(yang) if isinstance(yang, str) else yang, **more}


def leaf_list(name: str, yang: YangType | str, **more: Any) -> dict[str, Any]:
    return {**leaf(name, yang, **more), "kind": "leaf-list"}


def container(name: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "container", "name": name, "children": children, **more}


def list_(name: str, keys: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "list", "name": name, "keys": tuple(keys.split()), "children": children, **more}


def notification(name: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "notification", "name": name, "children": children, **more}


def tree(module: str, *tops: dict[str, Any]) -> Tree:
    nodes = [_node(top, module, "", "") for top in tops]
    named = {f"{node.module}:{node.name}": node for node in nodes}
    return Tree(
        {name: node for name, node in named.items() if node.kind != "notification"},
        {name: node for name, node in named.items() if node.kind == "notification"},
        {f"urn:{module}": module},
        {module: "2026-01-01"},
    )


def _node(spec: dict[str, Any], module: str, parent_module: str, parent_path: str) -> Node:
    spec = dict(spec)
    own = spec.pop("module", module)
    prefix = f"{own}:" if own != parent_module else ""
    path = f"{parent_path}/{prefix}{spec['name']}"
    children: Iterable[dict[str, Any]] = spec.pop("children", ())
    below = [_node(child, own, own, path) for child in children]
    spec["children"] = {f"{node.module}:{node.name}": node for node in below}
    return Node(module=own, namespace=f"urn:{own}", path=path, **spec)


def interfaces() -> Tree:
    """A cut of ietf-interfaces with ietf-ip, 22 leaves in an interface."""
    states = YangType("enumeration", enums=(("up", 1), ("down", 2), ("testing", 3)))
    kinds = YangType("identityref", identities=("iana-if-type:ethernetCsmacd", "iana-if-type:softwareLoopback"))
    return tree(
        "ietf-interfaces",
        container(
            "interfaces",
            list_(
                "interface",
                "name",
                leaf("name", "string"),
                leaf("description", "string"),
                leaf("type", kinds),
                leaf("admin-status", states),
                leaf("oper-status", states),
                leaf("last-change", DATE_AND_TIME),
                leaf("if-index", "int32"),
                leaf("speed", YangType("uint64", typedef="ietf-yang-types:gauge64"), units="bits/second"),
                leaf_list("higher-layer-if", "string"),
                container(
                    "statistics",
                    leaf("discontinuity-time", DATE_AND_TIME),
                    *(leaf(name, COUNTER64) for name in OCTETS_AND_PACKETS),
                    *(leaf(name, YangType("uint32", typedef="ietf-yang-types:counter32")) for name in ERRORS),
                ),
                container(
                    "ipv4",
                    leaf("mtu", "uint16", units="octets"),
                    list_("address", "ip", leaf("ip", "string"), leaf("prefix-length", "uint8")),
                    module="ietf-ip",
                    presence=True,
                ),
            ),
        ),
    )
