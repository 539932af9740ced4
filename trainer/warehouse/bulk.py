"""Inserts many batches of rows at the cost of few inserts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from trainer.warehouse.old_parts import is_embedded

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

BYTES_AT_ONCE = 256 * 1024 * 1024  # one part of the table; the engine sorts it in memory

BYTES_SENT = 32 * 1024 * 1024  # in one insert to a server


def insert_batches(client: Client, table: str, batches: Iterable[pa.Table], folder: Path) -> None:
    """Insert batches of rows, which need not have the same schema; some of them may be in the table if one fails.

    The embedded engine reads them from a file, written batch by batch: one copy of the rows, where the driver makes three, and
    fewer parts, because an insert has many batches. Meanwhile the next ones are made. A server takes an insert for a few batches.

    Args:
        folder: an empty folder for the files.
    """
    if not is_embedded(client):
        for few in _joined(batches):
            client.insert_arrow(table, few)
        return
    with ThreadPoolExecutor(1) as engine:
        spool = _Spool(client, table, folder, engine)
        try:
            for batch in batches:
                spool.add(batch)
            spool.insert()
            spool.wait()
        finally:
            spool.close()


def _joined(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield consecutive batches of one schema together, as long as their rows take little memory: each insert makes a part."""
    import pyarrow as pa

    held: list[pa.Table] = []
    for batch in batches:
        if held and (batch.schema != held[0].schema or sum(one.nbytes for one in held) >= BYTES_SENT):
            yield pa.concat_tables(held)
            held = []
        held.append(batch)
    if held:
        yield pa.concat_tables(held)


class _Spool:
    """Batches of one schema in a file, until there are enough of them for the engine."""

    def __init__(self, client: Client, table: str, folder: Path, engine: ThreadPoolExecutor) -> None:
        self._client, self._table, self._folder, self._engine = client, table, folder, engine
        self._inserting: Future[None] | None = None
        self._schema: pa.Schema | None = None
        self._file: pa.NativeFile | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._bytes = self._number = 0

    def add(self, batch: pa.Table) -> None:
        """Take rows, and have those before them inserted if there are enough of them."""
        import pyarrow as pa

        if not batch.num_rows:
            return
        if self._bytes >= BYTES_AT_ONCE or (self._bytes and batch.schema != self._schema):
            self.insert()
        if self._writer is None:
            self._schema, self._file = batch.schema, pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_stream(self._file, batch.schema)
        self._writer.write_table(batch)
        self._bytes += batch.nbytes

    def insert(self) -> None:
        """Begin to insert the rows taken so far, once those before are inserted."""
        if self._schema is None or not self._bytes:
            return
        self.close()
        self.wait()
        from clickhouse_connect.driver.binding import format_str

        columns = ", ".join(f"`{name}`" for name in self._schema.names)
        statement = f"INSERT INTO {self._table} ({columns}) FROM INFILE {format_str(str(self._path))} FORMAT ArrowStream"
        self._inserting = self._engine.submit(self._run, statement, self._path)
        self._number, self._bytes = self._number + 1, 0

    def wait(self) -> None:
        """Wait until the engine is done, and raise what it raised."""
        if self._inserting is not None:
            self._inserting.result()

    def close(self) -> None:
        """Close the file."""
        for opened in (self._writer, self._file):
            if opened is not None:
                opened.close()
        self._writer = self._file = None

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._number}.arrows"

    def _run(self, statement: str, path: Path) -> None:
        self._client.command(statement)
        path.unlink()
