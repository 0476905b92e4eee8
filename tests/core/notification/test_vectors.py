"""The shared vectors: one file name, one notification, whatever wrapper and encoding."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders import message
from tests.core.notification.samples import MEDIA_TYPES
from tests.shared_data import ROOT, shared
from yangbeam.core.elements import Notification
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import body_of, contents_of, edits_of
from yangbeam.core.notification.target import parse_target

_FOLDERS = {
    "envelope": (".json", "H8"),
    "legacy": (".json", "H2"),
    "xml-rfc5277": (".xml", "X1"),
    "xml-envelope": (".xml", "X2"),
    "cbor-names": (".cbor", "C1/H8"),
    "cbor-sid": (".cbor", "C2/H8"),
}
_NAMES = sorted(path.stem for path in (ROOT / "vectors" / "inner").glob("*.json")) or ["absent"]


def _decoded(path: Path) -> Notification:
    return decode(message(path.read_bytes(), media_type=MEDIA_TYPES[path.suffix]))


def _facts(found: Notification) -> dict[str, Any]:
    names = ("kind", "subscription_id", "publisher_id", "observed_at", "point_in_time", "patch_id", "reason")
    return {name: getattr(found, name) for name in (*names, "incomplete", "terms", "quirks")}


@pytest.mark.parametrize("name", _NAMES)
def test_one_file_name_is_one_notification_in_every_wrapper_and_encoding(name: str) -> None:
    bare = _decoded(shared(f"vectors/inner/{name}.json"))
    assert (bare.wrapper, bare.quirks) == ("H10", ())
    headers = set()
    for folder, (suffix, wrapper) in _FOLDERS.items():
        path = shared("vectors") / folder / f"{name}{suffix}"
        if folder == "cbor-sid" and not path.exists():
            continue
        found = _decoded(path)
        assert found.wrapper == wrapper
        assert _facts(found) == _facts(bare), folder
        if suffix != ".xml":
            assert found.modules == bare.modules
        if wrapper != "X1":
            headers.add((found.node, found.event_time, found.sequence_number))
    assert len(headers) == 1


@pytest.mark.parametrize("name", _NAMES)
def test_contents_bodies_and_edits_are_cut_alike_out_of_every_json_wrapper(name: str) -> None:
    bare = _decoded(shared(f"vectors/inner/{name}.json"))
    squeezed = b"".join(body_of(bare).split())
    for folder in ("envelope", "legacy"):
        found = _decoded(shared(f"vectors/{folder}/{name}.json"))
        assert b"".join(body_of(found).split()) == squeezed
        contents = contents_of(found)
        assert (contents is None) == (found.kind != "push-update")
        assert contents is None or contents in found.message.payload
        for edit in edits_of(found):
            assert parse_target(edit.target)
            assert edit.value is None or edit.value in found.message.payload


@pytest.mark.parametrize(
    ("figure", "kind", "quirks", "modules"),
    [
        (
            "figure-3-subscription-started",
            "subscription-started",
            {
                "misspelt-module:ietf-subscribed-notification",
                "old-name:message-observation-domain-id",
                "old-name:module-name",
            },
            (),
        ),
        (
            "figure-4-push-update",
            "push-update",
            {"old-name:ietf-yang-push-netobs-timestamping:observation-time"},
            ("ietf-interfaces",),
        ),
        (
            "figure-5-push-change-update",
            "push-change-update",
            {
                "old-name:ietf-yang-push-netobs-timestamping:state-changed-observation-time",
                "misplaced-container:datastore-contents",
            },
            ("ietf-subscribed-notifications", "ietf-yang-push"),
        ),
    ],
)
def test_the_figures_of_the_2024_draft_decode_and_their_mistakes_are_named(
    figure: str, kind: str, quirks: set[str], modules: tuple[str, ...]
) -> None:
    found = _decoded(shared(f"vectors/draft-figures/{figure}.json"))
    assert (found.wrapper, found.kind, found.modules) == ("H2", kind, modules)
    assert set(found.quirks) == quirks
    assert found.observed_at == (None if kind == "subscription-started" else "2023-03-25T08:30:11.22Z")
