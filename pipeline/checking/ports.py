"""Whether the ports of a configuration are free, and whether sockets get the buffers that are asked for."""

from collections.abc import Iterator

from yangbeam.io.probe_sockets import granted_buffer, not_free
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.ports import taken_by
from yangbeam.pipeline.config.sources import UdpNotif

PORTS = "ports"
BUFFERS = "socket buffers"


def free(config: Config) -> Iterator[Finding]:
    """Tries every port that a command listens on, each once; the registry's where its section is written."""
    wanted = [
        taken
        for taken in taken_by(config)
        if taken.command != "registry" or "registry_server" in config.model_fields_set
    ]
    for place in dict.fromkeys((each.protocol, each.host, each.port) for each in wanted):
        protocol, host, port = place
        setting = next(each.setting for each in wanted if (each.protocol, each.host, each.port) == place)
        why = not_free(*place)
        what = f"{protocol} port {port} of {host} ({setting})"
        if why:
            find = f"ss -{'u' if protocol == 'udp' else 't'}lnp sport = :{port}"
            yield problem(PORTS, f"{what} is not free: {why}", f"see who has it with `{find}`, or choose another")
        else:
            yield ok(PORTS, f"{what} is free")


def buffers(config: Config) -> Iterator[Finding]:
    """Asks the kernel for the receive buffer of each UDP source."""
    for number, source in enumerate(config.sources):
        if isinstance(source, UdpNotif):
            wanted = source.receive_buffer_bytes
            granted = granted_buffer(wanted)
            setting = f"sources[{number}].receive_buffer_bytes"
            if granted < wanted:
                what = f"the kernel grants {granted:,} of the {wanted:,} octets of {setting}"
                yield problem(BUFFERS, what, f"sysctl -w net.core.rmem_max={wanted}, or grant CAP_NET_ADMIN")
            else:
                yield ok(BUFFERS, f"the kernel grants the {wanted:,} octets of {setting}")
