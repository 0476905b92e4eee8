"""Where results go: Kafka topics, files, tables, dead letters, and the view of a run."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from yangbeam.core.secret_source import SecretSource, resolved
from yangbeam.pipeline.config.keys import MessageKeys
from yangbeam.pipeline.config.sasl import Sasl
from yangbeam.pipeline.config.types import Flag, InputFile, OutputPath, Port, Secret, Section, Text, problem

Topic = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._-]{1,249}$")]

_SECRET_PROPERTIES: Final = ("password", "secret", "token", "jaas", "ssl.key.pem")
"""What the names of librdkafka properties with a secret value contain."""

_BROKER: Final = re.compile(r"([A-Za-z_]+://)?(\[[0-9A-Fa-f:.%\w]+\]|[^\s:\[\]]+):\d{1,5}")
"""`host:port`, perhaps behind the protocol, as librdkafka reads it."""

_FIXED_PROPERTIES: Final = {
    "acks": ("all", "-1"),
    "request.required.acks": ("all", "-1"),
    "enable.idempotence": ("true",),
}
"""Properties that the delivery promise rests on, with the only values they may take."""


class Topics(Section):
    """Names of the topics that are written."""

    raw: Topic = "yangbeam-raw"
    """What `yangbeam receive` writes: every message as it came, and what was refused."""
    telemetry: Topic = "yangbeam-telemetry"
    """Validated notifications as ietf-telemetry-message."""
    loss: Topic = "yangbeam-loss"
    """Loss events; a later one replaces the earlier one of the same key."""
    ledger: Topic = "yangbeam-ledger"
    """Absolute totals; the highest revision of a key wins."""
    dead_letters: Topic = "yangbeam-dead-letters"
    """What could not be processed, with its original bytes."""
    subscriptions: Topic = "yangbeam-subscriptions"
    """Notifications about subscriptions, where `kafka.keys.topics` is `subject`."""

    @field_validator("*")
    @classmethod
    def _is_one_of_its_own(cls, topic: str, info: ValidationInfo) -> str:
        for other, name in info.data.items():
            if name == topic:
                raise problem(f'"{topic}" is already the topic of {other}', "give every kind of record its own topic")
        return topic


class Tls(Section):
    """Encryption and certificates of the connection."""

    enabled: Flag = False
    """Speak TLS."""
    verify: Flag = True
    """Check the broker's certificate and name; false leaves the connection open to impostors."""
    ca_file: InputFile | None = None
    """Certificates (PEM) that sign the brokers'. Absent: the system's."""
    certificate_file: InputFile | None = None
    """Our own certificate (PEM), where brokers ask for one."""
    key_file: InputFile | None = None
    """Its private key (PEM)."""
    key_password: Secret | None = None
    """Password of the private key."""


def _is_sensitive(name: str) -> bool:
    return any(part in name for part in _SECRET_PROPERTIES)


class Kafka(Section):
    """A Kafka cluster to write to. Without this section no Kafka is used."""

    bootstrap: Text = "localhost:9092"
    """Brokers to ask first, `host:port` separated by commas."""
    topics: Topics = Field(default_factory=Topics)
    """Names of the topics that are written."""
    framing: Literal["prefix", "header-int32", "header-ascii", "header-guid"] = "prefix"
    """How the schema id travels: before the value as Confluent does (octet 0, then 32 bits), or in a header."""
    keys: MessageKeys = Field(default_factory=MessageKeys)
    """Key and topic of each telemetry record."""
    tls: Tls = Field(default_factory=Tls)
    """Encryption and certificates of the connection."""
    sasl: Sasl | None = None
    """Who we are to the broker. Absent: nobody in particular."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Any other librdkafka property, by its own name; secrets as `{ env = "NAME" }` or `{ file = "path" }`."""

    @field_validator("bootstrap")
    @classmethod
    def _names_ports(cls, bootstrap: str) -> str:
        for broker in map(str.strip, bootstrap.split(",")):
            if not _BROKER.fullmatch(broker):
                what = f'"{broker[:60]}" names no port' if broker else "a name is missing beside a comma"
                raise problem(what, f'write it like "{_bare(broker)[:60]}:9092"')
        return bootstrap

    @field_validator("properties")
    @classmethod
    def _are_scalars_or_secrets(cls, properties: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        judged: dict[str, Any] = {}
        errors: list[InitErrorDetails] = []
        for name, value in properties.items():
            try:
                judged[name] = _property(name, value, info)
            except PydanticCustomError as error:
                errors.append({"type": error, "loc": (name,), "input": None})
        if errors:
            raise ValidationError.from_exception_data("properties", errors, hide_input=True)
        return judged

    def client_properties(self) -> dict[str, str]:
        """Returns what librdkafka is given, secrets in the clear: pass it to the client and nowhere else.

        Raises:
            ConfigurationError: A secret is not to be had in this process.
        """
        return resolved(self.client_settings().items())

    def client_settings(self) -> dict[str, str | SecretSource]:
        """Returns the same with secrets by reference: what a graph carries to the processes that make clients."""
        found = {"bootstrap.servers": self.bootstrap, **self._security()}
        return found | {name: _text(value) for name, value in self.properties.items()}

    def _security(self) -> dict[str, str | SecretSource]:
        protocol = ("SASL_" if self.sasl else "") + ("SSL" if self.tls.enabled else "PLAINTEXT")
        found: dict[str, Any] = {
            "security.protocol": protocol,
            "ssl.ca.location": self.tls.ca_file,
            "ssl.certificate.location": self.tls.certificate_file,
            "ssl.key.location": self.tls.key_file,
            "ssl.key.password": self.tls.key_password,
            "enable.ssl.certificate.verification": None if self.tls.verify else False,
        }
        if self.sasl:
            found |= self.sasl.properties()
        return {name: _text(value) for name, value in found.items() if value is not None}


def _bare(broker: str) -> str:
    """Returns a broker's host as it stands before a port."""
    host = broker.rstrip(":") or "kafka-1"
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _text(value: Any) -> str | SecretSource:
    """Returns a value as librdkafka reads it; a secret stays where it is found."""
    if isinstance(value, Secret):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _property(name: str, value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Secret | dict) or _is_sensitive(name):
        try:
            secret = Secret.model_validate(value, context=info.context)
        except ValidationError as error:
            why = error.errors(include_input=False)[0]
            what = why.get("ctx", {}).get("what", "not a reference to a secret")
            raise problem(what, 'write { env = "NAME" } or { file = "path" }, and see that it exists') from None
        _known(name, "secret")
        return secret
    if not isinstance(value, str | int | float):
        raise problem("a librdkafka property is a string, number or boolean", "write one of these")
    wanted = _FIXED_PROPERTIES.get(name)
    if wanted and str(value).lower() not in wanted:
        raise problem("would break the promise that nothing is lost on the way to Kafka", "remove it")
    _known(name, str(_text(value)))
    return value


def _known(name: str, value: str) -> None:
    """Raises what librdkafka has against a property."""
    from yangbeam.io.kafka.properties import refusal  # noqa: PLC0415 # a client, of no use without properties

    refused = refusal(name, value)
    if refused is not None:
        raise problem(*refused)


class Files(Section):
    """The broker-less form of the topics: JSON lines."""

    enabled: Flag = True
    """Write telemetry and loss as files. Without a [files] section, [kafka] takes their place."""
    directory: OutputPath = Path("yangbeam-out")
    """Folder of the files; made if absent."""


class Tables(Section):
    """Tables derived from the YANG schemas."""

    enabled: Flag = True
    """Write tables."""
    kind: Literal["duckdb"] = "duckdb"
    """Which database."""
    path: OutputPath = Path("yangbeam-out/tables.duckdb")
    """The database's file; made if absent."""


class DeadLetters(Section):
    """What could not be processed, with its original bytes and the reason."""

    kind: Literal["file", "kafka"] = "file"
    """JSON lines, or the topic `kafka.topics.dead_letters`."""
    path: OutputPath = Path("yangbeam-out/dead-letters.jsonl")
    """The file; made if absent."""


class Status(Section):
    """What is shown of a run."""

    view: Literal["auto", "live", "plain", "off"] = "auto"
    """`auto`: live on a terminal, else plain lines."""
    refresh_s: Annotated[float, Field(strict=True, ge=0.05, le=60, allow_inf_nan=False)] = 0.5
    """Time between two pictures of the live view."""
    plain_every_s: Annotated[float, Field(strict=True, ge=0.1, le=3_600, allow_inf_nan=False)] = 10.0
    """Time between two plain lines."""
    report: OutputPath = Path("yangbeam-out/report.json")
    """Where the report of a run is written; `collect` and `ingest` write theirs beside it, as `report-collect.json`."""
    metrics_port: Port | None = None
    """Port of Prometheus metrics on loopback, of `run`; 0 takes a free one and prints it. Absent: none. The other
    processes have their own: they may run beside each other on one machine, from one file."""
