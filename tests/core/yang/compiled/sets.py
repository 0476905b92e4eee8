"""Schema sets that both judges are asked about: the project's own, and everything that is published and at hand."""

from collections.abc import Callable
from pathlib import Path

from tests.core.yang.schemas import example_set
from tests.shared_data import shared
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.io.yang_directories import bundled, read_modules

HERE = Path(__file__).resolve().parent


def _names(folder: str, *without: str) -> list[str]:
    names = {file.stem.partition("@")[0] for file in shared(f"yang/{folder}").glob("*.yang")}
    return sorted(names - set(without))


def _published(folder: str, *without: str) -> SchemaSet:
    texts = read_modules(shared("yang/ietf-rfc")) | read_modules(shared("yang/iana"))
    return make_schema_set(texts | read_modules(shared(f"yang/{folder}")), _names(folder, *without))


def _interfaces() -> SchemaSet:
    texts = read_modules(shared("yang/telemetry-message-05-set"))
    return make_schema_set(texts, ["ietf-interfaces", "ietf-ip", "iana-if-type@2023-01-26", "ietf-network-instance"])


def _openconfig(*roots: str) -> SchemaSet:
    return make_schema_set(read_modules(shared("yang/openconfig")), roots)


def corners() -> SchemaSet:
    """Every type and node in ways that the two might read differently."""
    return make_schema_set(bundled() | read_modules(HERE), ["corners"])


_MANIFEST = ("ietf-telemetry-message", "ietf-yang-push-telemetry-message")
SETS: dict[str, Callable[[], SchemaSet]] = {
    "corners": corners,
    "plant": lambda: example_set(features={"example-plant": ("heating",)}),
    "ietf-interfaces": _interfaces,
    "iana": lambda: _published("iana"),
    "ietf-rfc": lambda: _published("ietf-rfc", "ietf-yang-instance-data"),
    "ietf-drafts-latest": lambda: _published("ietf-drafts-latest", *_MANIFEST),
    "legacy-drafts": lambda: _published("legacy-drafts", "ietf-yang-push-metadata"),
    "notif-envelope-04": lambda: _published("notif-envelope-04-set"),
    "telemetry-message-05": lambda: _published("telemetry-message-05-set"),
    "openconfig-bgp": lambda: _openconfig("openconfig-network-instance"),
    "openconfig-interfaces": lambda: _openconfig(
        *("openconfig-interfaces", "openconfig-if-ip", "openconfig-if-ethernet", "openconfig-if-aggregate"),
        "openconfig-vlan",
    ),
    "openconfig": lambda: _openconfig(*_names("openconfig")),
}
"""By name; those of published modules skip the test where the modules are absent."""

OWN = ("corners", "plant")
"""Sets that are part of the project."""
