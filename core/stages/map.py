"""Map: which rows of the tables derived from its schema a validated notification becomes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import DeadLetter, Validated, ValidatedBatch, place
from yangbeam.core.errors import SchemaError, UnmappableValueError, YangbeamError
from yangbeam.core.ledger import MAPPED, MAPPED_ROWS, NOT_MAPPED, Tallies
from yangbeam.core.policy import JUDGED
from yangbeam.core.schemas import Schemas
from yangbeam.core.stage import StepResult
from yangbeam.core.tables.naming import LIMIT
from yangbeam.core.tables.row_batch import RowBatch, Rows
from yangbeam.core.tables.rows import RowMaker
from yangbeam.core.yang.tree import Tree

STAGE: Final = "map"
SINK: Final = "tables"
"""Name of the sinks of rows in the ledger."""
MAKERS: Final = 256
"""Compiled schemas kept by a process: a network has some tens of distinct module sets."""


@dataclass(frozen=True, slots=True)
class Map:
    """``ValidatedBatch`` to ``RowBatch``, one for one; stateless, order kept.

    Letters: a value that its column cannot hold costs its message, for the tables sink only
    (``dead-at:tables:REASON``). What is not valid was passed on by policy and is counted as ``not-mapped:tables``.

    Attributes:
        schemas: Where the trees come from.
        name_limit: Longest table or column name, characters.
    """

    schemas: Schemas
    name_limit: int = LIMIT

    def step(self, batch: ValidatedBatch) -> StepResult:
        """Returns the rows of a batch."""
        tallies = Tallies(STAGE)
        rows = Rows()
        letters: list[DeadLetter] = []
        maker = self._makers()
        for validated in batch.notifications:
            if validated.verdict in JUDGED:
                _map(validated, maker, rows, letters, tallies)
            else:
                tallies.add(f"{NOT_MAPPED}:{SINK}", *_where(validated))
        out = RowBatch(
            tables=rows.tables,
            groups=rows.groups(),
            notifications=rows.notifications,
            controls=batch.controls,
            **place(batch),
        )
        return StepResult(out, tallies, letters)

    def _makers(self) -> Callable[[int], RowMaker]:
        """Returns a way to the compiled schemas that asks for each once per batch."""
        asked: dict[int, RowMaker] = {}

        def maker(schema_id: int) -> RowMaker:
            found = asked.get(schema_id)
            if found is None:
                tree = self.schemas.schema(schema_id).tree
                found = asked[schema_id] = _compiled(tree, schema_id, self.name_limit)
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
