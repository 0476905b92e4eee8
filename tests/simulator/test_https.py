"""Simulated routers that publish by HTTPS-notif, to a real receiver over TLS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority
from tests.simulator.receiving import START_US
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import Message, MessageBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.notification.decode import decode
from yangbeam.core.reader import END
from yangbeam.pipeline.https_reader import HttpsReader
from yangbeam.simulator import SimulateOptions, requests, simulate
from yangbeam.simulator.truth import read_truth


class Site:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self.authority = Authority(folder)
        certificate, key = self.authority.issue("receiver", address="127.0.0.1")
        self.reader = HttpsReader(
            HttpsSettings(
                certificate_file=str(certificate),
                key_file=str(key),
                client_ca_file=str(self.authority.certificate),
                path="/yang",
                **settings,
            )
        )
        self.messages: list[Message] = []
        self._thread = threading.Thread(target=self._poll)
        self._thread.start()

    def _poll(self) -> None:
        while (polled := self.reader.poll(1 << 20, 0.05)) is not END:
            if isinstance(polled, MessageBatch):
                self.messages += polled.messages

    def options(self, **more: Any) -> SimulateOptions:
        certificate, key = self.authority.issue("routers")
        return SimulateOptions(
            **{
                "target": f"127.0.0.1:{self.reader.addresses[0][1]}",
                "https": True,
                "path": "/yang",
                "ca_file": self.authority.certificate,
                "certificate": certificate,
                "key": key,
                "rate": 0,
                "messages": 20,
                "start_us": START_US,
                **more,
            }
        )

    def end(self) -> list[Message]:
        self.reader.stop()
        self._thread.join(PATIENCE_S)
        self.reader.close()
        return self.messages


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Site]:
    site = Site(folder, **settings)
    try:
        yield site
    finally:
        site.end()


def test_a_receiver_gets_what_the_truth_says_from_where_it_says(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    with running(tmp_path) as site:
        summary = simulate(site.options(truth=truth, wrapper="H11", duplicate=0.2, reorder=0.2))
        messages = site.end()
    records = [record for record in read_truth(truth) for _ in range(record.sent)]
    assert summary.datagrams == len(records) == len(messages)
    assert summary.done["duplicate"] > 0
    seen = [(message.exporter, message.port, decode(message).subscription_id) for message in messages]
    assert seen == [(record.exporter, record.port, record.subscription_id) for record in records]
    assert len({record.exporter for record in records}) == 3
    assert {decode(message).wrapper for message in messages} == {"H11"}


def test_the_same_seed_sends_the_same_payloads(tmp_path: Path) -> None:
    sent = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with running(tmp_path / name) as site:
            simulate(site.options(seed=7, duplicate=0.3))
            sent.append([message.payload for message in site.end()])
    assert sent[0] == sent[1]


@pytest.mark.parametrize("encoding", ["json", "xml", "cbor"])
def test_every_encoding_is_understood(tmp_path: Path, encoding: str) -> None:
    with running(tmp_path) as site:
        simulate(site.options(encoding=encoding, routers=1))
        messages = site.end()
    kinds = [decode(message).kind for message in messages]
    assert kinds.count("push-update") + kinds.count("push-change-update") == 20
    assert kinds[0] == "subscription-started"


def test_a_message_that_is_refused_is_so_in_the_truth(tmp_path: Path) -> None:
    with running(tmp_path, max_body_bytes=100) as site:
        summary = simulate(site.options(routers=1, messages=3))
    assert summary.done["refused"] == summary.messages


def test_a_receiver_that_never_comes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "PAUSE_S", 0.0)
    with running(tmp_path) as site:
        options = site.options(target="127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="does not take notifications"):
        simulate(options)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"loss": 0.1}, "loss"), ({"fast": True}, "fast"), ({"ca_file": None}, "ca_file"), ({"path": "yang"}, "path")],
)
def test_what_https_cannot_do_is_refused(tmp_path: Path, wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        SimulateOptions(**{"https": True, "ca_file": tmp_path, **wrong})


def test_certificates_that_cannot_be_used_are_the_operators_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="check ca_file"):
        simulate(SimulateOptions(https=True, ca_file=tmp_path / "none.pem"))
