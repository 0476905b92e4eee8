"""The job `run` on a runner that restores: sockets that its workers open, and topics for all that comes of it.

For a network that can afford to lose what a failed worker held and wants no process in front; `receive` and `collect`
lose nothing behind the socket.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import apache_beam as beam

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_receiving import UdpSettings
from yangbeam.io.udp_sockets import UdpReader
from yangbeam.pipeline.assembly import stages_of
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sources import UdpNotif
from yangbeam.pipeline.edges import sinks_of
from yangbeam.pipeline.graph import build
from yangbeam.pipeline.source_settings import udp_settings
from yangbeam.transforms.read_live import ReadLive


def listening_graph(config: Config) -> Callable[[beam.Pipeline], None]:
    """Returns what builds the graph on a pipeline, each socket an element of a splittable DoFn.

    Raises:
        ConfigurationError: A source is no UDP socket with a port of its own, or there is no [kafka].
    """
    return partial(_build, read=ReadLive(_sockets(config)), config=config.into_topics("run"))


def _build(pipeline: beam.Pipeline, *, read: ReadLive, config: Config) -> None:
    build(pipeline, read, stages_of(config), sinks_of(config, {}))


def _sockets(config: Config) -> dict[str, partial[UdpReader]]:
    """Returns the readers by name, one for each process that shares a port."""
    found: dict[str, partial[UdpReader]] = {}
    for number, source in enumerate(config.sources):
        if not isinstance(source, UdpNotif) or not source.port:
            raise ConfigurationError(
                "sources",
                f"sources[{number}]: a cluster's workers open UDP-notif sockets with a port that is not 0, and nothing "
                "else; for other sources use receive and collect",
            )
        settings = udp_settings(source, config, number, config.beam.shards)
        for process in range(settings.processes):
            name = f"udp-notif:{source.host}:{source.port}/{process}"
            found[name] = partial(UdpReader, _alone(settings, process))
    return found


def _alone(settings: UdpSettings, process: int) -> UdpSettings:
    return replace(settings, processes=1, collector_id=f"{settings.collector_id}/{process}")
