"""NETCONF sessions over real SSH on loopback: who is let in, what is answered, and what every failure says."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest
from lxml import etree
from ncclient.transport.session import HelloHandler

from tests.registry.discovery.nodes import THINGS
from yangbeam.core.errors import Fault, SchemaError
from yangbeam.core.netconf_answers import refusal_in, schema_text, tidied_hello
from yangbeam.core.yang.yang_library_xml import NAMESPACE, parse_library
from yangbeam.io import netconf
from yangbeam.io.netconf import NetconfError, NetconfSession, NetconfTarget
from yangbeam.simulator.netconf.equipment import equipment
from yangbeam.simulator.netconf.faults import NetconfFaults
from yangbeam.simulator.netconf.server import PASSWORD, USERNAME, NetconfOptions, NetconfServers

ADDRESS = "127.0.1.1"
LIBRARY = f'<yang-library xmlns="{NAMESPACE}"/>'
ROUTER = equipment(THINGS, "c4d9e3f1")


def target_of(servers: NetconfServers, folder: Path) -> NetconfTarget:
    known = folder / "known_hosts"
    known.write_text(servers.known_hosts())
    return NetconfTarget(ADDRESS, servers.port, USERNAME, str(known), password=PASSWORD, connect_s=20, reply_s=20)


@pytest.fixture
def servers() -> Iterator[NetconfServers]:
    with NetconfServers({ADDRESS: ROUTER}) as running:
        yield running


@pytest.fixture
def target(servers: NetconfServers, tmp_path: Path) -> NetconfTarget:
    return target_of(servers, tmp_path)


@pytest.mark.parametrize("chunked", [True, False])
def test_library_and_texts_come_in_either_framing(tmp_path: Path, chunked: bool) -> None:
    with NetconfServers({ADDRESS: ROUTER}, NetconfOptions(chunked=chunked)) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert any("content-id=c4d9e3f1" in capability for capability in session.capabilities)
        library = parse_library(session.get(LIBRARY))
        assert library == ROUTER.library
        replies = {key: session.ask_schema(*key) for key in library.wanted()}
        assert {key: schema_text(reply.data()) for key, reply in replies.items()} == ROUTER.texts
        session.close()
        session.close()


HABITS = {
    "a text in another namespace": NetconfFaults(namespace="http://xml.juniper.net/netconf/junos/1.0"),
    "a text in no namespace": NetconfFaults(namespace=""),
    "a text in no element": NetconfFaults(namespace=None),
    "a warning beside each answer": NetconfFaults(warns=True),
    "answers in chunks of one octet": NetconfFaults(chunk=1),
    "answers in many chunks": NetconfFaults(chunk=1_000),
}


@pytest.mark.parametrize("faults", HABITS.values(), ids=HABITS)
def test_library_and_texts_come_whatever_a_server_s_habit(tmp_path: Path, faults: NetconfFaults) -> None:
    with NetconfServers({ADDRESS: ROUTER}, NetconfOptions(faults=faults)) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert parse_library(session.get(LIBRARY)) == ROUTER.library
        replies = {key: session.ask_schema(*key) for key in ROUTER.library.wanted()}
        assert {key: schema_text(reply.data()) for key, reply in replies.items()} == ROUTER.texts
        session.close()


def test_warnings_without_an_answer_are_a_refusal(tmp_path: Path) -> None:
    with NetconfServers({ADDRESS: ROUTER}, NetconfOptions(faults=NetconfFaults(only_warns=True))) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        with pytest.raises(NetconfError, match="refuses: partial-operation, this is a warning"):
            session.ask_schema("things", "").data()
        session.close()


def test_a_large_text_in_many_chunks_comes_whole(tmp_path: Path) -> None:
    large = f'module large {{ namespace "urn:l"; prefix l; description "{"é" * 1_500_000}"; }}\n'
    options = NetconfOptions(faults=NetconfFaults(chunk=1_001))
    with NetconfServers({ADDRESS: equipment([large], "1")}, options) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert schema_text(session.ask_schema("large", "").data()) == large
        session.close()


def test_a_text_with_every_kind_of_character_comes_as_it_is(tmp_path: Path) -> None:
    odd = 'module odd { namespace "urn:odd"; prefix odd; description "<&> \t é ∀ 𝄞 ]]>]]> \n#5\n"; }\n'
    with NetconfServers({ADDRESS: equipment([odd], "1")}) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert schema_text(session.ask_schema("odd", "").data()) == odd
        session.close()


def test_white_space_around_a_text_is_not_part_of_it(tmp_path: Path) -> None:
    with NetconfServers({ADDRESS: equipment(["\n  module a { prefix a; }  \n\n "], "1")}) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert schema_text(session.ask_schema("a", "").data()) == "module a { prefix a; }\n"
        session.close()


def test_a_large_text_comes_whole(tmp_path: Path) -> None:
    large = f'module large {{ namespace "urn:l"; prefix l; description "{"é" * 1_000_000}"; }}\n'
    with NetconfServers({ADDRESS: equipment([large], "1")}) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        assert schema_text(session.ask_schema("large", "").data()) == large
        session.close()


def test_a_refusal_says_what_the_node_said_and_the_session_goes_on(target: NetconfTarget) -> None:
    session = NetconfSession(target)
    with pytest.raises(NetconfError, match=r"port .* refuses: invalid-value, no schema nothing") as caught:
        session.ask_schema("nothing", "").data()
    assert (caught.value.reason, caught.value.transient, caught.value.fault) == ("netconf-refused", False, Fault.DEVICE)
    assert parse_library(session.get(LIBRARY)) == ROUTER.library
    session.close()


def test_a_host_key_that_is_not_known_is_refused_with_the_cure(target: NetconfTarget, servers: NetconfServers) -> None:
    Path(target.known_hosts).write_text("")
    with pytest.raises(NetconfError, match=r"SHA256:.* ssh-keyscan -t \w+ -p .* 127.0.1.1 >> /") as caught:
        NetconfSession(target)
    assert (caught.value.reason, caught.value.fault) == ("netconf-host-key-unknown", Fault.CONFIGURATION)
    assert not caught.value.transient
    assert servers.key.fingerprint in caught.value.detail


def test_a_host_key_that_changed_is_told_apart(target: NetconfTarget) -> None:
    known = Path(target.known_hosts)
    another = paramiko.ECDSAKey.generate()
    known.write_text(re.sub(r"AAAA\S+", another.get_base64(), known.read_text()))
    with pytest.raises(NetconfError, match="another host key than the known one") as caught:
        NetconfSession(target)
    assert caught.value.reason == "netconf-host-key-changed"
    # The old key must go first: of two keys of one type the first one counts.
    name = f"[{target.host}]:{target.port}"
    assert f"ssh-keygen -f {known} -R '{name}' && ssh-keyscan -t ecdsa -p {target.port} " in caught.value.detail


def test_a_node_that_is_known_by_a_key_of_another_type_is_told_with_the_cure(
    target: NetconfTarget, servers: NetconfServers
) -> None:
    known = Path(target.known_hosts)
    shown = known.read_text()
    assert shown.split()[1] == "ecdsa-sha2-nistp256"
    another = paramiko.RSAKey.generate(2048)
    known.write_text(f"{shown.split()[0]} ssh-rsa {another.get_base64()}\n")
    with pytest.raises(NetconfError, match=r"known by a host key of another type \(ssh-rsa\)") as caught:
        NetconfSession(target)
    assert caught.value.reason == "netconf-host-key-unknown", "nothing changed: this type was never known"
    assert f"ecdsa-sha2-nistp256 {servers.key.fingerprint}" in caught.value.detail
    assert f": ssh-keyscan -t ecdsa -p {target.port} {target.host} >> {known}" in caught.value.detail
    known.write_text(known.read_text() + shown)  # as the command does
    NetconfSession(target).close()


@pytest.mark.parametrize(
    "others", ["", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb1M7Ie2n3YyK2bHqTdqI8oT9rZr0xW0xv8gqv5y0aA"]
)
def test_a_node_that_is_known_by_an_rsa_key_is_let_in(
    target: NetconfTarget, servers: NetconfServers, others: str
) -> None:
    servers.key = paramiko.RSAKey.generate(2048)
    line = servers.known_hosts()
    name = line.split()[0]
    Path(target.known_hosts).write_text(line + (f"{name} {others}\n" if others else ""))
    NetconfSession(target).close()


def test_no_file_of_known_hosts_is_the_operator_s_to_mend(target: NetconfTarget) -> None:
    with pytest.raises(NetconfError, match="there is no file of known hosts /nowhere") as caught:
        NetconfSession(replace(target, known_hosts="/nowhere"))
    assert caught.value.fault is Fault.CONFIGURATION


def test_only_the_file_counts_not_the_user_s_own_known_hosts(
    target: NetconfTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".ssh").mkdir()
    Path(target.known_hosts).rename(tmp_path / ".ssh" / "known_hosts")
    Path(target.known_hosts).write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(NetconfError, match="not known"):
        NetconfSession(target)
    NetconfSession(replace(target, known_hosts="")).close()


def test_a_wrong_password_is_told_without_being_told(target: NetconfTarget) -> None:
    wrong = replace(target, password="hunter2-hunter2")
    with pytest.raises(NetconfError, match="refuses the login yangbeam with the password") as caught:
        NetconfSession(wrong)
    assert (caught.value.reason, caught.value.transient) == ("netconf-login", False)
    assert "hunter2" not in f"{caught.value!r} {caught.value} {wrong!r}"


def test_a_key_that_is_not_there_is_told(target: NetconfTarget) -> None:
    with pytest.raises(NetconfError, match="with the key /nowhere/id"):
        NetconfSession(replace(target, password="", key_file="/nowhere/id"))


def test_a_node_that_is_not_there_is_tried_again(target: NetconfTarget) -> None:
    with socket.create_server((ADDRESS, 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(NetconfError, match="is its address for management another one") as caught:
        NetconfSession(replace(target, port=port))
    assert (caught.value.reason, caught.value.transient) == ("netconf-unreachable", True)


def test_what_accepts_but_never_speaks_is_left_in_time(target: NetconfTarget) -> None:
    mute = socket.create_server((ADDRESS, 0))
    with mute, pytest.raises(NetconfError, match=r"opened no session within 0.5 s") as caught:
        NetconfSession(replace(target, port=mute.getsockname()[1], connect_s=0.5))
    assert (caught.value.reason, caught.value.transient) == ("netconf-timeout", True)


def test_a_server_without_hello_is_left_in_time(tmp_path: Path) -> None:
    servers = NetconfServers({ADDRESS: ROUTER}, NetconfOptions(faults=NetconfFaults(silent=1.0)))
    with servers, pytest.raises(NetconfError, match=r"opened no session within 1 s"):
        NetconfSession(replace(target_of(servers, tmp_path), connect_s=1.0))


def test_what_is_no_ssh_is_told(target: NetconfTarget) -> None:
    with socket.create_server((ADDRESS, 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
            connection.close()

        greeting = threading.Thread(target=greet)
        greeting.start()
        with pytest.raises(NetconfError, match="opens no NETCONF session") as caught:
            NetconfSession(replace(target, port=server.getsockname()[1]))
        greeting.join()
    assert caught.value.transient


def test_a_request_that_is_never_answered_ends_in_time(tmp_path: Path) -> None:
    faults = NetconfFaults(silent=0.999)
    with NetconfServers({ADDRESS: ROUTER}, NetconfOptions(faults=faults)) as servers:
        session = NetconfSession(replace(target_of(servers, tmp_path), reply_s=0.5))
        with pytest.raises(NetconfError, match=r"did not answer within 0.5 s") as caught:
            session.get(LIBRARY)
        assert (caught.value.reason, caught.value.transient) == ("netconf-timeout", True)
        session.close()


def test_a_session_that_the_node_drops_is_told_at_once_and_stays_dead(tmp_path: Path) -> None:
    with NetconfServers({ADDRESS: ROUTER}, NetconfOptions(faults=NetconfFaults(drops=1.0))) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        for _ in range(2):
            with pytest.raises(NetconfError, match="ended the session") as caught:
                session.get(LIBRARY)
            assert (caught.value.reason, caught.value.transient) == ("netconf-dropped", True)
        session.close()


def test_an_answer_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netconf, "MAX_REPLY_BYTES", 20_000)
    large = f'module large {{ namespace "urn:l"; prefix l; description "{"x" * 100_000}"; }}'
    with NetconfServers({ADDRESS: equipment([large], "1")}) as servers:
        session = NetconfSession(target_of(servers, tmp_path))
        with pytest.raises(NetconfError, match="more than 20,000 octets"):
            session.ask_schema("large", "").data()
        session.close()


def test_an_answer_that_is_no_xml_is_refused(target: NetconfTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = b'<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="%s"><data>\x01</data></rpc-reply>'

    def broken(request: bytes, *_: object) -> bytes:
        found = re.search(rb'message-id="([^"]+)"', request)
        return reply % (found[1] if found else b"")

    monkeypatch.setattr("yangbeam.simulator.netconf.server.answer", broken)
    session = NetconfSession(target)
    with pytest.raises(SchemaError, match=r"an answer of 127.0.1.1 .* is no XML"):
        session.get(LIBRARY)
    session.close()


_TEXT = 'module m { namespace "urn:m"; prefix m; description "a < b && c \u00e9"; }'
_ESCAPED = _TEXT.replace("&", "&amp;").replace("<", "&lt;")
_WARNING = "<rpc-error><error-severity>warning</error-severity><error-message>hm</error-message></rpc-error>"
REPLIES = {
    "prefixes on every element": f'<n:r xmlns:n="urn:n"><m:data xmlns:m="urn:m">{_ESCAPED}</m:data></n:r>',
    "CDATA": f"<rpc-reply><data><![CDATA[{_TEXT}]]></data></rpc-reply>",
    "CDATA in pieces": f"<rpc-reply><data><![CDATA[{_TEXT[:30]}]]><![CDATA[{_TEXT[30:]}]]></data></rpc-reply>",
    "a declaration": f'<?xml version="1.0" encoding="UTF-8"?>\n<rpc-reply><data>\n{_ESCAPED}\n</data></rpc-reply>',
    "comments": f"<rpc-reply><!-- a --><data>{_ESCAPED[:20]}<!-- b -->{_ESCAPED[20:]}</data></rpc-reply>",
    "processing instructions": f"<rpc-reply><?a b?><data><?c d?>{_ESCAPED}</data></rpc-reply>",
    "character references": f"<rpc-reply><data>{_ESCAPED.replace('m {', 'm&#32;&#x7b;')}</data></rpc-reply>",
    "an element around the data": f"<rpc-reply><schema><data>{_ESCAPED}</data></schema></rpc-reply>",
    "warnings before the data": f"<rpc-reply>{_WARNING * 2}<data>{_ESCAPED}</data></rpc-reply>",
    "warnings around a text in no element": f"<rpc-reply>{_WARNING}{_ESCAPED}{_WARNING}</rpc-reply>",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_text_is_read_as_xml_means_it_however_its_answer_is_written(reply: str) -> None:
    answer = etree.fromstring(reply.encode())
    assert refusal_in(answer) is None
    assert schema_text(answer) == f"{_TEXT}\n"


@pytest.mark.parametrize("answer", [_WARNING * 2, f"<!-- a -->{_WARNING}", f"\n{_WARNING}<?a b?>\n"])
def test_warnings_and_nothing_else_are_a_refusal(answer: str) -> None:
    assert refusal_in(etree.fromstring(f"<rpc-reply>{answer}</rpc-reply>")) is not None


def test_of_errors_and_warnings_the_error_refuses() -> None:
    error = _WARNING.replace("warning", "error").replace("hm", "gone")
    answer = etree.fromstring(f"<rpc-reply>{_WARNING}{error}<data>{_ESCAPED}</data></rpc-reply>")
    found = refusal_in(answer)
    assert found is not None
    assert found.findtext("error-message") == "gone"


@pytest.mark.parametrize("prefix", ["", "nc:"])
def test_capabilities_are_known_whatever_blanks_and_comments_are_around_them(prefix: str) -> None:
    name = f"{prefix}capability"
    said = [
        "\n  urn:ietf:params:netconf:base:1.1 \n",
        "http://acme.example/m?module=m&amp;revision=2024-01-01 <!-- c -->",
    ]
    capabilities = "<!-- a -->".join(f"<{name}>{each}</{name}>" for each in said)
    space = f'xmlns{":nc" if prefix else ""}="urn:ietf:params:xml:ns:netconf:base:1.0"'
    inside = f"<{prefix}capabilities>{capabilities}</{prefix}capabilities>"
    hello = f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}hello {space}>{inside}</{prefix}hello>'
    session, found = HelloHandler.parse(tidied_hello(hello, 1 << 20))  # without a session-id
    assert not session
    assert ":base:1.1" in found
    assert "http://acme.example/m?module=m&revision=2024-01-01" in found


def test_what_is_no_xml_is_left_to_who_reads_the_hello() -> None:
    assert tidied_hello("<hello", 1 << 20) == "<hello"
