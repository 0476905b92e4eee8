"""The NETCONF side of a simulation's routers: each on its own address, each with the library that it announces."""

from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from yangbeam.simulator.habits import content_id
from yangbeam.simulator.messages import ENCODINGS, SN, YP, Subscription
from yangbeam.simulator.netconf.equipment import Equipment, equipment, router_texts
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.server import NetconfOptions, NetconfServers
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.router import TOPICS, Router
from yangbeam.simulator.truth import TruthRecord
from yangbeam.simulator.values import Identity, Tree, to_xml

REVISED: Final = "What changed is nothing but this revision."


class RouterNetconf:
    """Serves NETCONF for all routers of a simulation, if it asks for it; a context manager.

    Args:
        options: The simulation; ``netconf_port`` 0: it does not.

    Raises:
        ConfigurationError: The port cannot be used on a router's address.
    """

    def __init__(self, options: SimulateOptions) -> None:
        self._options = options
        self._libraries = [0] * options.routers
        self.servers = NetconfServers(self._routers(), _served(options)) if options.netconf_port else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.servers is not None:
            self.servers.close()

    def note(self, record: TruthRecord) -> None:
        """Changes a router's library when it is about to say so: once, by its first subscription."""
        if self.servers is None or record.subscription != 1 or "schema-changed" not in record.done:
            return
        self._libraries[record.router] += 1
        self.servers.routers[record.exporter] = self._router(record.router)

    def _routers(self) -> dict[str, Equipment]:
        return {self._options.exporter(index): self._router(index) for index in range(self._options.routers)}

    def _router(self, index: int) -> Equipment:
        library = self._libraries[index]
        texts = router_texts(name for kind, _ in TOPICS for name, _ in kind.modules)
        router = Router(self._options, index, 0)
        subscriptions = tuple(subscription_xml(self._options, each) for each in router.subscriptions)
        if library and self._options.new_revision:
            texts = [_revised(text, self._options.new_revision) if _publishes(text) else text for text in texts]
        return replace(equipment(texts, content_id(router.habit, library)), subscriptions=subscriptions)


def subscription_xml(options: SimulateOptions, subscription: Subscription) -> str:
    """Returns a subscription as the node's own list has it (RFC 8639 section 3, RFC 8641 section 3.7)."""
    terms: Tree = {
        "id": subscription.number,
        f"{YP}:datastore": Identity("ietf-datastores:operational"),
        f"{YP}:datastore-xpath-filter": subscription.xpath,
        "transport": Identity("ietf-udp-notif-transport:udp-notif"),
        "encoding": ENCODINGS[options.media_type],
        "purpose": "state-change" if subscription.on_change else "stats",
    }
    if subscription.on_change:
        terms[f"{YP}:on-change"] = {"dampening-period": 0, "sync-on-start": False}
    else:
        terms[f"{YP}:periodic"] = {"period": subscription.period_cs}
    terms["ietf-yang-push-revision:module-version"] = [
        {"name": name, "revision": revision} for name, revision in subscription.modules
    ]
    terms["ietf-yang-push-revision:yang-library-content-id"] = subscription.content_id
    return to_xml({f"{SN}:subscription": terms}).decode()


def _served(options: SimulateOptions) -> NetconfOptions:
    faults = NetconfFaults(
        latency_s=options.netconf_latency_s,
        drops=options.netconf_drops,
        silent=options.netconf_silent,
        missing=options.netconf_missing,
        wrong_revision=options.netconf_wrong_revision,
        wrong_name=options.netconf_wrong_name,
        seed=options.seed,
    )
    return NetconfOptions(port=options.netconf_port, faults=faults, host_key=options.netconf_key)


def _publishes(text: str) -> bool:
    """Whether it is the first module of a topic: the one whose revision a schema change moves."""
    return any(text.lstrip().startswith(f"module {kind.modules[0][0]} ") for kind, _ in TOPICS)


def _revised(text: str, revision: str) -> str:
    """Adds a revision statement before the first one."""
    before, found, after = text.partition("\n  revision ")
    return f'{before}\n  revision {revision} {{\n    description "{REVISED}";\n  }}{found}{after}' if found else text
