"""From a configuration to the stages of the graph: schemas, policies, loss scopes."""

from importlib.metadata import version

from yangbeam.core.loss.detector import learn_all
from yangbeam.core.loss.overrides import Scopes
from yangbeam.core.pending import Limits
from yangbeam.core.validation import Policy
from yangbeam.pipeline.config import Config
from yangbeam.pipeline.config_discovery import SchemaNode
from yangbeam.pipeline.config_sinks import Kafka
from yangbeam.pipeline.config_stages import Loss
from yangbeam.pipeline.graph import Stages
from yangbeam.registry.directories import Directory
from yangbeam.registry.discovery.fetching import FetchLimits
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.transforms.detect_loss import DetectLoss
from yangbeam.transforms.encode_telemetry_messages import Keys


def stages_of(config: Config) -> Stages:
    """Returns the stages that a configuration asks for."""
    return Stages(
        schemas=registry_of(config),
        policy=Policy(
            validate=config.validation.enabled,
            profile=config.validation.profile,
            pass_invalid=config.validation.policy == "pass-and-mark",
            pass_unbound=config.schemas.missing == "pass-and-mark",
        ),
        detect_loss=_detect_loss(config.loss),
        collector=config.collector,
        version=version("yangbeam"),
        keys=_keys_of(config),
        pending=Limits(
            wait_s=config.schemas.wait_s,
            max_messages=config.schemas.max_pending_messages,
            max_bytes=config.schemas.max_pending_bytes,
            max_messages_per_exporter=config.schemas.max_pending_messages_per_exporter,
            max_bytes_per_exporter=config.schemas.max_pending_bytes_per_exporter,
        ),
    )


def _keys_of(config: Config) -> Keys:
    """Files have the keys that Kafka would have."""
    kafka = config.kafka or Kafka()
    return Keys(registry_of(config), kafka.keys.settings(kafka.topics.subscriptions))


def registry_of(config: Config) -> EmbeddedRegistry:
    """Returns the handle on the registry of a configuration."""
    directories = tuple(
        Directory(
            path=str(written.path),
            exporter=str(written.exporter) if written.exporter is not None else None,
            content_id=written.content_id,
            features=written.features,
            release=written.release,
        )
        for written in config.schemas.directories
    )
    releases = tuple((str(node.exporter), node.release) for node in config.schemas.nodes if node.release)
    return EmbeddedRegistry(
        config.registry.path, directories, config.schemas.bundled, discovery_of(config), releases=releases
    )


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


def _detect_loss(loss: Loss) -> DetectLoss | None:
    if not loss.enabled:
        return None
    scopes = Scopes(tuple((str(scope.exporter), scope.transport, scope.notification) for scope in loss.scopes))
    return DetectLoss(round(loss.window_s * 1_000_000), scopes if loss.scopes else learn_all)
