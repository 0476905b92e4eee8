"""Asks a cluster for its topics, and makes them; asked at the start of a command, and by `yangbeam topics`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # documented, but not in its __all__
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from yangbeam.core.errors import YangbeamError
from yangbeam.core.topic_plan import CLEANUP, LARGEST, Found, Wanted
from yangbeam.io.kafka.consumer import KafkaAwayError, KafkaRefusedError
from yangbeam.io.kafka.properties import refused
from yangbeam.io.kafka.watching import Watch

ANSWER_S: Final = 5.0


class Cluster:
    """The topics of one cluster.

    Args:
        properties: librdkafka's, secrets already resolved.

    Raises:
        ConfigurationError: librdkafka refuses a property.
    """

    def __init__(self, properties: Mapping[str, str]) -> None:
        self._watch = Watch(properties)
        try:
            settings: Any = {**properties, **self._watch.settings()}
            self._admin = AdminClient(settings)
        except KafkaException as error:
            raise refused(error) from error

    def found(self, names: Iterable[str]) -> dict[str, Found]:
        """Returns those of the topics that are there, by name.

        Raises:
            KafkaAwayError: No broker answers.
        """
        try:
            known = self._admin.list_topics(timeout=ANSWER_S).topics
        except KafkaException as error:
            raise self._away(error.args[0].str()) from error
        self._watch.answered()
        there = [name for name in dict.fromkeys(names) if name in known and known[name].error is None]
        settings = self._settings(there)
        return {name: Found(len(known[name].partitions), settings.get(name)) for name in there}

    def _away(self, why: str) -> YangbeamError:
        """Returns what keeps the brokers from answering: they may, and do not let us in."""
        while self._admin.poll(0):  # serves what the brokers' connections, and who gives tokens, said meanwhile
            pass
        why = self._watch.why or why
        self._watch.failed(why)
        if self._watch.is_refused:
            return KafkaRefusedError(
                "kafka-refused",
                f"kafka {self._watch.address} does not let us in ({why}); check [kafka.sasl] and [kafka.tls]",
            )
        return KafkaAwayError(
            "kafka-unreachable",
            f"kafka {self._watch.address} does not answer ({why}); check kafka.bootstrap, TLS and SASL, and that the "
            "brokers are up",
        )

    def _settings(self, topics: list[str]) -> dict[str, dict[str, str]]:
        """Returns the settings of the topics whose settings we are told."""
        if not topics:
            return {}
        found: dict[str, dict[str, str]] = {}
        resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
        for resource, told in self._admin.describe_configs(resources, request_timeout=ANSWER_S).items():
            try:
                entries = told.result(2 * ANSWER_S)
                found[resource.name] = {
                    name: entries[name].value for name in (LARGEST, CLEANUP) if name in entries and entries[name].value
                }
            except (KafkaException, TimeoutError):  # not everyone may read settings
                continue
        return found

    def create(self, wanted: Iterable[Wanted], replication: int) -> dict[str, str]:
        """Makes topics; one that is there already is left as it is.

        Returns:
            By name of what could not be made: why.
        """
        new = [
            NewTopic(one.name, num_partitions=one.partitions, replication_factor=replication, config=dict(one.settings))
            for one in wanted
        ]
        failed: dict[str, str] = {}
        for name, made in (self._admin.create_topics(new, request_timeout=ANSWER_S) if new else {}).items():
            try:
                made.result(2 * ANSWER_S)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    failed[name] = error.args[0].str()
            except TimeoutError:
                failed[name] = f"no answer in {2 * ANSWER_S:g} s"
        return failed
