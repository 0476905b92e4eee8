"""A real Kafka cluster (KRaft) on loopback: plain, TLS and SASL listeners on free ports, bounded memory, own files.

One node is broker and controller; more nodes are brokers, so that the leader of a partition can be killed.
"""

import base64
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self

from confluent_kafka.admin import AdminClient

from yangbeam.runners.servers.artifacts import kafka_jars, run
from yangbeam.runners.servers.certificates import Certificates, make_certificates
from yangbeam.runners.servers.processes import HOST, Process, accepts, free_ports, wait_until

START_S: Final = 60.0
USER: Final = "yangbeam"
PASSWORD: Final = "only-on-loopback"  # noqa: S105 # as said below
"""Of the SCRAM and PLAIN listeners; no secret: they listen on loopback."""
LARGEST_RECORD: Final = 17 << 20
"""Octets: a message as large as reassembly may make it by default, and its headers."""
LISTENERS: Final = ("PLAINTEXT", "TLS", "SASL", "EXPIRED")
_PROTOCOLS: Final = "PLAINTEXT:PLAINTEXT,TLS:SSL,SASL:SASL_SSL,EXPIRED:SSL,CONTROLLER:PLAINTEXT"

_JAVA: Final = ("java", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=48m")
"""A development broker: small, quick to start, and no more threads for its garbage than the machine can spare."""
_LOGGING: Final = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")


class KafkaServer:
    """A cluster that a ``with`` block starts and stops.

    Args:
        folder: Data, configuration, certificates, logs and pid files.
        nodes: Brokers; the first is also the controller.
        heap_mb: Of each node's heap.
        settings: More broker properties.
    """

    def __init__(
        self, folder: Path, *, nodes: int = 1, heap_mb: int = 384, settings: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._heap_mb = heap_mb
        self._settings = dict(settings or {})
        self._ports = _ports(folder, nodes)
        self.processes = [Process(f"kafka-{node}", folder) for node in range(1, nodes + 1)]

    @property
    def certificates(self) -> Certificates:
        """The files that clients of the TLS listeners need."""
        folder = self._folder / "certificates"
        return Certificates(*(folder / f"{name}.pem" for name in ("authority", "server", "client", "expired")))

    def bootstrap(self, listener: str = "PLAINTEXT") -> str:
        """Returns the addresses of one of LISTENERS."""
        at = LISTENERS.index(listener)
        return ",".join(f"{HOST}:{ports[at]}" for ports in self._ports)

    def properties(self, listener: str = "PLAINTEXT", password: str = PASSWORD) -> dict[str, str]:
        """Returns what a librdkafka client needs for one of LISTENERS."""
        found = {"bootstrap.servers": self.bootstrap(listener), "security.protocol": "plaintext"}
        if listener != "PLAINTEXT":
            found |= {"security.protocol": "ssl", "ssl.ca.location": str(self.certificates.authority)}
        if listener == "SASL":
            found |= {
                "security.protocol": "sasl_ssl",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": USER,
                "sasl.password": password,
            }
        return found

    def start(self) -> Self:
        """Starts every node that does not run, with the data that it has, and waits until clients are served.

        Raises:
            ServerError: A node ended, or was not ready in time.
        """
        if not (self._folder / "format").exists():
            self._format()
        for node, process in enumerate(self.processes, 1):
            if not process.alive():
                process.start(self._command("kafka.Kafka", str(self._folder / f"{node}.properties")))
        for process, ports in zip(self.processes, self._ports, strict=True):
            process.wait_for(partial(_serves, ports), START_S)
        self.wait_until_served()
        return self

    def wait_until_served(self) -> None:
        """Waits until every broker is known to clients."""
        # librdkafka takes a broker by its address's number: through the metadata of a client that has just come.
        client = AdminClient({"bootstrap.servers": self.bootstrap(), "log_level": 0})
        wanted = sum(process.alive() for process in self.processes)

        def all_known() -> bool:
            try:
                return len(client.list_topics(timeout=2).brokers) == wanted
            except Exception:  # noqa: BLE001 # librdkafka's, while nobody answers
                return False

        wait_until(all_known, START_S, "Kafka's brokers do not find each other")

    def stop(self) -> None:
        """Ends every node, the controller last."""
        for process in reversed(self.processes):
            process.stop()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self, main: str, *arguments: str) -> list[str]:
        heap = f"-Xmx{self._heap_mb}m"
        return [*_JAVA, heap, *_LOGGING, "-cp", f"{kafka_jars()}/*", main, *arguments]

    def _format(self) -> None:
        make_certificates(self._folder / "certificates")
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        for node in range(1, len(self.processes) + 1):
            properties = self._folder / f"{node}.properties"
            lines = (f"{name}={value}" for name, value in self._node_properties(node).items())
            properties.write_text("\n".join(lines) + "\n")
            scram = [f"SCRAM-SHA-{bits}=[name={USER},password={PASSWORD}]" for bits in (256, 512)]
            users = [argument for each in scram for argument in ("--add-scram", each)] if node == 1 else []
            run(
                self._command(
                    "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties), *users
                )
            )
        (self._folder / "format").write_text(f"{cluster}\n")

    def _node_properties(self, node: int) -> dict[str, str]:
        ports = self._ports[node - 1]
        controller = self._ports[0][-1]
        names = (*LISTENERS, "CONTROLLER") if node == 1 else LISTENERS
        listeners = [f"{name}://{HOST}:{port}" for name, port in zip(names, ports, strict=True)]
        replicas = str(min(2, len(self.processes)))
        return {
            "node.id": str(node),
            "process.roles": "broker,controller" if node == 1 else "broker",
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(listeners[: len(LISTENERS)]),
            "listener.security.protocol.map": _PROTOCOLS,
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._folder / f"data-{node}"),
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.num.partitions": "4",
            "auto.create.topics.enable": "false",
            "message.max.bytes": str(LARGEST_RECORD),
            "replica.fetch.max.bytes": str(LARGEST_RECORD),
            "num.network.threads": "2",
            "num.io.threads": "2",
            "log.cleaner.dedupe.buffer.size": str(8 << 20),
            "broker.session.timeout.ms": "3000",
            **self._security(),
            **self._settings,
        }

    def _security(self) -> dict[str, str]:
        files = self.certificates
        plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
        found = {
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(files.authority),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(files.server),
            "listener.name.tls.ssl.client.auth": "requested",
            "listener.name.expired.ssl.keystore.type": "PEM",
            "listener.name.expired.ssl.keystore.location": str(files.expired),
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
            "listener.name.sasl.plain.sasl.jaas.config": f'{plain} required user_{USER}="{PASSWORD}";',
        }
        for mechanism in ("scram-sha-256", "scram-sha-512"):
            module = "org.apache.kafka.common.security.scram.ScramLoginModule"
            found[f"listener.name.sasl.{mechanism}.sasl.jaas.config"] = f"{module} required;"
        return found


def _serves(ports: Sequence[int]) -> bool:
    return all(accepts(port) for port in ports)


def _ports(folder: Path, nodes: int) -> list[list[int]]:
    """Returns the ports of each node: chosen once, and the same after every restart."""
    kept = folder / "ports"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        chosen = free_ports(nodes * (len(LISTENERS) + 1))
        kept.write_text(" ".join(map(str, chosen)))
    numbers = list(map(int, kept.read_text().split()))
    size = len(LISTENERS) + 1
    return [numbers[at : at + (size if at == 0 else size - 1)] for at in range(0, len(numbers), size)]
