"""What real routers send, by modules that are not all there, from capture to report, topics and tables."""

from pathlib import Path
from typing import Any

import cbor2
import duckdb
import orjson
import pytest

from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core import set_aside
from yangbeam.core.dead_groups import Groups
from yangbeam.runners.launch import main

INTERFACE = {
    "name": "eth0",
    "type": "iana-if-type:ethernetCsmacd",
    "oper-status": "up",
    "statistics": {"discontinuity-time": "2026-11-20T10:00:00Z", "in-octets": "1234567890123"},
}
MEDIA = {"json": 1, "xml": 2, "cbor": 3}


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process counted takes no room."""
    monkeypatch.setattr(set_aside, "_NAMES", {})
    monkeypatch.setattr(set_aside, "_GROUPS", Groups(set_aside.MAX_PLACES))
    monkeypatch.setattr(set_aside, "KEPT_ORIGINALS", set_aside.Originals())


def update(number: int, contents: Any, kind: str = "json") -> bytes:
    push = {"ietf-yang-push:push-update": {"id": 1, "datastore-contents": contents}}
    head = {"event-time": "2026-11-20T10:00:00Z", "hostname": "router-1", "sequence-number": number, "contents": push}
    document = {"ietf-yp-notification:envelope": head}
    return cbor2.dumps(document) if kind == "cbor" else orjson.dumps(document)


def of_interface(**more: Any) -> dict[str, Any]:
    return {"ietf-interfaces:interfaces": {"interface": [INTERFACE | more]}}


def datagram(number: int, payload: bytes, kind: str = "json") -> bytes:
    head = bytes([0x20 | MEDIA[kind], 12]) + (12 + len(payload)).to_bytes(2, "big")
    return ethernet(ipv4(udp(head + (7).to_bytes(4, "big") + number.to_bytes(4, "big") + payload)))


class Run:
    """A run over messages, and what it left."""

    def __init__(self, folder: Path, messages: list[bytes], *options: str, **more: Any) -> None:
        at = 1_795_168_810_000_000
        modules, kind = more.get("modules"), more.get("kind", "json")
        frames = [(at + number * 1000, datagram(number, each, kind)) for number, each in enumerate(messages)]
        (folder / "c.pcap").write_bytes(pcap(frames))
        arguments = ["run", "--capture", str(folder / "c.pcap"), "--out", str(folder / "out"), "--view", "off"]
        if modules:
            (folder / "yang").mkdir()
            for name, text in modules.items():
                (folder / "yang" / f"{name}.yang").write_text(text)
            arguments += ["--yang", str(folder / "yang")]
        self.out = folder / "out"
        self.exit_code = main([*arguments, *options])
        self.report: Any = orjson.loads((self.out / "report.json").read_bytes())
        assert self.report["balanced"] is True

    def lines(self, name: str) -> list[Any]:
        file = self.out / name
        return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def messages(self) -> list[Any]:
        return [line["value"]["ietf-telemetry-message:message"] for line in self.lines("telemetry.jsonl")]

    def labels(self) -> list[dict[str, str]]:
        found = [message.get("network-operator-metadata", {"labels": []})["labels"] for message in self.messages()]
        return [{label["name"]: label["string-value"] for label in labels} for labels in found]

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.out / "tables.duckdb"), read_only=True) as database:
            return database.execute(text).fetchall()


def contents(message: Any) -> Any:
    return message["payload"]["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"][
        "datastore-contents"
    ]


def test_an_unknown_leaf_costs_itself_and_the_counters_reach_the_table(tmp_path: Path) -> None:
    sent = [update(0, of_interface()), update(1, of_interface(**{"vendor-optics:temperature": "41.5"}))]
    run = Run(tmp_path, sent)
    assert run.report["dead_letters"] == {}
    assert run.report["messages"]["delivered"] == 2
    place = "/ietf-interfaces:interfaces/interface/vendor-optics:temperature"
    told = run.report["pruned"]
    assert (told["messages"], told["nodes"], told["originals"]) == (1, 1, 1)
    (entry,) = told["set_aside"]
    assert (entry["module"], entry["path"], entry["fault"]) == ("vendor-optics", place, "configuration")
    assert f"{entry['what']}: {entry['cure']}" == "module vendor-optics is not there: add it to --yang DIR"
    assert run.labels() == [
        {},
        {
            "yangbeam-verdict": "pruned",
            "yangbeam-nodes-set-aside": "1",
            "yangbeam-paths-set-aside": place.replace("/interface/", "/interface[name='eth0']/"),
        },
    ]
    assert [contents(message) for message in run.messages()] == [of_interface()] * 2
    assert run.rows("SELECT statistics__in_octets FROM ietf_interfaces__interfaces__interface") == [(1234567890123,)]
    (original,) = run.lines("pruned-originals.jsonl")
    assert (original["reason"], original["octets"]) == ("pruned", len(sent[1]))
    assert not (run.out / "dead-letters.jsonl").exists()


@pytest.mark.parametrize(("allowed", "code"), [("50", 0), ("49.9", 4)])
def test_too_many_pruned_messages_have_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], allowed: str, code: int
) -> None:
    run = Run(tmp_path, [update(0, of_interface()), update(1, of_interface(**{"x:y": 1}))], "--max-pruned", allowed)
    assert run.exit_code == code
    said = "Error: nodes of 1 of 2 messages were set aside: 50 %, and --max-pruned allows 49.9 %"
    assert (said in capsys.readouterr().err) is bool(code)


def test_an_identity_by_prefix_and_an_entry_as_an_object_come_to_the_same_row(tmp_path: Path) -> None:
    alone = {"ietf-interfaces:interfaces": {"interface": INTERFACE}}
    run = Run(tmp_path, [update(0, of_interface(type="ianaift:ethernetCsmacd")), update(1, alone)])
    assert run.report["pruned"]["normalised"] == 2
    assert run.report["pruned"]["habits"] == {"identity-by-prefix": 1, "list-entry-as-object": 1}
    assert [contents(message) for message in run.messages()] == [of_interface()] * 2
    assert [label["yangbeam-verdict"] for label in run.labels()] == ["normalised"] * 2
    assert [label["yangbeam-habits"] for label in run.labels()] == ["identity-by-prefix", "list-entry-as-object"]


def test_anydata_of_a_module_outside_the_set_has_one_verdict_in_every_encoding(tmp_path: Path) -> None:
    module = (
        'module acme-x { yang-version 1.1; namespace "urn:acme:x"; prefix x; '
        "container top { leaf n { type uint32; } anydata ad; } }"
    )
    inside = {"acme-x:top": {"n": 1, "ad": {"other:foo": {"bar": 7}}}}
    xml = (
        b'<envelope xmlns="urn:ietf:params:xml:ns:yang:ietf-yp-notification"><event-time>2026-11-20T10:00:00Z'
        b"</event-time><hostname>router-1</hostname><sequence-number>2</sequence-number><contents>"
        b'<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>1</id><datastore-contents>'
        b'<top xmlns="urn:acme:x"><n>1</n><ad><foo xmlns="urn:other"><bar>7</bar></foo></ad></top>'
        b"</datastore-contents></push-update></contents></envelope>"
    )
    run = Run(tmp_path, [update(0, inside)], modules={"acme-x": module})
    cbor = Run(fresh(tmp_path, "cbor"), [update(1, inside, "cbor")], modules={"acme-x": module}, kind="cbor")
    text = Run(fresh(tmp_path, "xml"), [xml], modules={"acme-x": module}, kind="xml")
    assert contents(run.messages()[0]) == contents(cbor.messages()[0]) == inside
    assert contents(text.messages()[0]) == {"acme-x:top": {"n": 1, "ad": {"other:foo": {"bar": "7"}}}}
    assert [one.labels() for one in (run, cbor, text)] == [[{}]] * 3


def fresh(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_cbor_that_describes_itself_is_read_as_without(tmp_path: Path) -> None:
    run = Run(tmp_path, [b"\xd9\xd9\xf7" + update(0, of_interface(), "cbor")], kind="cbor")
    assert contents(run.messages()[0]) == of_interface()


def test_integers_are_decimal_for_every_sink_alike(tmp_path: Path) -> None:
    module = (
        'module acme-j { yang-version 1.1; namespace "urn:acme:j"; prefix j; '
        "container t { leaf u { type uint64; } leaf n { type uint32; } leaf s { type string; } } }"
    )
    sent = [b'"u":"08"', b'"u":"0x10"', b'"n":1e3', b'"u":" 8"', b'"u":"017"', b'"s":"\\ud83d\\ude00"', b'"n":1.5']
    bodies = [update(at, {"acme-j:t": {"@": 1}}).replace(b'"@":1', each) for at, each in enumerate(sent)]
    run = Run(tmp_path, bodies, modules={"acme-j": module})
    told = [contents(message)["acme-j:t"] for message in run.messages()]
    assert told == [{"u": "08"}, {"n": 1000}, {"u": "8"}, {"u": "017"}, {"s": "\U0001f600"}]
    verdicts = [label.get("yangbeam-verdict") for label in run.labels()]
    assert verdicts == [None, "normalised", "normalised", None, None]
    letters = run.lines("dead-letters.jsonl")
    assert [letter["path"] for letter in letters] == ["/acme-j:t/u", "/acme-j:t/n"]
    assert [letter["stage"] for letter in letters] == ["validate"] * 2
    assert run.rows("SELECT DISTINCT u FROM acme_j__t WHERE u IS NOT NULL ORDER BY 1") == [(17,)]  # one row, the last


def test_an_update_that_says_nothing_is_delivered_and_has_no_rows(tmp_path: Path) -> None:
    run = Run(tmp_path, [update(0, {})])
    assert (run.report["messages"]["delivered"], run.report["tables"], run.labels()) == (1, {}, [{}])


def test_a_module_of_the_contents_that_nobody_has_costs_its_own_nodes_alone(tmp_path: Path) -> None:
    run = Run(tmp_path, [update(0, of_interface() | {"acme-top:top": {"x": 1}}), update(1, {"acme-top:top": {"x": 1}})])
    assert (run.report["messages"]["delivered"], run.report["dead_letters"]) == (1, {"module-missing": 1})
    assert [(one["module"], one["path"]) for one in run.report["pruned"]["set_aside"]] == [
        ("acme-top", "/acme-top:top")
    ]
    assert [contents(message) for message in run.messages()] == [of_interface()]


def test_a_filter_without_its_slash_and_an_identity_by_prefix_in_a_target_are_read(tmp_path: Path) -> None:
    module = (
        'module acme-k { yang-version 1.1; namespace "urn:acme:k"; prefix k; identity kind; '
        "identity bgp { base kind; } container top { list protocol { key of; "
        "leaf of { type identityref { base kind; } } leaf n { type uint32; } } } }"
    )
    terms = {
        "id": 1,
        "ietf-yang-push:datastore": "ietf-datastores:operational",
        "ietf-yang-push:datastore-xpath-filter": "acme-k:top/protocol",
        "ietf-yang-push:on-change": {},
    }
    head = {"event-time": "2026-11-20T10:00:00Z", "hostname": "router-1", "sequence-number": 0}
    started = {"contents": {"ietf-subscribed-notifications:subscription-started": terms}}
    one = {
        "edit-id": "e",
        "operation": "merge",
        "target": "/acme-k:top/protocol[of='k:bgp']",
        "value": {"acme-k:protocol": {"of": "k:bgp", "n": 7}},
    }
    patch = {"yang-patch": {"patch-id": "p", "edit": [one]}}
    change = {"contents": {"ietf-yang-push:push-change-update": {"id": 1, "datastore-changes": patch}}}
    sent = [orjson.dumps({"ietf-yp-notification:envelope": head | each}) for each in (started, change)]
    run = Run(tmp_path, sent, modules={"acme-k": module})
    assert run.report["messages"]["delivered"] == 2, run.lines("dead-letters.jsonl")
    assert run.report["pruned"]["habits"] == {"identity-by-prefix": 2, "list-entry-as-object": 1}
    assert run.rows("SELECT protocol__of, n FROM acme_k__top__protocol") == [("acme-k:bgp", 7)]
    _, key = (line["key"] for line in run.lines("telemetry.jsonl"))
    assert "protocol[" in key
