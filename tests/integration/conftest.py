"""Real servers for the integration tests: each kind is started once and shared, and ended by its pid."""

from collections.abc import Iterator

import pytest

from yangbeam.runners.servers.kafka import KafkaServer


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server
