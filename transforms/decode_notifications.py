"""DecodeNotifications: whole messages to notifications in one normal form; what is none becomes a dead letter."""

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import NotificationBatch
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.stages.decode import Decode
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames
from yangbeam.transforms.stage import StageOutput, Stateless, lifted


class DecodeNotifications(beam.PTransform):
    """Decodes batches of messages; stateless, order kept, at-least-once as its input.

    ``MessageBatch`` to ``NotificationBatch``. Letters: not parseable, no known wrapper, empty payload, and what the
    receiver refused. Control records travel on, without the bytes of what was refused.

    Args:
        sids: What the operator's .sid files name, for CBOR.
    """

    def __init__(self, sids: SidNames = NO_SIDS) -> None:
        super().__init__()
        self._stage = Decode(sids)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        return lifted(Stateless(self._stage), batches, "Decode", NotificationBatch, LETTERS, LEDGER)
