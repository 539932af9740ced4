"""Inserts many batches of rows at the cost of few inserts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from typing import TYPE_CHECKING

from trainer.warehouse.old_parts import is_embedded

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

BYTES_AT_ONCE = 256 * 1024 * 1024


def insert_batches(client: Client, table: str, batches: Iterable[pa.Table]) -> None:
    """Insert batches of rows, which need not have the same schema; a part of them may be in the table if one fails.

    The embedded engine reads them from a file: written batch by batch it takes one copy of the rows where the driver makes three, and
    one insert of many batches writes fewer parts. A server takes one insert for each batch.
    """
    if not is_embedded(client):
        for batch in batches:
            client.insert_arrow(table, batch)
        return
    spool = _Spool(client, table)
    try:
        for batch in batches:
            spool.add(batch)
        spool.insert()
    finally:
        spool.remove()


class _Spool:
    """Batches of one schema in a temporary file, until there are enough of them."""

    def __init__(self, client: Client, table: str) -> None:
        self._client, self._table = client, table
        handle, self._path = tempfile.mkstemp(suffix=".arrows")
        os.close(handle)
        self._file: pa.NativeFile | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._schema: pa.Schema | None = None
        self._bytes = 0

    def add(self, batch: pa.Table) -> None:
        import pyarrow as pa

        if not batch.num_rows:
            return
        if self._bytes >= BYTES_AT_ONCE or (self._bytes and batch.schema != self._schema):
            self.insert()
        if self._writer is None:
            self._schema, self._file = batch.schema, pa.OSFile(self._path, "wb")
            self._writer = pa.ipc.new_stream(self._file, batch.schema)
        self._writer.write_table(batch)
        self._bytes += batch.nbytes

    def insert(self) -> None:
        """Insert what is in the file, and start it anew."""
        if self._schema is None or not self._bytes:
            return
        self._close()
        columns = ", ".join(f"`{name}`" for name in self._schema.names)
        self._client.command(f"INSERT INTO {self._table} ({columns}) FROM INFILE '{self._path}' FORMAT ArrowStream")

    def remove(self) -> None:
        self._close()
        os.unlink(self._path)

    def _close(self) -> None:
        for opened in (self._writer, self._file):
            if opened is not None:
                opened.close()
        self._writer, self._file, self._bytes = None, None, 0
