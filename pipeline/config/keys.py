"""How records of the telemetry topic are keyed, named and parted."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from yangbeam.core.message_key.records import KeySettings
from yangbeam.pipeline.config.types import Flag, Section, problem

MAX_PREFIX = 200
"""Characters of a topic prefix: Kafka takes 249 for the whole name."""


class MessageKeys(Section):
    """Key and topic of each telemetry record (draft-ietf-nmop-yang-message-broker-message-key-02)."""

    key: Literal["message-key", "exporter", "none"] = "message-key"
    """`message-key`: node, subscription and the paths of the instances carried, as the draft says; `exporter`: the
    exporter's address, which keeps all of a node in one partition; `none`: no key."""
    topics: Literal["one", "subject"] = "one"
    """`one`: everything goes to `kafka.topics.telemetry`; `subject`: a topic for each selected schema node, named after
    it, and `kafka.topics.subscriptions` for what is about subscriptions. The topics are not made: make them, or let the
    brokers; see `ingest.topics`."""
    topic_prefix: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9._-]*$", max_length=MAX_PREFIX)] = ""
    """What the names of these topics begin with, before a dash."""
    topic_type: Flag = False
    """End the names of these topics in how the subscription is triggered: `-stats`, `-state-change`, `-state`."""
    split: Flag = False
    """One record for each list instance, and for each edit: what a compacted topic needs. The message's sequence number
    stands in each of its records."""

    compacted: Flag = False
    """The topic is compacted (`cleanup.policy`), so that `yangbeam ingest` takes no hole in its offsets for a loss."""

    @field_validator("topic_prefix")
    @classmethod
    def _needs_topics(cls, prefix: str, info: ValidationInfo) -> str:
        if prefix and info.data.get("topics") != "subject":
            raise problem("is the beginning of topics that are not written", 'write topics = "subject" as well')
        return prefix

    def settings(self, subscriptions: str) -> KeySettings:
        """Returns the settings as the encoder takes them.

        Args:
            subscriptions: Topic of what is about subscriptions, when there is one per subject.
        """
        return KeySettings(
            key=self.key,
            per_subject=self.topics == "subject",
            prefix=self.topic_prefix,
            of_type=self.topic_type,
            subscriptions=subscriptions,
            split=self.split,
        )
