"""Which properties librdkafka takes: it is asked itself, without a client and without a broker."""

from difflib import get_close_matches
from typing import Final

from confluent_kafka import KafkaException, Producer

from yangbeam.core.errors import ConfigurationError

_STOP: Final = "yangbeam.stop"
"""A property that librdkafka does not know. It judges properties in their order, so that this one ends the question
before a client is made; if it is complained of, what stood before it is right."""
_UNKNOWN: Final = "No such configuration property"
# fmt: off
COMMON: Final = (
    "acks", "batch.num.messages", "batch.size", "broker.address.family", "client.dns.lookup", "client.id",
    "client.rack", "compression.codec", "compression.level", "compression.type", "connections.max.idle.ms", "debug",
    "delivery.timeout.ms", "enable.idempotence", "enable.ssl.certificate.verification", "fetch.max.bytes",
    "fetch.message.max.bytes", "fetch.min.bytes", "fetch.wait.max.ms", "group.id", "group.instance.id",
    "heartbeat.interval.ms", "isolation.level", "linger.ms", "log_level", "max.in.flight", "max.partition.fetch.bytes",
    "max.poll.interval.ms", "message.max.bytes", "message.send.max.retries", "message.timeout.ms",
    "metadata.max.age.ms", "partitioner", "queue.buffering.max.kbytes", "queue.buffering.max.messages",
    "queued.max.messages.kbytes", "queued.min.messages", "reconnect.backoff.max.ms", "reconnect.backoff.ms",
    "request.required.acks", "request.timeout.ms", "retries", "retry.backoff.max.ms", "retry.backoff.ms",
    "sasl.kerberos.keytab", "sasl.kerberos.principal", "sasl.kerberos.service.name", "sasl.mechanism", "sasl.password",
    "sasl.username", "security.protocol", "session.timeout.ms", "socket.keepalive.enable",
    "socket.connection.setup.timeout.ms", "socket.nagle.disable", "socket.receive.buffer.bytes",
    "socket.send.buffer.bytes", "socket.timeout.ms", "ssl.ca.location", "ssl.certificate.location",
    "ssl.cipher.suites", "ssl.endpoint.identification.algorithm", "ssl.key.location", "ssl.key.password",
    "ssl.keystore.location", "ssl.keystore.password", "statistics.interval.ms", "topic.metadata.refresh.interval.ms",
)
# fmt: on
"""Names that a misspelt one may have meant; librdkafka gives no list of its own."""


def refusal(name: str, value: str) -> tuple[str, str] | None:
    """Returns what is wrong with a property, and what to write instead; None: librdkafka takes it.

    Args:
        name: Its name.
        value: Its value; of a secret another one, as it is quoted.
    """
    try:
        Producer({name: value, _STOP: ""})
    except KafkaException as error:
        said = error.args[0].str().strip()
    except TypeError:  # a callback, which no file can give
        return f'"{name}" is no setting for a file', "remove it"
    else:  # cannot be: _STOP is not known
        return None
    if _STOP in said:
        return None
    if said.startswith(_UNKNOWN):
        return f'librdkafka has no property "{name}"', _meant(name)
    return f"librdkafka says: {said}", "see CONFIGURATION.md of librdkafka for what it takes"


def _meant(name: str) -> str:
    close = get_close_matches(name.lower(), COMMON, n=1, cutoff=0.75)
    return f'did you mean "{close[0]}"?' if close else "see CONFIGURATION.md of librdkafka for the names"


def refused(error: KafkaException) -> ConfigurationError:
    """Returns the error of a client that could not be made: of properties that do not go together, or do not exist."""
    said = error.args[0].str().strip()
    return ConfigurationError(
        "kafka-properties", f"librdkafka refuses the section [kafka]: {said}; correct kafka.properties, tls or sasl"
    )
