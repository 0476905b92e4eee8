"""What a run does: one TOML file, judged as a whole before anything starts; a file is not needed for captures."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.pipeline.config.discovery import Discovery
from yangbeam.pipeline.config.errors import InvalidConfigurationError, Origin, Problem, problems_of
from yangbeam.pipeline.config.flink import Flink
from yangbeam.pipeline.config.ports import Taken, of_sources, taken_by, twice_in_one
from yangbeam.pipeline.config.receive import Receive
from yangbeam.pipeline.config.registry import Registry, RegistryServer
from yangbeam.pipeline.config.sinks import DeadLetters, Files, Kafka, Status, Tables
from yangbeam.pipeline.config.sources import Capture, Source, UdpNotif
from yangbeam.pipeline.config.stages import (
    Beam,
    Loss,
    Schemas,
    Validation,
    reassembly_fits,
)
from yangbeam.pipeline.config.toml_lines import Place, lines_of
from yangbeam.pipeline.config.topics import CollectSource, TelemetrySource, TopicSource
from yangbeam.pipeline.config.types import OutputPath, Section, Text, problem

MAX_BYTES: Final = 1 << 20
"""A configuration above this is something else: a thousand sources need some 100 KB."""

_IN_OUT: Final = {
    ("files", "directory"): "",
    ("tables", "path"): "tables.duckdb",
    ("discovery", "cache"): "modules",
    ("registry", "path"): "registry.sqlite",
    ("registry", "cache"): "registry-cache",
    ("dead_letters", "path"): "dead-letters.jsonl",
    ("status", "report"): "report.json",
    ("receive", "spool"): "spool",
}
"""What lies in the folder ``out`` unless it is placed elsewhere."""


class Config(Section):
    """Everything that a run needs to know. Relative paths start at the configuration file's folder."""

    out: OutputPath = Path("yangbeam-out")
    """Folder of everything that is written and not placed elsewhere."""
    collector: Text = "yangbeam"
    """Name of this collector, in heartbeats and telemetry messages: each host that writes the raw topic needs its own,
    as silences are told by the clock of the host that a publisher sends to."""
    sources: tuple[Source, ...] = Field(default_factory=lambda: (UdpNotif(),))
    """Where messages come from: live sockets, or captures, not both."""
    schemas: Schemas = Field(default_factory=Schemas)
    """Which schema the contents of a notification are read by."""
    discovery: Discovery = Field(default_factory=Discovery)
    """How nodes are asked for their YANG."""
    registry: Registry = Field(default_factory=Registry)
    """The store of schemas and their ids."""
    registry_server: RegistryServer = Field(default_factory=RegistryServer)
    """How `yangbeam registry` serves that store; `run` does not read this section."""
    validation: Validation = Field(default_factory=Validation)
    """Whether contents are judged by their YANG schema, and how strictly."""
    loss: Loss = Field(default_factory=Loss)
    """Detection of missing message ids and sequence numbers."""
    kafka: Kafka | None = Field(default=None, validate_default=True)
    """A Kafka cluster to write to. Without this section no Kafka is used."""
    tables: Tables = Field(default_factory=Tables)
    """Tables derived from the YANG schemas."""
    files: Files = Field(default_factory=Files)
    """The broker-less form of the topics: JSON lines."""
    dead_letters: DeadLetters = Field(default_factory=DeadLetters)
    """What could not be processed, with its original bytes; can be replayed."""
    status: Status = Field(default_factory=Status)
    """What is shown of a run."""
    beam: Beam = Field(default_factory=Beam)
    """How work is cut for Apache Beam."""
    collect: CollectSource = Field(default_factory=CollectSource)
    """How `yangbeam collect` reads the raw topic; `run` does not read this section."""
    flink: Flink = Field(default_factory=Flink)
    """How `yangbeam collect` runs on Flink; `run` does not read this section."""
    ingest: TelemetrySource = Field(default_factory=TelemetrySource)
    """How `yangbeam ingest` reads the telemetry topic; `run` does not read this section."""
    receive: Receive = Field(default_factory=Receive)
    """How `yangbeam receive` writes the raw topic; `run` does not read this section."""

    @model_validator(mode="before")
    @classmethod
    def _place_outputs(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        placed = dict(written)
        out = placed.get("out", "yangbeam-out")
        for (section, key), name in _IN_OUT.items():
            below = placed.setdefault(section, {})
            if isinstance(below, dict) and isinstance(out, str | Path):
                placed[section] = {key: Path(out) / name, **below}
        if "kafka" in written and "files" not in written:
            placed["files"]["enabled"] = False
        return placed

    @field_validator("sources")
    @classmethod
    def _go_together(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        if not sources:
            raise problem("no source", "write [[sources]], or leave it out for the default")
        if len({_ends(source) for source in sources}) > 1:
            raise problem("captures end and sockets do not", "use captures or live sources in a run")
        _listen_once(of_sources(sources), within="sources")
        return sources

    @field_validator("loss")
    @classmethod
    def _window_fits(cls, loss: Loss, info: ValidationInfo) -> Loss:
        return reassembly_fits(loss, info)

    @field_validator("kafka")
    @classmethod
    def _is_there(cls, kafka: Kafka | None, info: ValidationInfo) -> Kafka | None:
        if kafka is None and any(isinstance(source, TopicSource) for source in info.data.get("sources", ())):
            raise problem("a source is a Kafka topic, but there is no [kafka]", "write [kafka] with its bootstrap")
        return kafka

    @field_validator("dead_letters")
    @classmethod
    def _have_a_place(cls, letters: DeadLetters, info: ValidationInfo) -> DeadLetters:
        if letters.kind == "kafka" and info.data.get("kafka", letters) is None:
            raise problem("kafka is chosen, but there is no [kafka]", 'write [kafka], or kind = "file"', key="kind")
        return letters

    @model_validator(mode="after")
    def _take_each_port_once(self) -> Self:
        _listen_once(taken_by(self))
        return self

    @property
    def is_bounded(self) -> bool:
        """Whether the input ends by itself: captures do, sockets do not."""
        return all(_ends(source) for source in self.sources)

    def as_collect(self) -> "Config":
        """Returns the configuration of `collect`: from the raw topic, whatever else is a source, and into topics alone.

        Raises:
            ConfigurationError: There is no [kafka].
        """
        told = self._told("collect", self.collect.metrics_port)
        return self.into_topics("collect").model_copy(update={"sources": (self.collect,), "status": told})

    def into_topics(self, command: str) -> "Config":
        """Returns the configuration of a job whose workers write into topics alone: they share no disk.

        Raises:
            ConfigurationError: There is no [kafka].
        """
        self._needs_kafka(command)
        return self.model_copy(
            update={
                "tables": self.tables.model_copy(update={"enabled": False}),
                "files": self.files.model_copy(update={"enabled": False}),
                "dead_letters": self.dead_letters.model_copy(update={"kind": "kafka"}),
            }
        )

    def as_ingest(self) -> "Config":
        """Returns the configuration of `ingest`: from the telemetry topic, whatever else is a source, into tables.

        Its losses and totals go to topics of their own: those of `collect` stay what `collect` saw.

        Raises:
            ConfigurationError: There is no [kafka].
        """
        kafka = self._needs_kafka("ingest")
        topics = {"loss": f"{kafka.topics.loss}-ingest", "ledger": f"{kafka.topics.ledger}-ingest"}
        return self.model_copy(
            update={
                "sources": (self.ingest,),
                "status": self._told("ingest", self.ingest.metrics_port),
                "kafka": kafka.model_copy(update={"topics": kafka.topics.model_copy(update=topics)}),
                "tables": self.tables.model_copy(update={"enabled": True}),
                "files": self.files.model_copy(update={"enabled": False}),
                "dead_letters": self.dead_letters.model_copy(update={"kind": "kafka"}),
            }
        )

    def _told(self, command: str, metrics_port: int | None) -> Status:
        """Returns how a process is seen that may run beside others from the same file."""
        report = self.status.report
        own = report.with_stem(f"{report.stem}-{command}")
        return self.status.model_copy(update={"report": own, "metrics_port": metrics_port})

    def _needs_kafka(self, who: str) -> Kafka:
        if self.kafka is None:
            raise ConfigurationError("no-kafka", f"{who} reads and writes Kafka: write [kafka] with its bootstrap")
        return self.kafka


def _listen_once(taken: list[Taken], within: str = "") -> None:
    pair = twice_in_one(taken)
    if pair is not None:
        one, other = pair
        what = f"{one.host} {one.protocol} port {one.port} is bound twice, by {one.setting} as well"
        cure = "use receivers = 2 for two receivers on one port" if one.protocol == "udp" else "choose another port"
        raise problem(what, cure, key=other.setting.removeprefix(within))


def _ends(source: Source) -> bool:
    return isinstance(source, Capture) or (isinstance(source, TopicSource) and source.is_bounded)


def load(
    path: Path | None, settings: Mapping[Place, Any] | None = None, options: Mapping[Place, str] | None = None
) -> Config:
    """Reads a configuration, lays command-line settings over it, and judges the whole.

    Args:
        path: The TOML file; None for the defaults.
        settings: Value by path of the setting; a list or table replaces the file's. Relative paths in it start at
            the working directory.
        options: Name of the command-line option that gave each of them, for messages.

    Raises:
        InvalidConfigurationError: Everything that is wrong, at once.
    """
    written, lines = _read(path) if path is not None else ({}, {})
    name = "command line" if path is None else str(path)
    for place, value in (settings or {}).items():
        _lay(written, place, value)
    base = Path.cwd() if path is None else path.resolve().parent
    try:
        return Config.model_validate(written, context={"base": base})
    except ValidationError as error:
        problems = problems_of(error, written, Config, Origin(name, lines, options or {}))
    raise InvalidConfigurationError(problems)


def _lay(written: dict[str, Any], place: Place, value: Any) -> None:
    for part in place[:-1]:
        below = written.setdefault(str(part), {})
        if not isinstance(below, dict):  # the file is wrong there, and will be told so
            return
        written = below
    written[str(place[-1])] = value


def _read(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise _unreadable(path, what, "name a TOML file that this user can read", Fault.ENVIRONMENT) from None
    if len(content) > MAX_BYTES:
        raise _unreadable(path, f"is larger than {MAX_BYTES:,} octets", "name a configuration file")
    try:
        text = content.decode()
        return tomllib.loads(text), lines_of(text.replace("\r\n", "\n"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, "is not UTF-8 text", "save it as UTF-8", line=line) from None
    except RecursionError:
        raise _unreadable(path, "is nested too deeply", "no setting is deeper than five levels") from None
    except tomllib.TOMLDecodeError as error:
        what = str(error)
    found = re.search(r" \(at line (\d+), column (\d+)\)$", what)
    line = int(found.group(1)) if found else content.count(b"\n") + 1
    raise _unreadable(path, f"is not TOML: {what}", "see https://toml.io/en/v1.0.0", line=line)


def _unreadable(
    path: Path, what: str, instead: str, fault: Fault = Fault.CONFIGURATION, line: int | None = None
) -> InvalidConfigurationError:
    return InvalidConfigurationError([Problem(str(path), line, "", what, instead, fault)])
