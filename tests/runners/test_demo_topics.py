"""When the production demo may give its verdict: not while anything that was sent is under way."""

import msgspec
import pytest

from tests.builders import ARRIVAL_US, message
from tests.io.kafka.clusters import bootstrap, fill, new_topic, properties
from yangbeam.core.elements import Heartbeat, LedgerTotal
from yangbeam.core.framing import IDENTITY_HEADER
from yangbeam.core.raw_record import RawRecord, of_heartbeat, of_message
from yangbeam.pipeline.config.file import Config, load
from yangbeam.runners.demo_topics import Topics

SENT = 3


class Site:
    """The topics of a demo, filled step by step."""

    def __init__(self) -> None:
        self.raw, self.telemetry, self.ledger = new_topic(), new_topic(), new_topic()
        self.topics = Topics(dict(properties()), self._config())

    def _config(self) -> Config:
        names = {"raw": self.raw, "telemetry": self.telemetry, "ledger": self.ledger}
        topics = {("kafka", "topics", kind): name for kind, name in names.items()}
        return load(None, {("kafka", "bootstrap"): bootstrap(), **topics})

    def receive(self, count: int, heard: int) -> None:
        """Writes messages, and a heartbeat that counts what was heard, into every partition as `receive` does."""
        fill(self.raw, [(at % 4, of_message(message(b"{}", message_id=at))) for at in range(count)])
        beat = Heartbeat(0, "c/0", ARRIVAL_US + heard, {"datagrams": heard, "kernel_drops": 0})
        fill(self.raw, [(partition, of_heartbeat(beat, 4)) for partition in range(4)])

    def account(self, received: int, **counts: int) -> None:
        """Writes the ledger's totals."""
        spelt = {name.replace("_", ":", 1): count for name, count in counts.items()}
        total = LedgerTotal(0, "192.0.2.1", 1, 1, 0, received, {"received": received, **spelt})
        self._write(self.ledger, msgspec.json.encode(msgspec.structs.asdict(total)))

    def publish(self, first: int, last: int) -> None:
        """Writes telemetry messages by their identities."""
        for at in range(first, last):
            self._write(self.telemetry, b"{}", (IDENTITY_HEADER, b"0/%d/0" % at))

    def _write(self, topic: str, value: bytes, *headers: tuple[str, bytes]) -> None:
        fill(topic, [(0, RawRecord(b"k", value, [*headers], 1_700_000_000_000))])


@pytest.fixture
def site() -> Site:
    return Site()


def test_it_is_settled_when_all_that_was_sent_was_heard_accounted_for_and_published(site: Site) -> None:
    site.receive(SENT, heard=SENT)
    site.account(SENT, delivered_kafka=SENT)
    site.publish(0, SENT)
    assert site.topics.is_settled(SENT)
    assert (site.topics.raw_messages(), len(site.topics.published())) == (SENT, SENT)


def test_it_is_not_settled_while_receive_has_not_written_all_that_was_sent(site: Site) -> None:
    site.receive(2, heard=2)
    site.account(2, delivered_kafka=2)
    site.publish(0, 2)
    assert not site.topics.is_settled(SENT), "what stands in the topics balances, and the third is on its way to them"


def test_it_is_not_settled_while_the_ledger_or_the_telemetry_topic_lags(site: Site) -> None:
    site.receive(SENT, heard=SENT)
    site.account(2, delivered_kafka=2)
    site.publish(0, 2)
    assert not site.topics.is_settled(SENT)
    assert site.topics.is_under_way()
    site.account(SENT, delivered_kafka=SENT)
    assert not site.topics.is_settled(SENT)
    before = site.topics.seen()
    site.publish(2, SENT)
    assert site.topics.is_settled(SENT)
    assert site.topics.seen() != before
    assert not site.topics.is_under_way()


def test_it_is_not_settled_while_a_message_waits_for_its_schema(site: Site) -> None:
    site.receive(SENT, heard=SENT)
    site.account(SENT, delivered_kafka=2, pending=1)
    site.publish(0, 2)
    assert not site.topics.is_settled(SENT)


def test_an_older_heartbeat_of_another_partition_takes_nothing_back(site: Site) -> None:
    site.receive(SENT, heard=SENT)
    site.receive(0, heard=1)
    site.topics.read()
    assert site.topics.heard() == SENT
