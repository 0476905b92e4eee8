"""What a soak is asked for, and the configuration of the commands under it."""

import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yangbeam.runners.servers.processes import free_ports
from yangbeam.runners.soak.hostile_traffic import Hostility
from yangbeam.simulator import SimulateOptions

SHARDS: Final = 2
TOPICS: Final = ("raw", "telemetry", "loss", "ledger", "dead_letters")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a soak is asked for.

    Attributes:
        seconds: How long traffic flows.
        seed: Of the routers and of the attackers.
        good: Messages a second of the routers.
        hostile: Messages a second of the attackers; 0: none.
        out: Where its files go.
    """

    seconds: float
    seed: int
    good: float
    hostile: float
    out: Path

    def routers(self, port: int) -> SimulateOptions:
        """Returns the healthy routers: three habits, no faults, the truth beside the results."""
        return SimulateOptions(
            target=f"127.0.0.1:{port}",
            duration_s=self.seconds,
            seed=self.seed,
            routers=3,
            habits=("six-wind", "cisco-xr", "huawei-ne"),
            rate=self.good,
            interfaces=4,
            truth=self.out / "truth.jsonl",
        )

    def attackers(self, port: int) -> Hostility:
        """Returns the attackers."""
        return Hostility("127.0.0.1", port, self.hostile, self.seed)


def free_udp_port() -> int:
    """Returns a UDP port that nobody is bound to."""
    return free_ports(1, socket.SOCK_DGRAM)[0]


def written(out: Path, port: int, bootstrap: str = "") -> Path:
    """Writes the configuration of all commands, and returns its place.

    Args:
        out: Its folder.
        port: Where routers send.
        bootstrap: Kafka's brokers; empty: results are files and tables.
    """
    lines = [f'out = "{out}"', "[[sources]]", f'kind = "udp-notif"\nhost = "127.0.0.1"\nport = {port}']
    if bootstrap:
        names = topic_names()
        lines += ["[kafka]", f'bootstrap = "{bootstrap}"', "[kafka.topics]"]
        lines += [f'{kind} = "{name}"' for kind, name in names.items()]
        lines += ["[dead_letters]", 'kind = "kafka"', "[receive]", f"shards = {SHARDS}"]
        lines += ["[collect]", 'start = "earliest"', "[ingest]", 'start = "earliest"']
    path = out / "yangbeam.toml"
    path.write_text("\n".join(lines))
    return path


def topic_names() -> dict[str, str]:
    """Returns names of topics of its own, so that soaks do not meet."""
    run = uuid.uuid4().hex[:8]
    return {kind: f"soak-{run}-{kind.replace('_', '-')}" for kind in TOPICS}
