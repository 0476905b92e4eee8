"""Contents are judged by libyang, with the modules that pyang brings."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.simulator.receiving import planned
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import make_schema_set

MODULES = Path(sys.prefix) / "share" / "yang" / "modules"
ROOTS = ("ietf-interfaces", "iana-if-type", "ietf-hardware", "iana-hardware")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    directory = tmp_path_factory.mktemp("yang")
    texts = {path.name: path.read_text() for folder in ("ietf", "iana") for path in (MODULES / folder).glob("*.yang")}
    schema_set = make_schema_set(texts, ROOTS)
    for name, text in schema_set.files().items():
        (directory / name).write_text(text)
    with Schema(schema_set, directory) as loaded:
        yield loaded


def bodies(**options: object) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(truth, body) of every update of a simulation in JSON."""
    for delivery in planned(habits=("standard",), subscriptions=4, messages=200, interfaces=4, **options):
        if delivery.record.kind.startswith("push"):
            payload = b"".join(datagram[datagram[1] :] for datagram in delivery.datagrams)
            contents = orjson.loads(payload)["ietf-yp-notification:envelope"]["contents"]
            yield delivery.record, contents[f"ietf-yang-push:{delivery.record.kind}"]


def test_the_contents_of_push_updates_satisfy_every_rule_of_their_modules(schema: Schema) -> None:
    updates = [body for record, body in bodies() if record.kind == "push-update"]
    assert updates
    for body in updates:
        schema.validate_contents(orjson.dumps(body["datastore-contents"]), "full")


def instance(edit: dict[str, Any]) -> dict[str, Any]:
    """The tree that an edit's target and value describe together."""
    name, value = next(iter(edit["value"].items()))
    top, entry, *below = edit["target"].lstrip("/").split("/")
    keyed, _, key = entry.partition("=")
    if not below:
        return {top: {keyed: value}}
    inner: Any = {name.partition(":")[2]: value}
    for step in reversed(below[:-1]):
        inner = {step: inner}
    return {top: {keyed: [{"name": key.replace("%20", " "), **inner}]}}


def test_the_values_of_edits_satisfy_the_types_of_their_modules(schema: Schema) -> None:
    seen: set[str] = set()
    for record, body in bodies():
        if record.kind == "push-change-update":
            for edit in body["datastore-changes"]["yang-patch"]["edit"]:
                seen.add(edit["operation"])
                if "value" in edit:
                    schema.validate_contents(orjson.dumps(instance(edit)))
    assert seen == {"create", "merge", "replace", "delete"}


def test_injured_contents_are_refused_and_all_others_accepted(schema: Schema) -> None:
    met: set[str] = set()
    for record, body in bodies(invalid=0.3):
        if record.kind == "push-update":
            documents = [body["datastore-contents"]]
        else:
            edits = body["datastore-changes"]["yang-patch"]["edit"]
            documents = [instance(edit) for edit in edits if "value" in edit]
        refused = False
        for document in documents:
            try:
                schema.validate_contents(orjson.dumps(document))
            except InvalidInstanceError:
                refused = True
        assert refused == bool(record.done)
        met |= set(record.done)
    assert met == {"invalid-number", "invalid-leaf", "invalid-enum"}


def test_an_interface_has_22_leaves_of_which_13_count() -> None:
    body = next(body for _, body in bodies())
    entry = body["datastore-contents"]["ietf-interfaces:interfaces"]["interface"][0]
    statistics = entry.pop("statistics")
    assert len(entry) + len(statistics) == 22
    assert sum(type(value) is str and value.isdigit() for value in statistics.values()) == 8
    assert sum(type(value) is int for value in statistics.values()) == 5


def test_counters_grow_with_time() -> None:
    octets = [
        int(body["datastore-contents"]["ietf-interfaces:interfaces"]["interface"][0]["statistics"]["in-octets"])
        for record, body in bodies()
        if record.subscription == 1 and record.router == 0 and "datastore-contents" in body
    ]
    assert len(octets) > 10
    assert octets == sorted(set(octets))


def test_patch_ids_count_up_for_each_subscription() -> None:
    patches: dict[tuple[int, int], list[int]] = {}
    for record, body in bodies():
        if record.kind == "push-change-update":
            number = int(body["datastore-changes"]["yang-patch"]["patch-id"])
            patches.setdefault((record.router, record.subscription), []).append(number)
    assert len(patches) == 6
    assert all(numbers == list(range(len(numbers))) for numbers in patches.values())
