"""Where a run's results are, in words, by its configuration."""

from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.topics import TelemetrySource


def sink_names(config: Config, kind: str = "run") -> list[str]:
    """Returns the sinks that a job delivers messages to, as the ledger names them; telemetry before tables."""
    if kind == "ingest":
        return ["tables"]
    chosen = {"kafka": config.kafka is not None, "files": config.files.enabled, "tables": config.tables.enabled}
    return [name for name, is_on in chosen.items() if is_on]


def account_names(config: Config) -> list[str]:
    """Returns the sinks of loss events, dead letters and totals, as the ledger names them."""
    named = {"files": config.files.enabled, "kafka": config.kafka is not None, "tables": config.tables.enabled}
    found = [f"{kind}-{name}" for kind in ("loss", "ledger") for name, is_on in named.items() if is_on]
    scopes = ["scopes-tables"] if config.tables.enabled else []
    to_topic = config.dead_letters.kind == "kafka" and config.kafka is not None
    where = "kafka" if to_topic else "files"
    return [*found, *scopes, f"letters-{where}", f"originals-{where}"]


def places_of(config: Config) -> dict[str, str]:
    """Returns where a run's results are, by what they are."""
    places = {"report": str(config.status.report)}
    if config.files.enabled:
        places["files"] = str(config.files.directory)
    if config.tables.enabled:
        places["tables"] = str(config.tables.path)
    if config.kafka is not None and not any(isinstance(source, TelemetrySource) for source in config.sources):
        places["Kafka"] = f"{config.kafka.topics.telemetry} at {config.kafka.bootstrap}"
    letters = config.kafka.topics.dead_letters if config.kafka and config.dead_letters.kind == "kafka" else None
    places["dead letters"] = letters or str(config.dead_letters.path)
    return places
