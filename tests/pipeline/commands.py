"""Commands run in this process, with launchers that launch nothing, and captures for them."""

from pathlib import Path

from tests.pipeline.snapshots import COLLECTOR, COUNTS, loss, total
from tests.wire import ethernet, ipv4, pcap, udp
from yangbeam.core.elements import LedgerTotals, LossBatch, MediaType
from yangbeam.core.udp_notif import segments_of
from yangbeam.pipeline.cli.app import main
from yangbeam.pipeline.config.places import account_names
from yangbeam.pipeline.launching import Job, Launcher, Launchers
from yangbeam.pipeline.view.status import STATUS
from yangbeam.transforms.acknowledged import ACKNOWLEDGED


def never(job: Job) -> None:
    raise AssertionError(job)


class Launched:
    """A launcher that keeps the job and puts counts into the status, all of which its sinks took."""

    def __init__(self, counts: dict[str, int] | None = None) -> None:
        self.jobs: list[Job] = []
        self._counts = COUNTS if counts is None else counts

    def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        letters = sum(count for name, count in self._counts.items() if name.startswith(("dead:", "dead-at:")))
        kept = {name: letters for name in account_names(job.config) if name.startswith("letters-")}
        counts = self._counts | {f"kept:{name}": count for name, count in kept.items()}
        STATUS.record_totals(LedgerTotals(totals=[total(counts)], collectors={"c": COLLECTOR}))
        for name in account_names(job.config):
            if name.startswith("ledger-"):
                ACKNOWLEDGED.add(name, 1)
        STATUS.record_loss(LossBatch(events=[loss(5, 9)]))

    @property
    def job(self) -> Job:
        (job,) = self.jobs
        return job


def run(*arguments: str, bounded: Launcher = never, live: Launcher = never) -> int:
    return main(arguments, Launchers(bounded=bounded, live=live))


def capture(path: Path, *payloads: tuple[MediaType, bytes]) -> Path:
    frames = [
        (1_000_000 * number, ethernet(ipv4(udp(datagram))))
        for number, (media_type, payload) in enumerate(payloads)
        for datagram in segments_of(payload, media_type=media_type, publisher_id=3, message_id=number)
    ]
    path.write_bytes(pcap(frames))
    return path
