"""Which values a setting may take: paths, prefixes, numbers with bounds, and secrets that are never printed."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from yangbeam.core.errors import ConfigurationError, Fault

PROBLEM: Final = "yangbeam"
"""Type of every pydantic error that our own checks raise; its context holds what, instead, fault and key."""

MAX_SECRET_BYTES: Final = 64 * 1024
"""A secret's file above this is a mistake (a private key in PEM has some 3 KB)."""


def problem(what: str, instead: str, *, fault: Fault = Fault.CONFIGURATION, key: str = "") -> PydanticCustomError:
    """Returns the error of a setting: what is wrong, and what to write instead.

    Args:
        what: What was found. Never quotes a secret.
        instead: What to write or do.
        fault: Whose it is.
        key: Setting below the one that is being checked, when that is the culprit.
    """
    context = {"what": what, "instead": instead, "fault": fault.value, "key": key}
    return PydanticCustomError(PROBLEM, "{what}", context)


class Section(BaseModel):
    """Base of every section: immutable, refuses unknown settings, never quotes an input in an error."""

    model_config = ConfigDict(
        defer_build=True,  # most commands never judge a configuration, and building costs a tenth of a second
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=True,
    )


def _anchored(path: Path, info: ValidationInfo) -> Path:
    base = (info.context or {}).get("base")
    return Path(os.path.normpath(base / path)) if base is not None else path


def _existing_file(path: Path, info: ValidationInfo) -> Path:
    path = _anchored(path, info)
    if info.context is not None and not path.is_file():
        what = f"{path} is a folder, not a file" if path.is_dir() else f"there is no file {path}"
        raise problem(what, "correct the path, or put the file there", fault=Fault.ENVIRONMENT)
    return path


def _existing(path: Path, info: ValidationInfo) -> Path:
    path = _anchored(path, info)
    if info.context is not None and not path.exists():
        raise problem(f"there is no file or folder {path}", "correct the path", fault=Fault.ENVIRONMENT)
    return path


def _existing_folder(path: Path, info: ValidationInfo) -> Path:
    path = _anchored(path, info)
    if info.context is not None and not path.is_dir():
        what = f"{path} is a file, not a folder" if path.is_file() else f"there is no folder {path}"
        raise problem(what, "correct the path, or create the folder", fault=Fault.ENVIRONMENT)
    return path


OutputPath = Annotated[Path, AfterValidator(_anchored)]
"""What is written; relative to the configuration file's folder."""
InputFile = Annotated[Path, AfterValidator(_existing_file)]
"""What is read, and must exist; relative to the configuration file's folder."""
InputPath = Annotated[Path, AfterValidator(_existing)]
"""The same, a file or a folder."""
InputFolder = Annotated[Path, AfterValidator(_existing_folder)]
"""The same, a folder."""


def _network(value: Any) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    if not isinstance(value, str):
        raise problem("an address prefix is a string", 'write it like "192.0.2.0/24" or "2001:db8::/32"')
    try:
        return ip_network(value)
    except ValueError:
        pass
    try:
        whole = ip_network(value, strict=False)
    except ValueError:
        what = f'"{value[:60]}" is no address prefix'
        raise problem(what, 'write it like "192.0.2.0/24" or "2001:db8::/32"') from None
    raise problem(f'"{value}" has bits set behind the prefix', f'write "{whole}"')


Prefix = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
"""An address prefix; a bare address means that address alone."""

Port = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Flag = Annotated[bool, Field(strict=True)]
Seconds = Annotated[float, Field(strict=True, ge=0, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True, min_length=1, max_length=1_000)]


class Secret(Section):
    """A reference to a secret: `{ env = "NAME" }` or `{ file = "path" }`. The value itself is never stored here."""

    env: Text | None = None
    """Name of the environment variable that holds it."""
    file: OutputPath | None = None
    """File that holds it; one line break at its end is dropped."""

    @model_validator(mode="before")
    @classmethod
    def _is_no_value(cls, value: Any) -> Any:
        if isinstance(value, Secret):
            return value
        if not isinstance(value, dict):
            raise problem("a secret must not stand in this file", 'write { env = "NAME" } or { file = "path" }')
        return value

    @model_validator(mode="after")
    def _is_there(self, info: ValidationInfo) -> Self:
        if (self.env is None) == (self.file is None):
            raise problem("a secret comes from exactly one place", 'write { env = "NAME" } or { file = "path" }')
        if info.context is not None:
            try:
                self.reveal()
            except ConfigurationError as error:
                instead = "set it before the start" if self.env else "put the secret there, readable by this user"
                raise problem(error.detail, instead, fault=Fault.ENVIRONMENT) from None
        return self

    def reveal(self) -> SecretStr:
        """Fetches the secret, in the process that needs it.

        Raises:
            ConfigurationError: The variable is not set, or the file is not readable, is too large, or is no UTF-8.
        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if not value:
                raise ConfigurationError("secret", f"the environment variable {self.env} is not set")
            return SecretStr(value)
        return SecretStr(_secret_of_file(self.file or Path()))


def _secret_of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET_BYTES + 1)
        if len(content) > MAX_SECRET_BYTES:
            raise ConfigurationError("secret", f"{path} is larger than a secret: over {MAX_SECRET_BYTES} octets")
        value = content.decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise ConfigurationError("secret", f"cannot read {path}: {os.strerror(error.errno or 0)}") from None
    except UnicodeDecodeError:
        raise ConfigurationError("secret", f"{path} is not UTF-8 text") from None
    if not value:
        raise ConfigurationError("secret", f"{path} is empty")
    return value
