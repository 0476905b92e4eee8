"""From a configuration to who is asked for their YANG, and how."""

from yangbeam.pipeline.config.discovery import SchemaNode
from yangbeam.pipeline.config.file import Config
from yangbeam.registry.discovery.fetching import FetchLimits
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess


def discovery_of(config: Config) -> DiscoverySettings | None:
    """Returns who is asked for their modules, and how; None: nobody."""
    if not any(node.netconf for node in config.schemas.nodes):
        return None
    asked = config.discovery
    return DiscoverySettings(
        cache=asked.cache,
        nodes=tuple(_access(node) for node in config.schemas.nodes),
        sharing=asked.share,
        everything=asked.modules == "all",
        attempts=asked.attempts,
        backoff_s=asked.backoff_s,
        retry_after_s=asked.retry_after_s,
        recheck_s=asked.recheck_s,
        workers=asked.nodes_at_a_time,
        connect_s=asked.connect_s,
        reply_s=asked.reply_s,
        limits=FetchLimits(
            sessions=asked.sessions, depth=asked.requests, limit_s=asked.limit_s, total_bytes=asked.max_module_bytes
        ),
    )


def _access(node: SchemaNode) -> NodeAccess:
    return NodeAccess(
        exporter=str(node.exporter),
        address=node.address or "",
        port=node.port,
        username=node.username or "",
        key_file=str(node.key or ""),
        password=node.password,
        known_hosts=str(node.known_hosts or ""),
        netconf=node.netconf,
        skip=node.skip,
    )
