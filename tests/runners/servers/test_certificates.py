"""Certificates of the development servers: whom they let in, and the one that has expired."""

import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S
from yangbeam.runners.servers.certificates import Certificates, make_certificates


@pytest.fixture
def files(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "certificates")


def handshake(files: Certificates, server: Path) -> str:
    """Shakes hands on loopback with both sides' certificates; returns the client's name as the server sees it."""
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=files.authority)
    serving.load_cert_chain(server)
    serving.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=files.authority)
    asking.load_cert_chain(files.client)
    seen: list[str] = []

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        try:
            with serving.wrap_socket(connection, server_side=True) as secure:
                peer = secure.getpeercert() or {}
                seen.append(dict(pair[0] for pair in peer["subject"])["commonName"])
        except ssl.SSLError:
            seen.append("refused")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname(), timeout=PATIENCE_S) as plain,
                asking.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
            ):
                secure.recv(1)
        finally:
            thread.join(PATIENCE_S)
    return seen[0]


def test_both_sides_know_each_other_by_the_same_authority(files: Certificates) -> None:
    assert handshake(files, files.server) == "yangbeam"


def test_the_expired_one_is_refused_for_that(files: Certificates) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(files, files.expired)


def test_keys_are_readable_for_their_owner_alone_and_the_authoritys_is_nowhere(files: Certificates) -> None:
    for path in (files.server, files.client, files.expired):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"PRIVATE KEY" in path.read_bytes()
    assert b"PRIVATE KEY" not in files.authority.read_bytes()
