"""How elements and state become bytes: deterministic MessagePack that opens with its format version.

Importing this module registers a coder for every batch class of ``yangbeam.core.elements``. A stateful stage keeps
its own structs (first field ``format``) in state cells with ``BatchCoder(ItsStruct)``.
"""

from typing import Any, Final, Generic, TypeVar

import msgspec
from apache_beam import coders
from apache_beam.coders import typecoders
from apache_beam.coders.typecoders import registry as coder_registry

from yangbeam.core import elements
from yangbeam.core.elements import (
    FORMAT,
    BoundBatch,
    DeadLetterBatch,
    LedgerDelta,
    LedgerTotals,
    LossBatch,
    MessageBatch,
    NotificationBatch,
    TelemetryBatch,
    TopicBatch,
    ValidatedBatch,
)
from yangbeam.core.versioned import Codec

S = TypeVar("S", bound=msgspec.Struct)

ELEMENTS: Final[tuple[type[msgspec.Struct], ...]] = tuple(
    cls
    for cls in vars(elements).values()
    if isinstance(cls, type) and issubclass(cls, elements.Batch) and cls is not elements.Batch
)
"""Every class that travels between stages."""

_GUESS: Final = 1_024
"""Octets of a message, a record or a row, as a guess."""

# What a stage that is keyed by shard declares with ``with_output_types``: Beam infers no key type from a struct.
KeyedMessageBatch = tuple[int, MessageBatch]
KeyedNotificationBatch = tuple[int, NotificationBatch]
KeyedBoundBatch = tuple[int, BoundBatch]
KeyedValidatedBatch = tuple[int, ValidatedBatch]
KeyedTelemetryBatch = tuple[int, TelemetryBatch]
KeyedDeadLetterBatch = tuple[int, DeadLetterBatch]
KeyedLossBatch = tuple[int, LossBatch]
KeyedLedgerDelta = tuple[int, LedgerDelta]
KeyedLedgerTotals = tuple[int, LedgerTotals]
KeyedTopicBatch = tuple[int, TopicBatch]


class BatchCoder(coders.Coder, Generic[S]):
    """Deterministic MessagePack of one array-like struct class whose first field is ``format``.

    Older formats decode, with the defaults of the fields they lack. A newer one than ``newest`` is refused: reading
    it would silently lose what its release added.

    Args:
        cls: The struct class.
        newest: Highest format this process understands.

    Raises:
        TypeError: ``cls`` is not an array-like struct that opens with ``format``.
    """

    def __init__(self, cls: type[S], newest: int = FORMAT) -> None:
        self._codec = Codec(cls, newest)
        self.cls = cls
        self.newest = newest

    def encode(self, value: S) -> bytes:
        """Returns the bytes of ``value``; equal values give equal bytes."""
        return self._codec.encode(value)

    def decode(self, encoded: bytes) -> S:
        """Returns the value of ``encoded``; raises as ``core.versioned.Codec.decode``."""
        return self._codec.decode(encoded)

    def estimate_size(self, value: S) -> int:
        """Returns a guess, for Beam's metrics of sizes: counting would encode a batch once more behind each stage."""
        lists = (field for field in msgspec.structs.astuple(value) if type(field) is list)
        return _GUESS * (1 + sum(map(len, lists)))

    def is_deterministic(self) -> bool:
        """Returns True: it may encode keys."""
        return True

    def to_type_hint(self) -> type[S]:
        """Returns the class it encodes."""
        return self.cls

    @classmethod
    def from_type_hint(cls, typehint: Any, registry: typecoders.CoderRegistry) -> Any:
        """Makes the coder of a registered class."""
        del registry  # a struct has no component coders
        return cls(typehint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BatchCoder) and (self.cls, self.newest) == (other.cls, other.newest)

    def __hash__(self) -> int:
        return hash((self.cls, self.newest))

    def __reduce__(self) -> tuple[Any, ...]:
        # The decoder is not picklable and Beam ships coders pickled inside the graph.
        return (BatchCoder, (self.cls, self.newest))


for _element in ELEMENTS:
    coder_registry.register_coder(_element, BatchCoder)
