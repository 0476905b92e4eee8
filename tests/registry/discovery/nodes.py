"""Nodes that answer in this process, without a network: what they have, what they do wrong, what they were asked."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from yangbeam.core.errors import Fault
from yangbeam.io.netconf import NetconfError, NetconfTarget, refusal_in
from yangbeam.simulator.netconf.answers import answer
from yangbeam.simulator.netconf.equipment import Equipment, equipment
from yangbeam.simulator.netconf.faults import NetconfFaults

DATE = "2026-01-01"


def module(name: str, body: str = "", *, imports: Iterable[str] = (), revision: str = DATE) -> str:
    imported = "".join(f"import {other} {{ prefix {other}; }} " for other in imports)
    return f'module {name} {{ namespace "urn:{name}"; prefix {name}; {imported} revision {revision}; {body} }}\n'


THINGS = (
    module("things", "container top { leaf l { type types:t; } }", imports=("types",)),
    module("types", "typedef t { type int8; }"),
    module("augmenting", 'augment "/things:top" { leaf more { type int8; } }', imports=("things",)),
    module("unrelated", "container other;"),
)


def equipped(content_id: str = "c4d9e3f1", texts: Iterable[str] = THINGS, *, rfc7895: bool = False) -> Equipment:
    return equipment(texts, content_id, rfc7895=rfc7895)


@dataclass
class Nodes:
    """Nodes by address; ``connect`` opens sessions with them.

    Attributes:
        equipment: What each has; an address that is not here is unreachable.
        faults: What is wrong with all of them.
        sessions: Sessions opened, by address.
        asked: Texts asked for, by address and name.
        before: Called before each answer with (address, what); may raise what the node does instead.
    """

    equipment: dict[str, Equipment]
    faults: NetconfFaults = field(default_factory=NetconfFaults)
    sessions: Counter[str] = field(default_factory=Counter)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    before: Callable[[str, str], None] = lambda *_: None
    closed: int = 0

    def connect(self, target: NetconfTarget) -> "_Session":
        if target.host not in self.equipment:
            raise NetconfError("netconf-unreachable", f"cannot reach {target.name}", transient=True)
        self.sessions[target.host] += 1
        self.before(target.host, "connect")
        return _Session(self, target.host)


def died(address: str = "a node") -> NetconfError:
    return NetconfError("netconf-dropped", f"{address} ended the session", transient=True, fault=Fault.DEVICE)


class _Session:
    def __init__(self, nodes: Nodes, address: str) -> None:
        self._nodes = nodes
        self._address = address
        self.capabilities: tuple[str, ...] = ()

    def get(self, *subtrees: str) -> bytes:
        self._nodes.before(self._address, "get")
        base = "urn:ietf:params:xml:ns:netconf:base:1.0"
        rpc = f'<rpc xmlns="{base}"><get><filter>{"".join(subtrees)}</filter></get></rpc>'
        return answer(rpc.encode(), self._nodes.equipment[self._address], self._nodes.faults)

    def ask_schema(self, name: str, revision: str) -> "_Reply":
        self._nodes.asked[self._address, name] += 1
        return _Reply(self._nodes, self._address, name, revision)

    def close(self) -> None:
        self._nodes.closed += 1


class _Reply:
    def __init__(self, nodes: Nodes, address: str, name: str, revision: str) -> None:
        self._facts = nodes, address, name, revision

    def data(self) -> Any:
        nodes, address, name, revision = self._facts
        nodes.before(address, name)
        version = f"<version>{revision}</version>" if revision else ""
        rpc = f"<rpc><get-schema><identifier>{name}</identifier>{version}</get-schema></rpc>"
        reply = etree.fromstring(answer(rpc.encode(), nodes.equipment[address], nodes.faults))
        refused = refusal_in(reply)
        if refused is not None:
            what = f"{address} refuses: {refused.findtext('{*}error-message')}"
            raise NetconfError("netconf-refused", what, fault=Fault.DEVICE)
        return reply
