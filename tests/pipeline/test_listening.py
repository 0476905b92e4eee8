"""Sockets that a cluster's workers open: which, how many, and what is refused."""

from pathlib import Path

import pytest

from yangbeam.core.errors import ConfigurationError
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.listening import _sockets, listening_graph


def written(folder: Path, sources: str, kafka: str = '[kafka]\nbootstrap = "127.0.0.1:9"') -> Config:
    file = folder / "c.toml"
    file.write_text(f"{sources}\n{kafka}\n")
    return load(file)


UDP = '[[sources]]\nkind = "udp-notif"\nport = 10003\nreceivers = 2\n'


def test_each_process_that_shares_a_port_is_an_element_with_a_name_of_its_own(tmp_path: Path) -> None:
    found = _sockets(written(tmp_path, UDP))
    assert list(found) == ["udp-notif:127.0.0.1:10003/0", "udp-notif:127.0.0.1:10003/1"]
    settings = [opening.args[0] for opening in found.values()]
    assert [each.processes for each in settings] == [1, 1]
    assert len({each.collector_id for each in settings}) == 2


@pytest.mark.parametrize("sources", ['[[sources]]\nkind = "udp-notif"\nport = 0', '[[sources]]\nkind = "kafka"'])
def test_what_a_worker_cannot_open_is_refused_with_the_cure(tmp_path: Path, sources: str) -> None:
    with pytest.raises(ConfigurationError, match="use receive and collect"):
        listening_graph(written(tmp_path, sources))


def test_without_kafka_there_is_nowhere_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="kafka"):
        listening_graph(written(tmp_path, UDP, kafka=""))
