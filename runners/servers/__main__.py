"""``python -m yangbeam.runners.servers up|down|status [kafka|flink|netconfd|all]``: they outlive the command."""

import sys
from collections.abc import Callable
from typing import Final

from yangbeam.core.errors import YangbeamError
from yangbeam.io.yang_directories import bundled
from yangbeam.pipeline.cli.console import fail, messages, output
from yangbeam.runners.servers.artifacts import home
from yangbeam.runners.servers.flink import FlinkCluster
from yangbeam.runners.servers.flink_job_server import job_server
from yangbeam.runners.servers.kafka import LISTENERS, KafkaServer
from yangbeam.runners.servers.netconfd import NetconfdServer, kept_port


def kafka() -> KafkaServer:
    """Returns the development broker, running or not."""
    return KafkaServer(home() / "run" / "kafka")


def _show_kafka() -> list[str]:
    server = kafka()
    alive = "running" if all(process.alive() for process in server.processes) else "not running"
    addresses = (f"{name} {server.bootstrap(name)}" for name in LISTENERS)
    return [f"kafka: {alive}; {', '.join(addresses)}; certificates in {server.certificates.authority.parent}"]


def flink() -> FlinkCluster:
    """Returns the development cluster, running or not."""
    return FlinkCluster(home() / "run" / "flink", job_server().flink)


def _show_flink() -> list[str]:
    cluster = flink()
    alive = "running" if cluster.slots() else "not running"
    return [f"flink: {alive}; {cluster.url}; {job_server()}; savepoints in {cluster.savepoints}"]


def netconfd() -> NetconfdServer:
    """Returns the development node, running or not; it implements what simulated routers publish."""
    texts = bundled()
    names = ("ietf-interfaces", "iana-if-type", "ietf-hardware", "iana-hardware")
    folder = home() / "run" / "netconfd"
    return NetconfdServer(folder, {f"{name}.yang": texts[f"{name}.yang"] for name in names}, kept_port(folder))


def _show_netconfd() -> list[str]:
    server = netconfd()
    alive = "running" if server.alive() else "not running"
    login = f"ssh -s -p {server.port} -i {server.key_file} -o UserKnownHostsFile={server.known_hosts}"
    return [f"netconfd: {alive}; {login} {server.username}@127.0.0.1 netconf"]


SERVERS: Final[dict[str, tuple[Callable[[], object], Callable[[], object], Callable[[], list[str]]]]] = {
    "kafka": (lambda: kafka().start(), lambda: kafka().stop(), _show_kafka),
    "flink": (lambda: flink().start(), lambda: flink().stop(), _show_flink),
    "netconfd": (lambda: netconfd().start(), lambda: netconfd().stop(), _show_netconfd),
}
"""By name: how to start, how to stop, and what to say of it; ``all`` is Kafka and Flink, which need no package."""


def main(arguments: list[str]) -> int:
    """Does what the command line asks; returns the exit code."""
    command, name = (*arguments, "all")[:2] if arguments else ("", "")
    every = {name: SERVERS[name] for name in ("kafka", "flink")}
    chosen = every if name == "all" else {name: SERVERS[name]} if name in SERVERS else {}
    if command not in {"up", "down", "status"} or not chosen:
        messages().print(f"usage: ./dev up|down|status {'|'.join(SERVERS)}|all")
        return 2
    try:
        for start, stop, show in chosen.values():
            if command != "status":
                (start if command == "up" else stop)()
            for line in show():
                output().print(line, soft_wrap=True)
    except YangbeamError as error:
        fail(str(error))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
