"""The tables of the account beside those of the data: loss events, how exporters count, the ledger; their newest state.

Each row has an identity; a later state replaces the earlier one, whatever was written twice.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from yangbeam.core.elements import LedgerTotals, LossBatch

NONE: Final = -1
"""Publisher or subscription of what belongs to none: a part of the identity cannot be NULL."""


class Account(NamedTuple):
    """One such table.

    Attributes:
        name: Of the table.
        columns: (name, SQL type), in order.
        key: How many columns from the first are the identity.
        newest: Column that says which state is newer; empty: the one that was written last.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: int
    newest: str = ""

    def definition(self) -> str:
        """Returns the statement that makes the table."""
        columns = ", ".join(f'"{name}" {kind}' for name, kind in self.columns)
        key = ", ".join(f'"{name}"' for name, _ in self.columns[: self.key])
        return f'CREATE TABLE IF NOT EXISTS "{self.name}" ({columns}, PRIMARY KEY ({key}))'

    def upsert(self, view: str) -> str:
        """Returns the statement that takes the rows of a view of the same columns."""
        names = [f'"{name}"' for name, _ in self.columns]
        values = ", ".join(f"{name} = excluded.{name}" for name in names[self.key :])
        condition = f' WHERE excluded."{self.newest}" >= "{self.name}"."{self.newest}"' if self.newest else ""
        cast = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in self.columns)
        return (
            f'INSERT INTO "{self.name}" SELECT {cast} FROM {view} '  # noqa: S608 # names of this file
            f"ON CONFLICT ({', '.join(names[: self.key])}) DO UPDATE SET {values}{condition}"
        )

    def present(self, view: str) -> str:
        """Returns the statement that counts the rows of a view that the table holds, or holds newer."""
        same = [f'one."{name}" = other."{name}"' for name, _ in self.columns[: self.key]]
        if self.newest:
            same.append(f'one."{self.newest}" >= other."{self.newest}"')
        return f'SELECT count(*) FROM "{self.name}" one JOIN {view} other ON {" AND ".join(same)}'  # noqa: S608 # names of this file


LOSS: Final = Account(
    "yangbeam_loss",
    (
        ("identity", "VARCHAR"),
        ("exporter", "VARCHAR"),
        ("node", "VARCHAR"),
        ("publisher_id", "UINTEGER"),
        ("subscription_ids", "UINTEGER[]"),
        ("counter", "VARCHAR"),
        ("scope", "VARCHAR"),
        ("first", "UBIGINT"),
        ("last", "UBIGINT"),
        ("count", "UBIGINT"),
        ("first_us", "BIGINT"),
        ("last_us", "BIGINT"),
        ("state", "VARCHAR"),
        ("cause", "VARCHAR"),
        ("detail", "VARCHAR"),
    ),
    key=1,
)
SCOPES: Final = Account(
    "yangbeam_scopes",
    (
        ("exporter", "VARCHAR"),
        ("counter", "VARCHAR"),
        ("state", "VARCHAR"),
        ("scope", "VARCHAR"),
        ("counters", "UINTEGER"),
        ("since_us", "BIGINT"),
        ("why", "VARCHAR[]"),
    ),
    key=2,
)
LEDGER: Final = Account(
    "yangbeam_ledger",
    (
        ("shard", "UINTEGER"),
        ("exporter", "VARCHAR"),
        ("publisher_id", "BIGINT"),
        ("subscription_id", "BIGINT"),
        ("bucket_us", "BIGINT"),
        ("what", "VARCHAR"),
        ("revision", "UBIGINT"),
        ("count", "BIGINT"),
    ),
    key=6,
    newest="revision",
)

Rows = list[tuple[Any, ...]]


def loss_rows(batch: LossBatch) -> Rows:
    """Returns a row for each identity in a batch, its last state."""
    rows = {
        event.identity: (
            event.identity, event.exporter, event.node, event.publisher_id, list(event.subscription_ids),
            event.counter, event.scope, event.first, event.last, event.count, event.first_us, event.last_us,
            event.state, event.cause, event.detail,
        )
        for event in batch.events
    }  # fmt: skip
    return list(rows.values())


def scope_rows(batch: LossBatch) -> Rows:
    """Returns a row for each counter of which something was learned, what was learned last."""
    rows = {
        (one.exporter, one.counter): (
            one.exporter, one.counter, one.state, one.scope, one.counters, one.since_us, one.why,
        )
        for one in batch.learned
    }  # fmt: skip
    return list(rows.values())


def ledger_rows(batch: LedgerTotals) -> Rows:
    """Returns a row for each count of each total; of one told twice in a batch the highest revision."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for total in batch.totals:
        ids = (_or_none(total.publisher_id), _or_none(total.subscription_id))
        for what, count in total.counts.items():
            key = (total.shard, total.exporter, *ids, total.bucket_us, what)
            if key not in rows or rows[key][-2] <= total.revision:
                rows[key] = (*key, total.revision, count)
    return list(rows.values())


def _or_none(number: int | None) -> int:
    return NONE if number is None else number


def columns_of(account: Account, rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Returns rows column by column."""
    cells = [list(column) for column in zip(*rows, strict=True)]
    return {name: values for (name, _), values in zip(account.columns, cells, strict=True)}
