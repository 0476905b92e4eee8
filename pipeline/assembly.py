"""From a configuration to the stages of the graph: schemas, policies, loss scopes."""

from importlib.metadata import version

from yangbeam.core.loss.overrides import Scopes, learn_all
from yangbeam.core.pending import Limits
from yangbeam.core.policy import Policy
from yangbeam.core.stages.encode import Keys
from yangbeam.core.vendors import Releases
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.sid_files import SidNames
from yangbeam.io.schema_registry import RegistryAddress
from yangbeam.io.yang_directories import read_sids
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.registry import Registry
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.stages import Loss
from yangbeam.pipeline.graph import Stages
from yangbeam.pipeline.nodes import discovery_of
from yangbeam.registry.directories import Directory
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.remote import RemoteRegistry
from yangbeam.transforms.detect_loss import DetectLoss

AnyRegistry = EmbeddedRegistry | RemoteRegistry
"""What stages, sinks and readers ask."""


def stages_of(config: Config) -> Stages:
    """Returns the stages that a configuration asks for."""
    return Stages(
        schemas=registry_of(config),
        policy=Policy(
            validate=config.validation.enabled,
            unknown=config.validation.unknown,
            invalid=config.validation.invalid,
            accept=frozenset(config.validation.accept),
            originals=config.validation.pruned_originals,
            pass_unbound=config.schemas.missing == "pass-and-mark",
            choice=Choice(
                config.validation.profile, config.validation.engine == "auto", config.validation.sample_one_in
            ),
            sids=sids_of(config),
            releases=_releases_of(config),
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


def _releases_of(config: Config) -> Releases:
    return tuple((str(node.exporter), node.release) for node in config.schemas.nodes if node.release)


def sids_of(config: Config) -> SidNames:
    """Returns what the configured .sid files name.

    Raises:
        SchemaError: ``sid-file``: one is none, or cannot be read.
    """
    return read_sids(config.schemas.sid_files)


def _keys_of(config: Config) -> Keys:
    """Files have the keys that Kafka would have."""
    kafka = config.kafka or Kafka()
    return Keys(registry_of(config), kafka.keys.settings(kafka.topics.subscriptions))


def registry_of(config: Config) -> AnyRegistry:
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
    releases = _releases_of(config)
    limits = config.schemas.compiling.limits()
    found = (directories, config.schemas.bundled, discovery_of(config), releases)
    if config.registry.kind == "embedded":
        return EmbeddedRegistry(config.registry.path, *found, limits=limits)
    registry, address = config.registry, address_of(config.registry)
    there = registry.resolve == "registry"
    return RemoteRegistry(address, registry.cache, there, registry.schema_type, *found, limits=limits)


def address_of(registry: Registry) -> RegistryAddress:
    """Returns how the registry is spoken to."""
    return RegistryAddress(
        registry.url,
        registry.username or "",
        registry.password,
        registry.token,
        ca_file=str(registry.tls.ca_file or ""),
        certificate_file=str(registry.tls.certificate_file or ""),
        key_file=str(registry.tls.key_file or ""),
        timeout_s=registry.timeout_s,
        attempts=registry.attempts,
    )


def _detect_loss(loss: Loss) -> DetectLoss | None:
    if not loss.enabled:
        return None
    scopes = Scopes(tuple((str(scope.exporter), scope.transport, scope.notification) for scope in loss.scopes))
    return DetectLoss(round(loss.window_s * 1_000_000), scopes if loss.scopes else learn_all)
