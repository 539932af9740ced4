"""Many batches are inserted as few, with all their rows, and what fails leaves no file behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from trainer.warehouse import bulk, insert_batches


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    client.command("CREATE TABLE bulk (key String, usd Nullable(Float64)) ENGINE = MergeTree ORDER BY key")
    yield "bulk"
    client.command("DROP TABLE bulk SYNC")


def batch(first: int, count: int, kind: pa.DataType) -> pa.Table:
    values = pa.nulls(count, kind) if pa.types.is_null(kind) else pa.array(range(first, first + count), kind)
    return pa.table({"key": [str(key) for key in range(first, first + count)], "usd": values})


def contents(client: Any) -> list[tuple[Any, ...]]:
    return list(client.query("SELECT key, usd FROM bulk ORDER BY toUInt32(key)").result_rows)


@pytest.mark.parametrize("at_once", [1, 200, 1 << 26])
def test_batches_of_several_schemas_are_inserted_whole(
    client: Any, table: str, tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BYTES_AT_ONCE", at_once)
    kinds = [pa.float64(), pa.float64(), pa.null(), pa.float32(), pa.int64()]
    folder = tmp_path / "it's \\ here"
    folder.mkdir()
    insert_batches(client, table, [batch(0, 0, pa.null()), *(batch(10 * n, 10, kind) for n, kind in enumerate(kinds))], folder)
    assert contents(client) == [(str(n), None if 20 <= n < 30 else float(n)) for n in range(50)]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("bytes_sent", "inserts"), [(1, [10, 10, 10]), (1 << 20, [20, 10])])
def test_a_server_takes_batches_of_one_schema_together(
    tmp_path: Path, bytes_sent: int, inserts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(bulk, "BYTES_SENT", bytes_sent)
    monkeypatch.setattr(bulk, "is_embedded", lambda client: False)
    server = SimpleNamespace(insert_arrow=lambda table, rows: sent.append(rows.num_rows))
    batches = [batch(0, 10, pa.float64()), batch(10, 10, pa.float64()), batch(20, 10, pa.int64())]
    insert_batches(server, "bulk", batches, tmp_path)  # type: ignore[arg-type]
    assert sent == inserts


def test_what_the_engine_refuses_is_raised(client: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BYTES_AT_ONCE", 1)
    wrong = pa.table({"key": ["a"], "usd": [["a list"]]})
    with pytest.raises(DatabaseError):
        insert_batches(client, table, [wrong, batch(0, 3, pa.float64())], tmp_path)


def test_what_makes_the_batches_may_fail(client: Any, table: str, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.Table]:
        yield batch(0, 3, pa.float64())
        raise ValueError("a bad row")

    with pytest.raises(ValueError, match="a bad row"):
        insert_batches(client, table, batches(), tmp_path)
    assert contents(client) == []
