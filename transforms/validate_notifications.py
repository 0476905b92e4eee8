"""ValidateNotifications: bound notifications judged by their schemas, contents too, and transcoded to JSON once."""

import apache_beam as beam
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import ValidatedBatch
from yangbeam.core.policy import Policy
from yangbeam.core.schemas import Schemas
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.stages.validate import Validate
from yangbeam.transforms.stage import StageOutput, Stateless, lifted


class ValidateNotifications(beam.PTransform):
    """Judges each notification by the schema it is bound to; stateless, order kept.

    ``BoundBatch`` to ``ValidatedBatch``. Nodes that no schema has are set aside and counted, and their message goes on;
    originals of some of these travel beside the letters. Letters: what its schema refuses, with path, rule and schema
    id. XML and CBOR become RFC 7951 JSON here, once, by the bound schema.

    Args:
        schemas: Handle on the registered schemas; loaded once per thread and schema.
        policy: What is judged, and what becomes of what fails.
    """

    def __init__(self, schemas: Schemas, policy: Policy) -> None:
        super().__init__()
        self._stage = Validate(schemas, policy)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        return lifted(Stateless(self._stage), batches, "Validate", ValidatedBatch, LETTERS, LEDGER)
