"""Schema sets that tests load: the project's own examples, the bundled modules, and published ones."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.shared_data import shared
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import Root, SchemaSet, make_schema_set
from yangbeam.io.yang_directories import bundled, read_modules, write_set

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "yang"

NOTIFICATION_ROOTS = (
    "ietf-interfaces",
    "iana-if-type",
    "ietf-yp-notification",
    "ietf-distributed-notif",
    "ietf-yp-observation",
    "ietf-yang-push-revision",
    "ietf-udp-notif-transport",
    "ietf-notification-sequencing",
    "ietf-yang-push-telemetry-message",
)
"""What the notifications of RFC 8639 and 8641 and their drafts are made of."""


def example_texts() -> dict[str, str]:
    ours = read_modules(GOLDEN / "modules")
    name = "ietf-yang-structure-ext.yang"
    return ours | {name: bundled()[name]}


def example_set(**options: Mapping[str, tuple[str, ...]]) -> SchemaSet:
    return make_schema_set(example_texts(), ["example-plant-more", "example-plant-deviations"], **options)


def published_texts() -> dict[str, str]:
    """The published drafts with what they need; one consistent choice among their revisions."""
    texts = read_modules(shared("yang/ietf-drafts-latest"))
    texts |= read_modules(shared("yang/ietf-rfc")) | read_modules(shared("yang/iana"))
    del texts["ietf-platform-manifest@2026-06-27.yang"]
    for folder, name in (
        ("telemetry-message-05-set", "ietf-platform-manifest@2025-02-21.yang"),
        ("legacy-drafts", "ietf-notification-sequencing@2023-06-30.yang"),
    ):
        texts[name] = shared(f"yang/{folder}/{name}").read_text()
    return texts


@contextmanager
def loaded(schema_set: SchemaSet, cache: Path) -> Iterator[Schema]:
    with Schema(schema_set, write_set(schema_set, cache)) as schema:
        yield schema


def notification_set(texts: Mapping[str, str], *more: Root) -> SchemaSet:
    return make_schema_set(texts, [*NOTIFICATION_ROOTS, *more])


def refusal_of(call: Callable[[], object]) -> InvalidInstanceError | None:
    """What a call was refused with; None when it was accepted. Any other exception is a bug and passes through."""
    try:
        call()
    except InvalidInstanceError as error:
        return error
    return None
