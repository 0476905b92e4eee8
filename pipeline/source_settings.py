"""From a live source of the configuration to what its receivers are told."""

from yangbeam.core.https_receiving import HttpsSettings
from yangbeam.core.udp_receiving import Listen, UdpSettings
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sources import HttpsNotif, UdpNotif


def udp_settings(source: UdpNotif, config: Config, number: int, shards: int) -> UdpSettings:
    """Returns the settings of a UDP-notif source; ``number`` is its place among the sources."""
    return UdpSettings(
        listen=(Listen(source.host, source.port),),
        allow=tuple(str(prefix) for prefix in source.allow),
        processes=source.receivers,
        receive_buffer_bytes=source.receive_buffer_bytes,
        batch_bytes=config.beam.batch_bytes,
        linger_ms=config.beam.linger_ms,
        heartbeat_ms=config.receive.heartbeat_ms,
        shards=shards,
        collector_id=f"{config.collector}-{number}",
        udp_notif=source.dialect.settings(),
        limits=source.reassembly.limits(),
        unheard_per_s=source.unheard_per_s,
    )


def https_settings(source: HttpsNotif, config: Config, number: int, shards: int) -> HttpsSettings:
    """Returns the settings of an HTTPS-notif source; ``number`` is its place among the sources."""
    return HttpsSettings(
        listen=Listen(source.host, source.port),
        path=source.path,
        allow=tuple(str(prefix) for prefix in source.allow),
        certificate_file=str(source.certificate_file),
        key_file=str(source.key_file),
        client_ca_file=str(source.client_ca_file or ""),
        identify=source.publisher == "certificate",
        max_body_bytes=source.max_body_bytes,
        max_buffered_bytes=source.max_buffered_bytes,
        max_connections=source.max_connections,
        timeout_s=source.timeout_s,
        processes=source.receivers,
        heartbeat_ms=config.receive.heartbeat_ms,
        shards=shards,
        collector_id=f"{config.collector}-{number}",
    )
