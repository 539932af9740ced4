"""Parts of tables that the engine sets aside as damaged: named on connecting, by the trainer and by dbt, until they are discarded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.dbt import run_dbt
from tests.support.snapshots import ADDRESSES
from tests.support.standing import rows, snapshots
from tests.support.warehouse import Called
from trainer import connect
from trainer.warehouse import builds, create_tables

DAYS = ("2025-01-01", "2025-02-01")


def cut(table: str) -> None:
    """Cut a file of a table's last part short, as a disk does; nothing has the warehouse open."""
    query = "SELECT path FROM system.parts WHERE active AND database = currentDatabase() AND table = {table:String}"
    path = Path(rows(f"{query} ORDER BY partition DESC LIMIT 1", table=table)[0])
    file = next(file for file in sorted(path.iterdir()) if file.name.startswith("data") and file.suffix == ".bin")
    file.write_bytes(file.read_bytes()[:20])


@pytest.fixture
def own(own_call: Callable[..., Called], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    return own_call


def test_a_damaged_part_is_named_and_discarding_it_leaves_no_half_snapshot(own: Callable[..., Called], tmp_path: Path) -> None:
    data = snapshots(tmp_path, "damagenet", DAYS, ADDRESSES)
    assert own("ingest", data).code == 0
    counts = "SELECT toString(processing_date), count() FROM raw_features FINAL GROUP BY 1 ORDER BY 1"
    whole = rows(counts)
    cut("raw_features")
    for command in (("models", "list"), ("ingest", data), ("init",)):
        refused = own(*command)
        assert refused.code == 4
        assert "rows are missing from raw_features damagenet/2025-02-01/90; run `trainer init --discard-damaged`" in refused.err
    with pytest.raises(AssertionError, match="Files of the warehouse are damaged"):
        run_dbt(["run", "--select", "stg_features"])
    done = own("init", "--discard-damaged")
    assert done.code == 0 and "Discarded a damaged part of raw_features damagenet/2025-02-01/90." in done.err
    for table in ("raw_alerts", "raw_features"):
        assert rows(f"SELECT DISTINCT toString(processing_date) FROM {table}") == [DAYS[0]]
    assert own("ingest", data).code == 0 and rows(counts) == whole


def test_a_damaged_table_of_dbt_is_built_again(own: Callable[..., Called], tmp_path: Path) -> None:
    assert own("ingest", snapshots(tmp_path, "damagenet", DAYS[:1], ADDRESSES)).code == 0
    run_dbt(["run", "--select", "stg_alerts"])  # a table
    cut("stg_alerts")
    assert "rows are missing from stg_alerts; run `trainer init --discard-damaged`, then `dbt run`." in own("models", "list").err
    assert own("init", "--discard-damaged").code == 0
    with connect() as client:
        create_tables(client)
        assert builds.unfinished(client) == ["model.trainer.stg_alerts"]
    run_dbt(["run", "--select", "stg_alerts"])
    with connect() as client:
        assert builds.unfinished(client) == []
        assert client.query("SELECT count() > 0 FROM stg_alerts").result_rows == [(True,)]
