"""MapToRows: validated notifications to rows of the tables derived from their schemas."""

from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol

import apache_beam as beam
from apache_beam.coders.typecoders import registry as coder_registry
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import DeadLetter, DeadLetterBatch, EndOfInput, Validated, ValidatedBatch, place
from yangbeam.core.errors import SchemaError, UnmappableValueError, YangbeamError
from yangbeam.core.ledger import MAPPED, MAPPED_ROWS, NOT_MAPPED, Tallies
from yangbeam.core.policy import JUDGED
from yangbeam.core.tables.naming import LIMIT
from yangbeam.core.tables.row_batch import RowBatch, Rows
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.tree import Tree
from yangbeam.transforms.coders import BatchCoder
from yangbeam.transforms.outputs import LEDGER, LETTERS, Staged, staged

STAGE: Final = "map"
SINK: Final = "tables"
"""Name of the sinks of rows in the ledger."""
MAKERS: Final = 256
"""Compiled schemas kept by a process: a network has some tens of distinct module sets."""

coder_registry.register_coder(RowBatch, BatchCoder)


class HasTree(Protocol):
    """What is needed of a registered schema."""

    @property
    def tree(self) -> Tree:
        """Its resolved nodes."""
        ...


class Schemas(Protocol):
    """A picklable handle on the registered schemas, with a process-wide cache behind it."""

    def schema(self, schema_id: int) -> HasTree:
        """Returns a registered schema; SchemaError when the id is not registered."""
        ...


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
        self._map = _Map(schemas, name_limit)

    @no_annotations
    def expand(self, batches: PCollection) -> Staged:
        """Applies the stage."""
        return staged(batches | "Map" >> beam.ParDo(self._map).with_outputs(LETTERS, LEDGER, main="rows"), RowBatch)


class _Map(beam.DoFn):
    def __init__(self, schemas: Schemas, name_limit: int) -> None:
        super().__init__()
        self._schemas = schemas
        self._name_limit = name_limit

    def process(self, batch: ValidatedBatch) -> Iterator[Any]:
        tallies = Tallies(STAGE)
        rows = Rows()
        letters: list[DeadLetter] = []
        maker = self._makers()
        for validated in batch.notifications:
            if validated.verdict in JUDGED:
                _map(validated, maker, rows, letters, tallies)
            else:
                tallies.add(f"{NOT_MAPPED}:{SINK}", *_where(validated))
        yield RowBatch(
            tables=rows.tables,
            groups=rows.groups(),
            notifications=rows.notifications,
            controls=batch.controls,
            **place(batch),
        )
        if letters:
            yield TaggedOutput(LETTERS, DeadLetterBatch(letters=letters, **place(batch)))
        ended = any(isinstance(control, EndOfInput) for control in batch.controls)
        yield TaggedOutput(LEDGER, tallies.delta(**place(batch), end=ended))

    def _makers(self) -> Callable[[int], RowMaker]:
        """Returns a way to the compiled schemas that asks for each once per batch."""
        asked: dict[int, RowMaker] = {}

        def maker(schema_id: int) -> RowMaker:
            found = asked.get(schema_id)
            if found is None:
                tree = self._schemas.schema(schema_id).tree
                found = asked[schema_id] = _compiled(tree, schema_id, self._name_limit)
            return found

        return maker


def _map(
    validated: Validated,
    maker: Callable[[int], RowMaker],
    rows: Rows,
    letters: list[DeadLetter],
    tallies: Tallies,
) -> None:
    bound = validated.bound
    try:
        made = maker(_schema_id(validated)).rows(validated)
    except (UnmappableValueError, SchemaError) as error:
        _give_up(validated, error, letters, tallies)
        return
    rows.add(bound.notification, made)
    counts = tallies.at(*_where(validated))
    counts[MAPPED] = counts.get(MAPPED, 0) + 1
    counts[MAPPED_ROWS] = counts.get(MAPPED_ROWS, 0) + len(made)


def _schema_id(validated: Validated) -> int:
    schema_id = validated.bound.schema_id
    if schema_id is None:
        raise SchemaError("no-schema-id", "a valid notification without schema id cannot be mapped to tables")
    return schema_id


def _give_up(validated: Validated, error: YangbeamError, letters: list[DeadLetter], tallies: Tallies) -> None:
    letter = letter_of_notification(STAGE, validated.bound.notification, error)
    letters.append(letter)
    count_dead(letter, tallies, _where(validated), SINK)


def _where(validated: Validated) -> tuple[str, int | None, int | None, int]:
    notification = validated.bound.notification
    message = notification.message
    return message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us


_MAKERS: Final[dict[tuple[int, int, int], tuple[Tree, RowMaker]]] = {}


def _compiled(tree: Tree, schema_id: int, name_limit: int) -> RowMaker:
    """Returns the process's compiled form of a tree: DoFns come and go with bundles, compiling takes milliseconds.

    Keyed by the tree's identity, which the entry keeps alive: a schema id is unique in one registry only.
    """
    key = (id(tree), schema_id, name_limit)
    found = _MAKERS.get(key)
    if found is None:
        if len(_MAKERS) >= MAKERS:
            _MAKERS.clear()  # the cheapest forgetting; what is in use is compiled again
        found = _MAKERS[key] = (tree, RowMaker(tree, schema_id, name_limit))
    return found[1]
