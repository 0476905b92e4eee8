"""The job `run` with sockets of its own on a cluster: datagrams that are sent, and what came of them, compared."""

import socket
import struct
from pathlib import Path

import apache_beam as beam
import orjson

from tests.builders import payload
from tests.integration.topics import Follower, topic_of
from tests.waiting import until
from yangbeam.pipeline.config.file import load
from yangbeam.pipeline.listening import listening_graph
from yangbeam.runners.servers.kafka import KafkaServer
from yangbeam.runners.servers.processes import free_ports


class Sending:
    """One socket's job, its traffic and its results."""

    def __init__(self, kafka: KafkaServer, folder: Path) -> None:
        telemetry, loss, ledger, letters = (topic_of(kafka) for _ in range(4))
        self._follower = Follower(kafka, telemetry)
        self._losses = Follower(kafka, loss)
        (self._port,) = free_ports(1, socket.SOCK_DGRAM)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._number = 0
        self._config = folder / "listening.toml"
        self._config.write_text(f"""
[[sources]]
kind = "udp-notif"
port = {self._port}
[kafka]
bootstrap = "{kafka.bootstrap()}"
topics = {{ telemetry = "{telemetry}", loss = "{loss}", ledger = "{ledger}", dead_letters = "{letters}" }}
properties = {{ log_level = 0 }}
""")

    def graph(self, pipeline: beam.Pipeline) -> None:
        """Builds the job."""
        listening_graph(load(self._config))(pipeline)

    def assert_received(self, count: int) -> None:
        """Sends until somebody listens, then ``count`` messages more: each of those arrives, once, and none is lost."""

        def heard() -> bool:
            self._send()
            self._follower.poll(0.5)
            return bool(self._follower.messages)

        until(heard, "nobody listens")
        first = self._number
        for _ in range(count):
            self._send()
        wanted = set(range(first, self._number))
        self._follower.until(lambda _: wanted <= set(self._arrived()))
        assert len(self._arrived()) == len(set(self._arrived()))
        self._losses.poll()
        assert self._losses.messages == []

    def _send(self) -> None:
        body = payload(self._number)
        header = struct.pack(">BBHII", 0x21, 12, 12 + len(body), 7, self._number)
        self._sender.sendto(header + body, ("127.0.0.1", self._port))
        self._number += 1

    def _arrived(self) -> list[int]:
        told = (orjson.loads(each.value()[5:])["ietf-telemetry-message:message"] for each in self._follower.messages)
        return [each["payload"]["ietf-yp-notification:envelope"]["sequence-number"] for each in told]

    def close(self) -> None:
        self._sender.close()
        self._follower.close()
        self._losses.close()
