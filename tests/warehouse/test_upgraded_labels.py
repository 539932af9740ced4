"""Warehouses of the version before: their label tables are upgraded without losing a row, also when the upgrade is killed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.snapshots import ADDRESSES
from tests.support.standing import own_list, rows
from trainer import connect
from trainer.labels.add import add_labels
from trainer.warehouse.schema import create_tables

OLD_LABELS = """network LowCardinality(String), processing_date Date, window_days UInt16, address String,
    label String DEFAULT '', network_type LowCardinality(String) DEFAULT '', address_type LowCardinality(String) DEFAULT 'unknown',
    address_subtype LowCardinality(String) DEFAULT '', risk_level LowCardinality(String) DEFAULT 'medium',
    confidence_score Float32 DEFAULT 0.5, trust_level LowCardinality(String) DEFAULT '', source LowCardinality(String) DEFAULT ''"""
OLD_KEY = "network, processing_date, window_days, address, source, label, risk_level, confidence_score"
OLD_TABLES = (
    f"""CREATE TABLE raw_address_labels ({OLD_LABELS}, ingested_at DateTime64(3) DEFAULT now64(3))
    ENGINE = ReplacingMergeTree(ingested_at) PARTITION BY (network, processing_date, window_days) ORDER BY ({OLD_KEY})""",
    f"""CREATE TABLE label_history ({OLD_LABELS}, event LowCardinality(String), file String DEFAULT '',
    file_sha256 String DEFAULT '', changed_at DateTime64(3)) ENGINE = ReplacingMergeTree(changed_at)
    PARTITION BY (network, processing_date, window_days) ORDER BY ({OLD_KEY}, changed_at, event)""",
)


def old_rows(count: int) -> tuple[str, ...]:
    """Return statements that fill the tables of the version before with labels of 120 snapshots."""
    columns = (
        "concat('net', toString(number % 3)), toDate('2025-01-01') + number % 40, 90, concat('0x', hex(number)), 'x', '', "
        "'unknown', concat('name', toString(number % 7)), 'high', 0.5 + number % 2 / 4, 'court', 'me'"
    )
    any_partitions = "SETTINGS max_partitions_per_insert_block = 0"
    return (
        f"INSERT INTO raw_address_labels SELECT {columns}, now64(3) FROM numbers({count}) {any_partitions}",
        f"INSERT INTO label_history SELECT {columns}, ['added', 'removed'][1 + number % 2], 'a.csv', 'sha', "
        f"toDateTime64('2025-06-01 00:00:00', 3) + number FROM numbers({count}) {any_partitions}",
    )


class Killed(BaseException):
    """Ends a command as a signal would, past every handler of errors."""


@pytest.fixture
def old_house(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A warehouse with the label tables of the version before."""
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "old"))
    with connect() as client:
        for statement in (*OLD_TABLES, *old_rows(2000)):
            client.command(statement)
    return tmp_path / "old"


def old_content(relation: str) -> list[Any]:
    columns = "EXCEPT (publisher)" if relation == "raw_address_labels" else "EXCEPT (publisher, list, valid_from, valid_to)"
    known = rows("SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String}", table=relation)
    chosen = f"* {columns}" if "publisher" in known else "*"
    return rows(f"SELECT count(), sum(sipHash64(toString(tuple({chosen})))) FROM {relation}")


def test_a_warehouse_of_the_version_before_is_upgraded_without_losing_a_row(old_house: Path, tmp_path: Path) -> None:
    before = [old_content(relation) for relation in ("raw_address_labels", "label_history")]
    assert before[0][0][0] == before[1][0][0] == 2000
    for _ in range(2):
        with connect() as client:
            create_tables(client)
        assert [old_content(relation) for relation in ("raw_address_labels", "label_history")] == before
    file = own_list(tmp_path / "a.csv", [{"address": ADDRESSES[0]}])
    with connect() as client:
        assert add_labels(client, file, network="net", source="new", valid_from=date(2025, 1, 1)).added == 1
    assert rows("SELECT window_days > 0, count() FROM label_history GROUP BY 1 ORDER BY 1") == [(0, 1), (1, 2000)]
    kept = "SELECT DISTINCT publisher, list, toString(valid_from), toString(valid_to) FROM label_history WHERE window_days > 0"
    assert rows(kept) == [("", "", "1970-01-01", "2149-06-06")]


@pytest.mark.parametrize("statement", ["INSERT INTO", "EXCHANGE TABLES", "DROP TABLE"])
def test_a_killed_upgrade_loses_nothing(old_house: Path, statement: str) -> None:
    before = [old_content(relation) for relation in ("raw_address_labels", "label_history")]
    with connect() as client:
        command = client.command

        def killed(text: str, *arguments: Any, **options: Any) -> Any:
            if text.lstrip().startswith(statement):
                raise Killed
            return command(text, *arguments, **options)

        client.command = killed  # type: ignore[method-assign]
        with pytest.raises(Killed):
            create_tables(client)
    assert [old_content(relation) for relation in ("raw_address_labels", "label_history")] == before
    with connect() as client:
        create_tables(client)
    assert [old_content(relation) for relation in ("raw_address_labels", "label_history")] == before
