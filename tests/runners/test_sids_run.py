"""A push-update in CBOR whose every name is a SID, by files that pyang made: the same JSON and rows as by names."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import cbor2
import orjson
import pytest

from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.errors import SchemaError
from yangbeam.io.yang_directories import bundled, read_sids
from yangbeam.runners.launch import main

MODULES = ("ietf-interfaces", "iana-if-type", "ietf-yang-push")
RANGES = {"ietf-interfaces": "60000:200", "iana-if-type": "61000:700", "ietf-yang-push": "62000:300"}
INTERFACE: dict[str, Any] = {
    "name": "eth0",
    "type": "iana-if-type:ethernetCsmacd",
    "oper-status": "up",
    "if-index": 7,
    "statistics": {"discontinuity-time": "2026-11-20T10:00:00Z", "in-octets": "18446744073709551615"},
}
UPDATE = {
    "ietf-yang-push:push-update": {
        "id": 6666,
        "datastore-contents": {"ietf-interfaces:interfaces": {"interface": [INTERFACE]}},
    }
}
ENVELOPE, CONTENTS = 2957, 2958
ENUMS = {"up": 1, "down": 2}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .sid files that pyang makes of the modules."""
    folder = tmp_path_factory.mktemp("sid")
    texts = bundled()
    for name, text in texts.items():
        (folder / name).write_text(text)
    pyang = Path(sys.executable).with_name("pyang")
    for name in MODULES:
        command = [str(pyang), "-p", ".", "--sid-generate-file", RANGES[name], f"{name}.yang"]
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert list(folder.glob(f"{name}@*.sid")), made.stdout + made.stderr
    return folder


def sids_of(files: Path) -> tuple[dict[str, int], dict[str, int]]:
    """SID by schema path, and by identity: read by the test itself."""
    nodes: dict[str, int] = {}
    identities: dict[str, int] = {}
    for file in files.glob("*.sid"):
        content = orjson.loads(file.read_bytes())["ietf-sid-file:sid-file"]
        for item in content["item"]:
            if item["namespace"] == "data":
                nodes[item["identifier"]] = int(item["sid"])
            elif item["namespace"] == "identity":
                identities[f"{content['module-name']}:{item['identifier']}"] = int(item["sid"])
    return nodes, identities


class Encoder:
    """JSON as CBOR with SIDs: deltas to the parent, in anydata to the anydata (RFC 9254 sections 4.2, 4.5)."""

    def __init__(self, files: Path) -> None:
        self._nodes, self._identities = sids_of(files)

    def members(self, value: dict[str, Any], path: str, parent: int) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for name, inner in value.items():
            below = f"/{name}" if ":" in name else f"{path}/{name}"
            sid = self._nodes[below]
            found[sid - parent] = self._value(name, inner, below, sid)
        return found

    def _value(self, name: str, inner: Any, path: str, sid: int) -> Any:
        if isinstance(inner, dict):
            return self.members(inner, path, sid)
        if isinstance(inner, list):
            return [self.members(each, path, sid) for each in inner]
        if name == "type":
            return self._identities[inner]
        if name in {"oper-status", "admin-status"}:
            return ENUMS[inner]
        return int(inner) if isinstance(inner, str) and inner.isdigit() else inner


def by_sid(files: Path, number: int, update: dict[str, Any]) -> bytes:
    header = {2: "2026-11-20T10:00:10.00Z", 3: "example-router", 4: number}
    contents = Encoder(files).members(update, "", CONTENTS)
    return cbor2.dumps({ENVELOPE: {1: contents, **header}})


def by_name(number: int, update: dict[str, Any]) -> bytes:
    head = {"event-time": "2026-11-20T10:00:10.00Z", "hostname": "example-router", "sequence-number": number}
    return orjson.dumps({"ietf-yp-notification:envelope": {"contents": update, **head}})


def datagram(number: int, payload: bytes, media_type: int) -> bytes:
    head = bytes([0x20 | media_type, 12]) + (12 + len(payload)).to_bytes(2, "big")
    return ethernet(ipv4(udp(head + (7).to_bytes(4, "big") + number.to_bytes(4, "big") + payload)))


def ran(folder: Path, frames: list[bytes], files: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[Any]]:
    """Returns report, payloads and dead letters."""
    at = 1_795_168_810_000_000
    (folder / "t.pcap").write_bytes(pcap([(at + number * 1000, frame) for number, frame in enumerate(frames)]))
    (folder / "c.toml").write_text(
        f"[[sources]]\nkind = 'capture'\nfiles = ['t.pcap']\n[schemas]\nsid_files = [{files}]\n"
    )
    assert main(["run", "-c", str(folder / "c.toml"), "--view", "off"]) == 0
    out = folder / "yangbeam-out"
    lines, dead = (_lines(out / name) for name in ("telemetry.jsonl", "dead-letters.jsonl"))
    told = [line["value"]["ietf-telemetry-message:message"]["payload"] for line in lines]
    return orjson.loads((out / "report.json").read_bytes()), told, dead


def _lines(file: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def test_sids_come_to_the_json_that_names_come_to(files: Path, tmp_path: Path) -> None:
    frames = [datagram(0, by_name(0, UPDATE), 1), datagram(1, by_sid(files, 1, UPDATE), 3)]
    report, (named, numbered), _ = ran(tmp_path, frames, f"'{files}'")
    assert report["messages"]["validated"] == 2
    assert named["ietf-yp-notification:envelope"].pop("sequence-number") == 0
    assert numbered["ietf-yp-notification:envelope"].pop("sequence-number") == 1
    assert numbered == named
    assert report["tables"]["ietf_interfaces__interfaces__interface"] == 1  # the same row, written twice


def test_a_sid_that_no_file_names_is_an_error_that_names_it_and_the_cure(files: Path, tmp_path: Path) -> None:
    push = next(files.glob("ietf-yang-push@*.sid"))
    report, told, (letter,) = ran(tmp_path, [datagram(0, by_sid(files, 0, UPDATE), 3)], f"'{push}'")
    assert (report["balanced"], told) == (True, [])
    assert letter["reason"] == "unknown-sid"
    nodes, _ = sids_of(files)
    assert f"SID {nodes['/ietf-interfaces:interfaces']}" in letter["detail"]
    assert "schemas.sid_files" in letter["detail"]


def test_without_any_file_it_is_a_dead_letter_too(files: Path, tmp_path: Path) -> None:
    report, told, (letter,) = ran(tmp_path, [datagram(0, by_sid(files, 0, UPDATE), 3)], "")
    assert (report["balanced"], told) == (True, [])
    assert letter["fault"] == "configuration"


def test_a_value_that_its_type_refuses_is_refused_by_name(files: Path, tmp_path: Path) -> None:
    wrong = orjson.loads(orjson.dumps(UPDATE).replace(b'"if-index":7', b'"if-index":0'))
    _, told, (letter,) = ran(tmp_path, [datagram(0, by_sid(files, 0, wrong), 3)], f"'{files}'")
    assert told == []
    assert letter["path"].endswith("/if-index")


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.sid").write_text("{}")
    with pytest.raises(SchemaError, match=r"x\.sid"):
        read_sids([tmp_path])
    with pytest.raises(SchemaError, match="cannot be read"):
        read_sids([tmp_path / "y.sid"])
