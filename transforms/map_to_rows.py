"""MapToRows: validated notifications to rows of the tables derived from their schemas."""

import apache_beam as beam
from apache_beam.coders.typecoders import registry as coder_registry
from apache_beam.pvalue import PCollection
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.schemas import Schemas
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.stages.map import Map
from yangbeam.core.tables.naming import LIMIT
from yangbeam.core.tables.row_batch import RowBatch
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.stage import StageOutput, Stateless, lifted

coder_registry.register_coder(RowBatch, BatchCoder)


class MapToRows(beam.PTransform):
    """Maps each notification that its schema accepts, as it is published, to rows; stateless, order kept.

    ``ValidatedBatch`` to ``RowBatch``, one for one; control records travel on. Letters: a value that its column cannot
    hold costs its message, for the tables sink only (``dead-at:tables:REASON``). What is not valid was passed on by
    policy and is counted as ``not-mapped:tables``.

    Args:
        schemas: Where the trees come from.
        name_limit: Longest table or column name, characters.
    """

    def __init__(self, schemas: Schemas, name_limit: int = LIMIT) -> None:
        super().__init__()
        self._stage = Map(schemas, name_limit)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the stage."""
        return lifted(Stateless(self._stage), batches, "Map", RowBatch, LETTERS, LEDGER)
