"""Measures HTTPS-notif into librdkafka's mock broker: notifications per CPU-second of the serving process.

    python benchmarks/receive_https.py [connections …]

Each connection sends its next notification when the last one was answered 204, so the rate is also a latency. Payloads
have 815 octets. The clients share the machine's cores.
"""

import http.client
import ssl
import sys
import tempfile
import threading
import time
from pathlib import Path

from receive_raw import SHARDS, broker, cpu_s

from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.pipeline.receive.order import KafkaOrder
from yangbeam.pipeline.receive.parent import Receive, ReceivePlan
from yangbeam.runners.servers.certificates import make_certificates

SECONDS = 4.0
BODY = b'{"ietf-https-notif:notification":{"eventTime":"2026-11-20T10:00:00Z","example:event":{"text":"%s"}}}'
PAYLOAD = BODY % (b"x" * (815 - len(BODY) + 2))


class Publisher(threading.Thread):
    """One connection; ``took`` is how long each of its requests took."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        super().__init__()
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        self.took: list[float] = []

    def run(self) -> None:
        """Publishes for SECONDS."""
        end = time.monotonic() + SECONDS
        while (start := time.monotonic()) < end:
            headers = {"content-type": "application/yang-data+json"}
            self._connection.request("POST", "/relay-notification", PAYLOAD, headers)
            answer = self._connection.getresponse()
            answer.read()
            assert answer.status == 204
            self.took.append(time.monotonic() - start)


def measure(connections: int, port: int, context: ssl.SSLContext, pid: int) -> str:
    publishers = [Publisher(port, context) for _ in range(connections)]
    before = cpu_s(pid)
    for each in publishers:
        each.start()
    for each in publishers:
        each.join()
    used = cpu_s(pid) - before
    took = sorted(each for publisher in publishers for each in publisher.took)
    return (
        f"{connections} connections: {len(took) / SECONDS:,.0f}/s, {len(took) / used:,.0f} notifications/CPU-s, "
        f"answered after {took[len(took) // 2] * 1000:.1f} ms (p50), {took[len(took) * 99 // 100] * 1000:.1f} ms (p99)"
    )


def main(connections: list[int]) -> None:
    with broker() as bootstrap, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificates = make_certificates(folder / "certificates")
        own = str(certificates.server)
        settings = HttpsSettings(certificate_file=own, key_file=own, shards=SHARDS)
        kafka = KafkaOrder("https", {"bootstrap.servers": bootstrap}, 17 << 20, 64 << 20, 10.0, 10.0)
        receive = Receive(ReceivePlan((), (settings,), kafka, folder / "spool", 1 << 30), print)
        receive.open()
        thread = threading.Thread(target=receive.run)
        thread.start()
        (receiver,) = receive.receivers
        while not receiver.report.counters:
            time.sleep(0.05)
        context = ssl.create_default_context(cafile=str(certificates.authority))
        for count in connections or [1, 8, 64]:
            print(measure(count, receive.addresses[0][1], context, receiver.pid), flush=True)
        receive.stop()
        thread.join()


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
