"""The shared vectors through the whole graph: one file name, one JSON body, whatever wrapper and encoding."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.builders import ARRIVAL_US, message
from tests.core.notification.samples import MEDIA_TYPES
from tests.runners.whole_graph import Outcome, outcome_of, registry
from tests.shared_data import shared
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import DeadLetter, EndOfInput, MessageBatch
from yangbeam.runners.launch import main

FOLDERS = ("inner", "envelope", "legacy", "xml-rfc5277", "xml-envelope", "cbor-names", "cbor-sid", "draft-figures")
FICTIONAL = "push-change-update-user-ordered"
WRAPPERS = ("ietf-yp-notification:envelope", "ietf-notification:notification", "contents")

Origin = tuple[str, str]
"""Folder and file name without its suffix."""


@pytest.fixture(scope="module")
def exporters() -> dict[str, Origin]:
    """An exporter of its own for every file, so that none knows of another's subscriptions."""
    found: dict[str, Origin] = {}
    for folder_number, folder in enumerate(FOLDERS):
        for number, path in enumerate(sorted(shared(f"vectors/{folder}").iterdir())):
            found[f"198.51.{folder_number}.{number}"] = (folder, path.name)
    return found


@pytest.fixture(scope="module")
def outcome(exporters: dict[str, Origin], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    messages = [
        message(
            shared(f"vectors/{folder}/{name}").read_bytes(),
            exporter=exporter,
            media_type=MEDIA_TYPES[Path(name).suffix],
        )
        for exporter, (folder, name) in exporters.items()
    ]
    folder = tmp_path_factory.mktemp("vectors")
    batch = MessageBatch(messages=messages, controls=[EndOfInput(len(messages), ARRIVAL_US)])
    return outcome_of([batch], registry(folder), folder)


def body(value: bytes) -> tuple[str, Any]:
    """The notification in a telemetry message: its qualified name and its members."""
    tree = orjson.loads(value)["ietf-telemetry-message:message"]["payload"]
    while wrapper := next((name for name in WRAPPERS if name in tree), None):
        tree = tree[wrapper]
    ((name, members),) = ((name, members) for name, members in tree.items() if isinstance(members, dict))
    return name, members


def letters(outcome: Outcome, exporters: dict[str, Origin], name: str) -> dict[str, DeadLetter]:
    """The dead letters of one file name, by folder."""
    of_name = ((exporters[letter.exporter], letter) for letter in outcome.letters)
    return {folder: letter for (folder, file), letter in of_name if Path(file).stem == name}


def test_every_wrapper_and_encoding_of_a_file_name_comes_to_the_body_of_the_json_vector(
    outcome: Outcome, exporters: dict[str, Origin]
) -> None:
    found: dict[str, dict[str, tuple[str, Any]]] = {}
    for record in outcome.telemetry:
        folder, name = exporters[record.exporter]
        if folder != "draft-figures":
            assert record.schema_id is not None
            found.setdefault(Path(name).stem, {})[folder] = body(record.value)
    names = {Path(name).stem for folder, name in exporters.values() if folder == "inner"}
    assert found.keys() == names - {FICTIONAL}
    for name, bodies in found.items():
        ((top, members),) = orjson.loads(shared(f"vectors/inner/{name}.json").read_bytes()).items()
        assert bodies == dict.fromkeys(bodies, (top, members)), name
        assert len(bodies) >= 6
    assert "cbor-sid" in found["subscription-terminated"]


def test_contents_of_a_module_that_nobody_has_become_dead_letters_that_name_it(
    outcome: Outcome, exporters: dict[str, Origin]
) -> None:
    found = letters(outcome, exporters, FICTIONAL)
    assert found.keys() == {"inner", "envelope", "legacy", "xml-rfc5277", "xml-envelope", "cbor-names"}
    assert {letter.reason for letter in found.values()} == {"module-missing"}
    assert all("module example-jukebox is not" in letter.detail for letter in found.values())


def test_the_draft_figures_are_decoded_and_two_of_them_refused_with_the_mistake_in_words(
    outcome: Outcome, exporters: dict[str, Origin]
) -> None:
    figures = [exporter for exporter, (folder, _) in exporters.items() if folder == "draft-figures"]
    assert [outcome.exporters[exporter]["decoded"] for exporter in figures] == [1, 1, 1]
    assert [outcome.exporters[exporter].get("delivered:memory", 0) for exporter in figures] == [1, 0, 0]
    fourth = letters(outcome, exporters, "figure-4-push-update")["draft-figures"]
    assert (fourth.reason, fourth.path) == ("invalid-contents", "/ietf-interfaces:interfaces")
    assert "container /ietf-interfaces:interfaces is given as an array" in fourth.detail
    # Figure 5 has its yang-patch under datastore-contents, which a push-change-update has not (RFC 8641 section 3.7:
    # datastore-changes). It is understood, as the quirk tells, but not valid.
    fifth = letters(outcome, exporters, "figure-5-push-change-update")["draft-figures"]
    assert fifth.reason == "invalid-notification"
    assert "no node 'datastore-contents' in notification /ietf-yang-push:push-change-update" in fifth.detail


def test_the_quirks_of_the_draft_figures_are_counted(outcome: Outcome) -> None:
    quirks = {name: count for name, count in outcome.counts.items() if name.startswith("quirk:")}
    before = "quirk:old-name:ietf-yang-push-netobs-timestamping"
    assert quirks == {
        "quirk:misspelt-module:ietf-subscribed-notification": 1,
        "quirk:old-name:message-observation-domain-id": 1,
        "quirk:old-name:module-name": 1,
        f"{before}:observation-time": 1,
        f"{before}:state-changed-observation-time": 1,
        "quirk:misplaced-container:datastore-contents": 1,
    }


def test_the_vectors_balance(outcome: Outcome) -> None:
    assert outcome.unbalanced() == []
    assert outcome.counts["received"] == len(outcome.telemetry) + len(outcome.letters)


DATAGRAMS: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {
    "01-json-started": (1, {}, {}),
    "02-json-pushupdate-3seg-max250": (1, {}, {}),
    "03-json-pushupdate-3seg-reordered-dup": (1, {"duplicate_segments": 1}, {}),
    "04-cbor-pushupdate": (1, {}, {}),
    "05-xml-pushupdate": (1, {}, {}),
    "06-netgauze-minimal": (0, {}, {"not-json": 1}),
    "07-private-S1-opt2-legacy18": (0, {"private_media_type": 1}, {"private-media-type": 1}),
    "08-unknown-option-0x7f": (0, {"unsupported_option": 1}, {"unsupported-option": 1}),
    "09-version0": (0, {"unsupported_version": 1}, {"unsupported-version": 1}),
    "10-version2": (0, {"unsupported_version": 1}, {"unsupported-version": 1}),
    "11-msglen-too-long": (0, {"malformed": 1}, {"malformed": 1}),
    "12-msglen-short-trailing-padding": (1, {"trailing_octets": 1}, {}),
    "13-hdrlen-below-12": (0, {"malformed": 1}, {"malformed": 1}),
    "14-option-len-0": (0, {"malformed": 1}, {"malformed": 1}),
    "15-truncated-11-bytes": (0, {"malformed": 1}, {"malformed": 1}),
    "16-mt0-reserved": (0, {"unsupported_media_type": 1}, {"unsupported-media-type": 1}),
    "17-mid-wrap": (2, {}, {}),
    "18-arrcus-L-in-msb": (0, {"too_many_segments": 1}, {"too-many-segments": 1}),
}
"""Messages delivered, datagram counters, and dead letters, by case."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The report of a run over each case."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(shared("vectors/udp").iterdir()):
        folder = tmp_path_factory.mktemp("udp")
        lines = path.read_text().split()
        frames = [(1_000_000 + at, ethernet(ipv4(udp(bytes.fromhex(line))))) for at, line in enumerate(lines)]
        (folder / "case.pcap").write_bytes(pcap(frames))
        arguments = ["run", "--capture", str(folder / "case.pcap"), "--out", str(folder / "out"), "--view", "off"]
        assert main(arguments) == 0
        found[path.stem] = orjson.loads((folder / "out" / "report.json").read_bytes())
    return found


@pytest.mark.parametrize("case", DATAGRAMS)
def test_a_datagram_case_is_delivered_or_refused_and_counted_by_name(
    case: str, reports: dict[str, dict[str, Any]]
) -> None:
    delivered, counters, dead = DATAGRAMS[case]
    report = reports[case]
    counted = {name: count for name, count in report["datagrams"].items() if count and name != "received"}
    assert (report["messages"]["delivered"], counted, report["dead_letters"]) == (delivered, counters, dead)
    assert report["balanced"]
    assert report["loss"] == {"transport": [], "notification": []}


def test_every_datagram_case_is_in_the_table(reports: dict[str, dict[str, Any]]) -> None:
    assert reports.keys() == DATAGRAMS.keys()
