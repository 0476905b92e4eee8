"""Whether each configured node opens a NETCONF session."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import Final

from yangbeam.core.errors import YangbeamError
from yangbeam.io.netconf import NetconfSession
from yangbeam.pipeline.checking.finding import Finding, failed, ok, unknown
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.nodes import discovery_of
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess

NAME: Final = "nodes"
AT_A_TIME: Final = 16


def reachable(config: Config) -> Iterator[Finding]:
    """Opens a session with each node whose address is known, and closes it."""
    settings = discovery_of(config)
    if settings is None:
        return
    asked = [access for access in settings.nodes if access.netconf]
    pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="check-node")
    try:
        yield from pool.map(lambda access: _session(settings, access), asked)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _session(settings: DiscoverySettings, access: NodeAccess) -> Finding:
    network = ip_network(access.exporter)
    if network.num_addresses > 1:
        what = f"{network} has many addresses: try one of them with `yangbeam discover ADDRESS`"
        return unknown(NAME, what)
    try:
        target = settings.target(access, str(network.network_address))
        NetconfSession(target).close()
    except YangbeamError as error:
        return failed(NAME, error)
    return ok(NAME, f"{target.name} opens a NETCONF session")
