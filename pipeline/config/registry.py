"""Which registry is used, and how `yangbeam registry` serves: where, encrypted how, and to whom."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from yangbeam.pipeline.config.types import InputFile, OutputPath, Port, Secret, Section, Text, problem


class RegistryTls(Section):
    """Whom we trust to be the registry, and who we are to it."""

    ca_file: InputFile | None = None
    """Certificates that sign the registry's (PEM). Absent: the system's."""
    certificate_file: InputFile | None = None
    """Our certificate (PEM), where it asks for one."""
    key_file: InputFile | None = None
    """Its private key (PEM), where it does not stand in the same file; without a password."""


class Registry(Section):
    """Where schemas and their ids are kept."""

    kind: Literal["embedded", "http"] = "embedded"
    """`embedded`: within this process, in an SQLite file. `http`: in another process: `yangbeam registry`, or any
    registry of Confluent's API."""
    path: OutputPath = Path("yangbeam-out/registry.sqlite")
    """Embedded: the SQLite file; made if absent."""
    url: Annotated[str, Field(strict=True, pattern=r"^(https?://[^\s?#@]+)?$", max_length=2_000)] = ""
    """http: its address, without credentials."""
    resolve: Literal["registry", "here"] = "registry"
    """http: who finds the schema of a subscription, in directories and at nodes: the registry, as ours does, or this
    process, which registers it there."""
    schema_type: Literal["YANG", "JSON", "AVRO"] = "YANG"
    """http, `resolve = "here"`: what modules are registered as; the other two for registries that know no YANG."""
    username: Text | None = None
    """http: for basic authentication."""
    password: Secret | None = None
    """http: its password."""
    token: Secret | None = None
    """http: bearer token instead."""
    tls: RegistryTls = Field(default_factory=RegistryTls)
    """http: certificates; TLS is spoken where the address begins with https."""
    timeout_s: Annotated[float, Field(strict=True, ge=0.1, le=60, allow_inf_nan=False)] = 3.0
    """http: longest wait for an answer; the stage that asks stands still meanwhile."""
    attempts: Annotated[int, Field(strict=True, ge=1, le=10)] = 2
    """http: how often a call is tried before the registry counts as away; then known schemas go on from the cache, and
    new subscriptions wait, see `schemas.wait_s`."""
    cache: OutputPath = Path("yangbeam-out/registry-cache")
    """http: folder of what the registry has said, for when it is away; may be shared by processes."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if self.kind == "http" and not self.url:
            raise problem("there is no address", 'write url = "http://127.0.0.1:8081"', key="url")
        if self.kind == "embedded" and self.url:
            raise problem("an embedded registry has no address", 'write kind = "http" as well', key="url")
        if (self.username is None) != (self.password is None) or (self.token is not None and self.username is not None):
            raise problem("credentials are a username with a password, or a token", "write one of both")
        return self


class Account(Section):
    """Somebody who may use the registry: by name and password, or by token."""

    name: Text | None = None
    """User name, for basic authentication. Absent: a token."""
    password: Secret | None = None
    """Its password."""
    token: Secret | None = None
    """Bearer token."""
    role: Literal["read", "write"] = "read"
    """`read`: look up. `write`: also register, delete, configure, and have schemas fetched from nodes."""

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.name is None) != (self.password is None) or (self.name is None) == (self.token is None):
            raise problem("an account is a name with a password, or a token", "write one of both")
        if self.name is not None and ":" in self.name:
            raise problem("a user name has no colon (RFC 7617 section 2)", "choose another name", key="name")
        return self


class ServerTls(Section):
    """Encryption of what is served."""

    certificate_file: InputFile
    """Our certificate, with those that sign it (PEM)."""
    key_file: InputFile
    """Its private key (PEM)."""
    key_password: Secret | None = None
    """Password of the private key."""
    client_ca_file: InputFile | None = None
    """Certificates (PEM) that sign clients'; given, every client must show one."""


class RegistryServer(Section):
    """How `yangbeam registry` serves the file of [registry]; `run` does not read this section."""

    host: Text = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8081
    """TCP port; 0 takes a free one."""
    tls: ServerTls | None = None
    """Encryption. Without this section HTTP is spoken, which is for loopback or behind a proxy."""
    accounts: tuple[Account, ...] = ()
    """Who may use it."""
    anonymous: Literal["nothing", "read", "write"] | None = None
    """What may be done without an account; `nothing` and `read` need accounts. Absent: everything on a loopback address
    without accounts, else nothing."""
    subject_prefix: Annotated[str, Field(strict=True, max_length=200, pattern=r"^[A-Za-z0-9._-]*$")] = ""
    """Stands before each module's name in the subjects that schemas of nodes are registered under."""
    max_request_mib: Annotated[int, Field(strict=True, ge=1, le=1_024)] = 32
    """Largest request, in MiB."""
    omit_tags_for: tuple[Text, ...] = ()
    """Clients that fail on tags in a schema's metadata, by the beginning of their `Confluent-Client-Version`, like
    `python/2.8`: to them tags are not shown."""

    @model_validator(mode="after")
    def _is_closed(self) -> Self:
        if not self.accounts and self.anonymous is None and not _is_loopback(self.host):
            what = f"{self.host} can be reached from elsewhere, and there are no accounts"
            raise problem(what, 'write [[registry_server.accounts]], or listen on "127.0.0.1"', key="host")
        if not self.accounts and self.anonymous in ("nothing", "read"):
            raise problem("nobody could register: there are no accounts", "write accounts", key="anonymous")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
