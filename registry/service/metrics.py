"""What the registry counts, for Prometheus."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)


class Metrics:
    """Counters of one service; several may stand in one process."""

    def __init__(self) -> None:
        self._all = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter(
            "yangbeam_registry_requests", "Requests answered.", (*labels, "status"), registry=self._all
        )
        self.seconds = Histogram(
            "yangbeam_registry_request_seconds", "Time to answer.", labels, buckets=_BUCKETS, registry=self._all
        )
        self.refused = Counter(
            "yangbeam_registry_refused", "Requests refused, by error code.", ("error_code",), registry=self._all
        )
        self.registered = Counter(
            "yangbeam_registry_registered", "Versions that were registered.", ("type",), registry=self._all
        )
        self.resolved = Counter(
            "yangbeam_registry_resolved", "Answers of /resolve, by status.", ("status",), registry=self._all
        )
        self.verdicts = Counter(
            "yangbeam_registry_verdicts", "Verdicts of RFC 7950 section 11.", ("verdict",), registry=self._all
        )
        self.schemas = Gauge("yangbeam_registry_schemas", "Greatest schema id given.", registry=self._all)

    def text(self) -> bytes:
        """Returns everything in Prometheus' text format."""
        return generate_latest(self._all)
