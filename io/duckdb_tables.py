"""WriteTables: rows into a DuckDB file, one table per YANG list, made when data for it is first seen.

DuckDB lets one process write a file, and no other open it meanwhile, not even to read: query it after the run, or from
the writing process. ``close_tables`` writes everything into the one file and lets go of it.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import apache_beam as beam
import duckdb
import pyarrow as pa
from apache_beam.pvalue import PCollection, TaggedOutput
from apache_beam.typehints.decorators import no_annotations

from yangbeam.core.elements import LedgerTotals
from yangbeam.core.errors import Fault, UnmappableValueError, YangbeamError
from yangbeam.core.outside import Kind
from yangbeam.core.stage import LEDGER, LETTERS
from yangbeam.core.tables import duckdb_dialect as sql
from yangbeam.core.tables.accounts import Account, Rows, columns_of
from yangbeam.core.tables.acknowledging import Changed
from yangbeam.core.tables.columns import BOUNDS, DECIMAL_DIGITS, ColumnType
from yangbeam.core.tables.definitions import Column, Table
from yangbeam.core.tables.evolution import Fit, Held
from yangbeam.core.tables.folding import Upsert
from yangbeam.core.tables.naming import LIMIT
from yangbeam.transforms.acknowledged import ACKNOWLEDGED
from yangbeam.transforms.outputs import kept
from yangbeam.transforms.outsides import OUTSIDES
from yangbeam.transforms.stage import StageOutput, sunk
from yangbeam.transforms.write_rows import WriteRows

T = TypeVar("T")

MAX_BYTES: Final = 8 << 20
"""About 10,000 messages of one interface: a statement of 28 columns costs 4 ms whatever its rows."""
MAX_WAIT_S: Final = 1.0
MEMORY_MB: Final = 512
"""DuckDB's own default is 80 % of the machine. The index grows by 25 octets a row, and can leave memory as data can."""
ATTEMPTS: Final = 5
"""Tries before a transient error fails the bundle; the waits double from FIRST_WAIT_S: 1.5 s in all."""
FIRST_WAIT_S: Final = 0.1
UPSERTS: Final = 64
"""Writes after one that met a row that was there: trying in vain costs a transaction, so at most 2 % are lost."""

_AT_FAULT: Final = (
    duckdb.DataError,
    duckdb.IntegrityError,
    duckdb.InvalidInputException,
    pa.ArrowInvalid,
    pa.ArrowTypeError,
    OverflowError,
    UnicodeError,
)
"""What DuckDB and Arrow raise when a value is at fault."""
_TRANSIENT: Final = (duckdb.TransactionException, duckdb.IOException, OSError)


class TablesError(YangbeamError):
    """The database, not the data: fails the bundle."""

    fault = Fault.ENVIRONMENT


class WriteTables(beam.PTransform):
    """Writes ``RowBatch`` elements to a DuckDB file.

    Delivery: effectively once. Each write is one transaction of upserts by row identity that touch only the columns
    the rows carry, so a bundle that is retried, or a capture that is read again, leaves the same tables. A message
    counts as ``delivered:tables`` after its transaction; one with a value that DuckDB refuses becomes a dead letter,
    alone.

    Args:
        path: The file; its folder is made.
        max_bytes: Payload octets collected before a write.
        max_wait_s: Seconds after which collected rows are written with the next element.
        memory_mb: What DuckDB may hold in memory, MiB; the rest of data and index goes to the file.
        clock: Seconds, monotonic; a module-level function.
    """

    def __init__(
        self,
        path: Path,
        max_bytes: int = MAX_BYTES,
        max_wait_s: float = MAX_WAIT_S,
        memory_mb: int = MEMORY_MB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._write = WriteRows(partial(_opened, str(path), memory_mb), max_bytes, max_wait_s, clock)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the sink; returns its dead letters and what it counted."""
        return sunk(self._write, batches, "Write", LETTERS, LEDGER)


class WriteAccount(beam.PTransform):
    """Keeps loss events, or the ledger's totals, in a table of the same file, in their newest state.

    Delivery: effectively once, by the rows' identities; each batch is a transaction, after which its rows are looked up
    in the table. What counts as kept are the records of the batch but for those whose rows are not there.

    Args:
        path: The file.
        account: The table.
        rows: Batch to its rows; a module-level function.
        records: Batch to the number of its records, which may fold into fewer rows; a module-level function.
        name: Under which they are tallied; of the ledger itself in this process (``transforms.acknowledged``).
    """

    def __init__(
        self, path: Path, account: Account, rows: Callable[[Any], Rows], records: Callable[[Any], int], name: str
    ) -> None:
        super().__init__()
        self._keep = _Keep(str(path), account, rows, records, name)

    @no_annotations
    def expand(self, batches: PCollection) -> StageOutput:
        """Applies the sink; returns what it counted."""
        return sunk(self._keep, batches, "Keep", LEDGER)


class _Keep(beam.DoFn):
    def __init__(
        self, path: str, account: Account, rows: Callable[[Any], Rows], records: Callable[[Any], int], name: str
    ) -> None:
        super().__init__()
        self._path, self._account = path, account
        self._rows, self._records, self._name = rows, records, name

    def process(self, batch: Any) -> Iterator[Any]:
        rows = self._rows(batch)
        if not rows:
            return
        there = self._records(batch) - (len(rows) - _opened(self._path).keep(self._account, rows))
        if isinstance(batch, LedgerTotals):
            ACKNOWLEDGED.add(self._name, there)
        else:
            yield TaggedOutput(LEDGER, kept(batch, self._name, there))


class DuckDbStore:
    """One DuckDB file, open for writing; one per process and file.

    Args:
        path: The file, or ``:memory:``.
        sleep: Waits seconds between tries.
        memory_mb: What DuckDB may hold in memory, MiB.
    """

    def __init__(self, path: str, sleep: Callable[[float], None] = time.sleep, memory_mb: int = MEMORY_MB) -> None:
        self._sleep = sleep
        self._lock = threading.RLock()
        self._connection = _retried(partial(_connect, path, memory_mb), path, sleep)
        self._path = path
        self._held = _held(self._connection)
        self._fits: dict[Table, Fit] = {}
        self._upserts_to_come = 0

    def place(self, table: Table) -> Fit:
        """Returns where a table's rows go; makes the table, or columns that a later schema revision added."""
        with self._lock:
            fit = self._fits.get(table)
            if fit is None:
                fit = self._held.fit(table, LIMIT)
                self._transact(sql.definition(fit, table), _catalog_rows(fit, table))
                self._held.add(fit.name, table.path, fit.added)
                self._fits[table] = fit
            return fit

    def write(self, upserts: list[Upsert]) -> list[Changed]:
        """Writes all rows in one transaction; returns what DuckDB says that each statement inserted and updated.

        Raises:
            UnmappableValueError: A value is at fault; nothing was written.
            TablesError: The database is; nothing was written.
        """
        views = [f"arriving_{number}" for number in range(len(upserts))]
        with self._lock:
            try:
                for view, upsert in zip(views, upserts, strict=True):
                    self._connection.register(view, _arrow(upsert))
                inserts = [sql.insert(upsert, view) for view, upsert in zip(views, upserts, strict=True)]
                counts = self._inserted(inserts)
                if counts is not None:
                    return [Changed(one.table, count, 0) for one, count in zip(upserts, counts, strict=True)]
                return self._upserted(upserts, views)
            except _AT_FAULT as error:
                raise UnmappableValueError("unmappable", f"DuckDB refuses a value: {error}") from error
            finally:
                for view in views:
                    self._connection.unregister(view)

    def _upserted(self, upserts: list[Upsert], views: list[str]) -> list[Changed]:
        """Writes rows of which some are there; a table's own count, before and behind, says how many are new."""
        statements: list[str] = []
        for upsert, view in zip(upserts, views, strict=True):
            count = sql.count(upsert.table)
            statements += [count, sql.upsert(upsert, view), count]
        numbers = iter(self._transact(statements))
        found: list[Changed] = []
        for upsert, before, affected, behind in zip(upserts, numbers, numbers, numbers, strict=True):
            found.append(Changed(upsert.table, behind - before, affected - (behind - before)))
        return found

    def _inserted(self, statements: list[str]) -> list[int] | None:
        """Writes rows as if all were new, at half the cost; returns how many by statement, None when one was there.

        Then, as in a replay, the next will be there too: UPSERTS writes pass before it is tried again.
        """
        if self._upserts_to_come:
            self._upserts_to_come -= 1
            return None
        try:
            return self._transact(statements)
        except duckdb.ConstraintException:
            self._upserts_to_come = UPSERTS
            return None

    def keep(self, account: Account, rows: Rows) -> int:
        """Writes rows of an account in one transaction; makes its table. Returns how many are there, read back."""
        view = "arriving_account"
        with self._lock:
            self._connection.register(view, pa.table(columns_of(account, rows)))
            try:
                return self._transact([account.definition(), account.upsert(view), account.present(view)])[-1]
            finally:
                self._connection.unregister(view)

    def identities(self) -> dict[str, int]:
        """Returns the rows of each derived table, as DuckDB counts them: each identity once."""
        with self._lock:
            return _counts(self._connection)

    def settle(self) -> None:
        """Writes the log into the file."""
        with self._lock:
            _retried(partial(self._connection.execute, "CHECKPOINT"), self._path, self._sleep)

    def close(self) -> None:
        """Writes the log into the file and lets other processes open it."""
        with self._lock:
            self._connection.close()

    def _transact(self, statements: list[str], catalog: Sequence[tuple[object, ...]] = ()) -> list[int]:
        """Returns the number that each statement gives: of a count itself, of others the rows affected."""
        return _retried(partial(self._in_transaction, statements, catalog), self._path, self._sleep)

    def _in_transaction(self, statements: list[str], catalog: Sequence[tuple[object, ...]]) -> list[int]:
        numbers: list[int] = []
        self._connection.execute("BEGIN")
        try:
            for statement in statements:
                said = self._connection.execute(statement).fetchall()
                numbers.append(said[0][0] if said else 0)
            if catalog:
                self._connection.executemany(sql.INSERT_CATALOG, catalog)
            self._connection.execute("COMMIT")
        except BaseException:
            _roll_back(self._connection)
            raise
        return numbers


def _catalog_rows(fit: Fit, table: Table) -> list[tuple[object, ...]]:
    return [
        sql.catalog_row(fit, table, ordinal, fit.columns[column.name], column)
        for ordinal, column in enumerate(table.columns)
    ]


_STORES: Final[dict[str, DuckDbStore]] = {}
_STORES_LOCK: Final = threading.Lock()


def _opened(path: str, memory_mb: int = MEMORY_MB) -> DuckDbStore:
    """Returns this process's store of a file: DoFns come and go with bundles, DuckDB allows one owner."""
    key = str(Path(path).resolve())
    with _STORES_LOCK:
        store = _STORES.get(key)
        if store is None:
            store = _STORES[key] = DuckDbStore(key, memory_mb=memory_mb)
        return store


def close_tables(path: Path) -> None:
    """Closes a file that this process has open, with everything written into it; else does nothing."""
    with _STORES_LOCK:
        store = _STORES.pop(str(path.resolve()), None)
    if store is not None:
        store.close()


def identities_in(path: Path) -> dict[str, int]:
    """Returns the rows of each derived table of a file by the database's own count; opens it for this process.

    Raises:
        TablesError: Another process has it, or the disk has no room.
    """
    return _opened(str(path)).identities()


def table_counts(path: Path) -> dict[str, int]:
    """Returns the rows of each derived table of a file, by table name; none when the file does not exist."""
    with _STORES_LOCK:
        store = _STORES.get(str(path.resolve()))
    if store is not None:
        return store.identities()
    if not path.exists():
        return {}
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return _counts(connection)
    except duckdb.Error as error:
        said = str(error).partition("\n")[0]
        raise TablesError("tables-read", f"{path} cannot be read: {said}; end the process that writes it") from error


def _connect(path: str, memory_mb: int) -> duckdb.DuckDBPyConnection:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(path)
    # Batches are too small to share among threads; more of them only burn CPU that validation needs.
    connection.execute("SET threads = 1")
    connection.execute(f"SET memory_limit = '{memory_mb}MiB'")
    connection.execute(sql.CREATE_CATALOG)
    return connection


def _held(connection: duckdb.DuckDBPyConnection) -> Held:
    """Returns what an earlier process, or an earlier run, has made."""
    held = Held()
    for table, table_path, name, role, path, logical in connection.execute(sql.SELECT_CATALOG).fetchall():
        held.add(table, table_path, [Column(name, sql.logical_type(logical), role, path)])
    return held


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(f"SELECT DISTINCT table_name FROM {sql.CATALOG} ORDER BY 1").fetchall()  # noqa: S608 # a constant
    counts: dict[str, int] = {}
    for (name,) in names:
        # Fetched to the end: an unfinished result blocks the connection for the writes that follow.
        ((counts[name],),) = connection.execute(f"SELECT count(*) FROM {sql.quoted(name)}").fetchall()  # noqa: S608 # quoted
    return counts


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        return  # DuckDB has ended the transaction itself; the error that led here says why


def _retried(work: Callable[[], T], path: str, sleep: Callable[[float], None]) -> T:
    for attempt in range(ATTEMPTS):
        try:
            done = work()
        except _TRANSIENT as error:
            if not isinstance(error, duckdb.TransactionException):  # two writers in each other's way
                OUTSIDES.failed(Kind.DATABASE, path, str(error).splitlines()[0], is_told=True)
            if attempt + 1 == ATTEMPTS or OUTSIDES.is_over:
                why = f"{path}: {error}; one process may write the file, and the disk needs room"
                raise TablesError("tables-write", why) from error
            sleep(FIRST_WAIT_S * 2**attempt)
        else:
            OUTSIDES.answered(Kind.DATABASE, path)
            return done
    raise AssertionError  # pragma: no cover - the loop returns or raises


_ARROW: Final[Mapping[str, Any]] = {
    **{kind: getattr(pa, kind)() for kind in BOUNDS},
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us"),
}


def _arrow(upsert: Upsert) -> Any:
    """Returns rows as an Arrow table, column by column."""
    arrays = [
        _array(values, column.type)
        for values, column in zip(zip(*upsert.rows, strict=True), upsert.columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in upsert.columns])


def _array(values: tuple[Any, ...], column: ColumnType) -> Any:
    single = _ARROW.get(column.kind, pa.string())
    array = pa.array(values, pa.list_(single) if column.many else single)
    if column.kind != "decimal":
        return array
    exact = pa.decimal128(DECIMAL_DIGITS, column.digits)
    return array.cast(pa.list_(exact) if column.many else exact)
