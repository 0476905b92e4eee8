"""`decode`: what it prints of captures."""

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.pipeline.commands import capture, run
from tests.shared_data import shared
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import MediaType
from yangbeam.core.udp_notif import segments_of
from yangbeam.pipeline.exit_codes import ExitCode

GOLDEN = Path(__file__).parents[1] / "golden" / "notifications"
KEYS = [
    "exporter",
    "port",
    "publisher_id",
    "message_id",
    "media_type",
    "node",
    "event_time",
    "sequence_number",
    "kind",
    "subscription_id",
    "wrapper",
    "body",
]


class TestDecode:
    """One JSON object per notification."""

    def decoded(self, capfdbinary: pytest.CaptureFixture[bytes], *arguments: str) -> list[dict[str, Any]]:
        assert run("decode", *arguments) == ExitCode.OK
        sys.stdout.flush()
        return [orjson.loads(line) for line in capfdbinary.readouterr().out.splitlines()]

    def test_a_notification_has_exactly_the_promised_keys(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, payload))
        (found,) = self.decoded(capfdbinary, str(path))
        assert list(found) == KEYS
        assert found["exporter"] == "192.0.2.1"
        assert (found["publisher_id"], found["message_id"], found["wrapper"]) == (3, 0, "H8")
        assert found["kind"] == "push-update"
        assert found["body"]["id"] == found["subscription_id"]

    def test_what_cannot_be_decoded_is_an_error_with_the_same_transport_fields(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, b"{"), (MediaType.JSON, b""), (MediaType.XML, b"<a/>"))
        found = self.decoded(capfdbinary, str(path))
        assert len(found) == 3
        for number, each in enumerate(found):
            assert list(each) == [*KEYS[:5], "error"]
            assert each["message_id"] == number
            assert set(each["error"]) == {"reason", "detail", "fault"}

    def test_what_the_receiver_refuses_stands_in_its_place(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        good = segments_of(payload, media_type=MediaType.JSON, publisher_id=3, message_id=1)[0]
        frames = [good, bytes([0x61]) + good[1:], good]
        path = tmp_path / "a.pcap"
        path.write_bytes(pcap([(number, ethernet(ipv4(udp(each)))) for number, each in enumerate(frames)]))
        found = self.decoded(capfdbinary, str(path))
        assert ["error" in each for each in found] == [False, True, False]
        assert found[1]["error"]["reason"] == "unsupported-version"
        assert found[1]["error"]["detail"] == "version 3 is not read: this release reads version 1"
        assert found[1]["media_type"] is None

    def test_version_0_names_its_setting_and_is_read_with_it(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        (old,) = segments_of(payload, media_type=MediaType.JSON, publisher_id=3, message_id=1, version=0)
        path = tmp_path / "a.pcap"
        path.write_bytes(pcap([(0, ethernet(ipv4(udp(old))))]))
        (found,) = self.decoded(capfdbinary, str(path))
        assert found["error"]["detail"] == (
            "version 0 is not read: set version_0 = true in [sources.dialect], or --version-0"
        )
        (found,) = self.decoded(capfdbinary, "--version-0", str(path))
        assert found["kind"] == "push-update"
        assert run("explain", str(path)) == ExitCode.NO_MESSAGE
        assert b"1 UDP datagrams or messages that were refused" in capfdbinary.readouterr().err
        assert run("explain", "--version-0", str(path)) == ExitCode.OK

    @pytest.mark.parametrize("command", ["decode", "explain"])
    def test_a_capture_without_a_message_says_what_it_held(
        self, command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "a.pcap"
        frames = [ethernet(ipv4(udp(b"syslog", 40000, 514))), ethernet(ipv4(udp(b"telemetry", 830, 10003)))]
        path.write_bytes(pcap(list(enumerate(frames))))
        assert run(command, str(path)) == ExitCode.NO_MESSAGE
        told = capfd.readouterr()
        assert told.out == ""
        assert (
            told.err
            == "warning: 2 frames, no message: 2 UDP datagrams to other ports (514, 10003: choose with --port)\n"
        )
        assert run("decode", str(path), "--port", "514", "--port", "10003") == ExitCode.OK

    def test_telemetry_of_system_ports_is_read(self, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        found = self.decoded(capfdbinary, str(shared("cases/capture-frames-silent/c.pcap")))
        assert [each["kind"] for each in found] == ["push-update", "push-update"]

    @pytest.mark.parametrize("command", ["decode", "explain"])
    def test_what_is_not_read_is_told_beside_messages(
        self, command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        payload = (GOLDEN / "push-update-h8.json").read_bytes()
        (good,) = segments_of(payload, media_type=MediaType.JSON, publisher_id=3, message_id=1)
        dial_out = bytes.fromhex("9c40e09c00000001000000018018fa0000000000") + bytes(12)
        dial_out += bytes.fromhex("000100010001000000000004") + bytes(4)
        frames = [ethernet(ipv4(udp(good))), ethernet(ipv4(dial_out, protocol=6))]
        path = tmp_path / "a.pcap"
        path.write_bytes(pcap(list(enumerate(frames))))
        assert run(command, str(path)) == ExitCode.OK
        assert capfd.readouterr().err == (
            "warning: not read from captures: 1 TCP streams of Cisco's dial-out over TCP (not read), to port 57500\n"
        )

    def test_an_obsolete_packet_block_is_read(self, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        (found,) = self.decoded(capfdbinary, str(shared("cases/capture-frames-silent/old-block.pcapng")))
        assert found["kind"] == "push-update"

    @pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.xml")))
    def test_xml_of_known_modules_is_typed(
        self, name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.XML, (GOLDEN / name).read_bytes()))
        (found,) = self.decoded(capfdbinary, str(path))
        assert "error" not in found
        assert isinstance(found["body"]["id"], int)

    def test_contents_of_unknown_modules_are_untyped_until_their_folder_is_given(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        payload = (
            b'<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">'
            b"<eventTime>2026-11-20T10:00:00Z</eventTime>"
            b'<push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>7</id><datastore-contents>'
            b'<top xmlns="urn:example:acme"><count>5</count></top></datastore-contents></push-update></notification>'
        )
        path = capture(tmp_path / "a.pcap", (MediaType.XML, payload))
        (untyped,) = self.decoded(capfdbinary, str(path))
        assert list(untyped) == [*KEYS, "typed"]
        assert untyped["typed"] is False
        assert untyped["body"]["id"] == 7
        modules = tmp_path / "modules"
        modules.mkdir()
        (modules / "acme.yang").write_text(
            "module acme { namespace 'urn:example:acme'; prefix a; revision 2026-01-01;"
            " container top { config false; leaf count { type uint32; } } }"
        )
        (typed,) = self.decoded(capfdbinary, str(path), "--yang", str(modules))
        assert list(typed) == KEYS
        assert typed["body"]["datastore-contents"] == {"acme:top": {"count": 5}}

    def test_only_the_ports_asked_for_are_read(self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, (GOLDEN / "push-update-h8.json").read_bytes()))
        assert len(self.decoded(capfdbinary, str(path), "--port", "10003")) == 1
        assert run("decode", str(path), "--ports", "10004") == ExitCode.NO_MESSAGE

    @pytest.mark.parametrize("content", [None, b"no capture"])
    def test_a_file_that_is_no_capture_is_told_so(
        self, content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "a.pcap"
        if content is not None:
            path.write_bytes(content)
        assert run("decode", str(path)) != ExitCode.OK
        assert "a.pcap" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("ipf-zbl1243-r-daisy-21-yangpush-20241102-1030", 539),
            ("n7-sa1_yang-push", 4),
            ("6wind-vsr-yang-push-20250304-0811-receiver-json", 62),
            ("huawei-MA5800T-X17-yang-push-20250306-1330-receiver", 109),
        ],
    )
    def test_every_message_of_real_captures_is_decoded(
        self, name: str, count: int, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        found = self.decoded(capfdbinary, str(shared(f"captures/{name}/capture.pcap")))
        assert len(found) == count
        assert all(list(each) == KEYS for each in found)

    @pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.cbor")))
    def test_cbor_becomes_json_of_the_same_facts(
        self, name: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        path = capture(tmp_path / "a.pcap", (MediaType.CBOR, (GOLDEN / name).read_bytes()))
        (found,) = self.decoded(capfdbinary, str(path))
        assert "error" not in found
        assert found["body"]["id"] == found["subscription_id"]

    def test_the_body_stays_on_its_line_however_it_was_written(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        plain = orjson.loads((GOLDEN / "push-update-h8.json").read_bytes())
        payload = orjson.dumps(plain, option=orjson.OPT_INDENT_2).replace(b"\n", b"\r\n")
        path = capture(tmp_path / "a.pcap", (MediaType.JSON, payload))
        (found,) = self.decoded(capfdbinary, str(path))
        (body,) = plain["ietf-yp-notification:envelope"]["contents"].values()
        assert found["body"] == body
