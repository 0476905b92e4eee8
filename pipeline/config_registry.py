"""How `yangbeam registry` serves: where, encrypted how, and to whom."""

from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from yangbeam.pipeline.config_types import InputFile, Port, Secret, Section, Text, problem


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
    """What may be done without an account. Absent: everything on a loopback address without accounts, else nothing."""
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
