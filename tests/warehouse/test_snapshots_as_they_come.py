"""Snapshots in other wrappings and units, and with columns that are no features, on the engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.snapshots import ADDRESSES, packed, tables, write
from tests.support.standing import rows
from tests.support.warehouse import Called, content, counts
from trainer import connect
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import RAW_FEATURES, RAW_TABLES, create_tables

Call = Callable[..., Called]
SECOND = 1_754_006_400


def load(call: Call, folder: Path, *options: object) -> tuple[dict[str, Any], str]:
    """Ingest a folder with one snapshot; what is said of it as JSON, and on stderr."""
    done = call("ingest", folder, "--json", *options)
    assert done.code == 0, done.err
    return json.loads(done.out)["snapshots"][0], done.err


def in_parts(folder: Path) -> None:
    frame = pd.read_parquet(folder / "features.parquet")
    (folder / "features.parquet").unlink()
    for number in range(3):
        frame.iloc[number::3].to_parquet(folder / f"features_{number}.parquet")


def as_spark(folder: Path) -> None:
    path = folder / "alerts.parquet"
    frame = pd.read_parquet(path)
    path.unlink()
    path.mkdir()
    for name in ("_SUCCESS", "._SUCCESS.crc", ".part-00000-a-c000.snappy.parquet.crc"):
        (path / name).write_text("")
    frame.iloc[:2].to_parquet(path / "part-00000-a-c000.snappy.parquet")
    frame.iloc[2:].to_parquet(path / "part-00001-a-c000.snappy.parquet")


def in_capitals(folder: Path) -> None:
    for path in folder.glob("*.parquet"):
        path.rename(folder / path.name.upper())


WRAPPINGS: dict[str, Callable[[Path], object]] = {
    "numbered parts": in_parts,
    "a folder, as Spark writes": as_spark,
    "capitals": in_capitals,
    "gzip": lambda folder: packed(folder / "features.parquet", ".gz"),
    "zstd": lambda folder: packed(folder / "money_flows.parquet", ".zst"),
    "pq": lambda folder: (folder / "clusters.parquet").rename(folder / "clusters.pq"),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_another_wrapping_loads_the_same_rows(own_house: Path, call: Call, tmp_path: Path, wrapping: str) -> None:
    folder = write(tmp_path, tables(), "wrapped")
    load(call, folder)
    with connect() as client:
        before = [content(client, table.name, "wrapped") for table in RAW_TABLES]
    WRAPPINGS[wrapping](folder)
    loaded, _ = load(call, folder)
    assert loaded["not_understood"] == [] and loaded["left_as_before"] == {}
    with connect() as client:
        assert [content(client, table.name, "wrapped") for table in RAW_TABLES] == before
        assert counts(client, "wrapped")["raw_alerts"] == 6


def test_a_part_that_is_damaged_leaves_everything_as_it_was(own_house: Path, call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, tables(), "damaged")
    in_parts(folder)
    part = folder / "features_1.parquet"
    part.write_bytes(part.read_bytes()[:-40])
    done = call("ingest", folder)
    assert done.code == 3 and "features_1.parquet" in done.err and "Traceback" not in done.err
    with connect() as client:
        assert set(counts(client, "damaged").values()) == {0}


def test_what_is_not_understood_is_named(own_house: Path, call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, tables() | {"assets": pd.DataFrame({"a": [1]}), "alerts_v2": pd.DataFrame({"a": [1]})}, "named")
    (folder / "notes.txt").write_text("")
    (folder / "README.md").write_text("")
    loaded, said = load(call, folder)
    # `assets` is a table of another shape.
    assert loaded["not_understood"] == ["alerts_v2.parquet", "assets.parquet", "notes.txt"]
    assert all(f"{name}: not understood, not loaded" in said for name in loaded["not_understood"])


def test_tables_that_a_new_snapshot_lacks_are_left_and_named(own_house: Path, call: Call, tmp_path: Path) -> None:
    first = load(call, write(tmp_path / "a", tables(), "later"))[0]
    assert first["left_as_before"] == {}
    frames = tables(3)
    loaded, said = load(call, write(tmp_path / "b", {"alerts": frames["alerts"], "features": frames["features"]}, "later"))
    assert loaded["left_as_before"] == {"raw_clusters": 1, "raw_money_flows": 5}
    assert "raw_money_flows: not in this folder; its 5 rows from an earlier load are left as they were" in said
    with connect() as client:
        found = counts(client, "later")
    assert (found["raw_features"], found["raw_money_flows"]) == (3, 5)


def test_one_snapshot_may_be_in_two_folders_but_a_table_of_it_in_one(own_house: Path, call: Call, tmp_path: Path) -> None:
    frames = tables()
    flows, features = ({name: frames[name]} for name in ("money_flows", "features"))
    write(tmp_path / "input", flows, "halves")
    write(tmp_path / "output", features, "halves")
    done = call("ingest", tmp_path, "--json")
    assert done.code == 0 and [one["left_as_before"] for one in json.loads(done.out)["snapshots"]] == [{}, {}]
    write(tmp_path / "again", features, "halves")
    refused = call("ingest", tmp_path)
    assert refused.code == 3 and "both of halves/2025-08-01/90 and both have raw_features" in refused.err


def timed(size: int) -> list[dict[str, pd.DataFrame]]:
    """Return a snapshot of each shape with every time it has, in units of which a second has `size`."""
    times = (SECOND + 3600 * np.arange(6)) * size
    frames = tables()
    features = frames["features"].assign(first_activity_timestamp=times, last_activity_timestamp=times + size, created_at=times)
    flows = frames["money_flows"].assign(
        first_seen_timestamp=times[:5], last_seen_timestamp=times[:5] + size, created_at=times[:5]
    )
    clusters = frames["clusters"].assign(
        earliest_alert_timestamp=times[:1], latest_alert_timestamp=times[1:2], created_at=times[:1]
    )
    labels = pd.DataFrame({"address": ADDRESSES, "risk_level": "high", "confidence_score": 1.0})
    labels = labels.assign(created_timestamp=times, updated_timestamp=times + size)
    transfers = frames["money_flows"][["from_address", "to_address"]].assign(amount_usd=1.0, block_timestamp=times[:5])
    october = {"alerts": frames["alerts"].assign(created_at=times), "features": features, "clusters": clusters}
    return [
        october | {"money_flows": flows, "address_labels": labels},
        {"features": features, "money_flows": flows, "address_labels": labels},
        {"features": features, "transfers": transfers, "address_labels": labels},
    ]


def test_every_time_of_every_shape_is_stored_in_seconds(own_house: Path, tmp_path: Path) -> None:
    expected: list[Any] = []
    for unit, size in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        for number, frames in enumerate(timed(size)):
            write(tmp_path / unit, frames, f"{unit}{number}")
        with connect() as client:
            assert {one.shape for one in ingest(client, tmp_path / unit)} == {"2025-10", "2025-12", "analyzers-baseline"}
            found = [
                content(client, table.name, f"{unit}{number}", "network, ingested_at")
                for table in RAW_TABLES
                for number in range(3)
            ]
        expected = expected or found
        assert found == expected, unit
    assert rows("SELECT DISTINCT first_seen_timestamp FROM raw_money_flows WHERE network = 'ms2' ORDER BY 1")[0] == SECOND
    assert rows("SELECT min(created_at) FROM raw_alerts WHERE network = 'ns0'")[0].replace(tzinfo=UTC).timestamp() == SECOND


def test_a_table_of_an_earlier_version_gets_its_times_in_seconds(own_house: Path) -> None:
    values = (SECOND, SECOND * 10**3, SECOND * 10**6, SECOND * 10**9, 0)
    with connect() as client:
        client.command("ALTER TABLE raw_features MODIFY COMMENT ''")
        for number, value in enumerate(values):
            client.command(
                "INSERT INTO raw_features (network, processing_date, window_days, address, first_activity_timestamp, degree_in) "
                f"VALUES ('earlier', '2025-08-01', 90, 'x{number}', {value}, 1700000000000)"
            )
        create_tables(client)
        query = "SELECT first_activity_timestamp, degree_in FROM raw_features WHERE network = 'earlier' ORDER BY address"
        assert client.query(query).result_rows == [(SECOND, 1_700_000_000_000)] * 4 + [(None, 1_700_000_000_000)]
        assert client.command("SELECT comment FROM system.tables WHERE name = 'raw_features'") == RAW_FEATURES.comment


def test_answers_and_row_numbers_are_left_out_and_named_unless_accepted(own_house: Path, call: Call, tmp_path: Path) -> None:
    features = pd.DataFrame({"address": [f"0x{i:040x}" for i in range(12)], "label": 1, "isFraud": [0, 1] * 6, "turnover": 2.5})
    features = features.assign(position=range(12)).rename(columns={"position": "seen"})
    features.index = pd.Index(np.random.default_rng(0).permutation(12))
    frames = tables() | {"features": features}
    loaded, said = load(call, write(tmp_path / "a", frames, "answers"))
    named = {"label": "has the name of an answer", "isFraud": "has the name of an answer"}
    assert loaded["left_out_columns"]["features.parquet"] == named | {
        "__index_level_0__": "is a row number",
        "seen": "is a row number",
    }
    assert all(f"column '{name}' is no feature: it {why}" in said for name, why in named.items())
    kept = "SELECT DISTINCT arrayJoin(mapKeys(extra_features)) FROM raw_features WHERE network = {network:String} ORDER BY 1"
    assert rows(kept, network="answers") == ["turnover"]
    accepted = ("--accept-column", "isFraud", "--accept-column", "seen")
    load(call, write(tmp_path / "b", frames, "accepted"), *accepted)
    assert rows(kept, network="accepted") == ["isFraud", "seen", "turnover"]


def test_features_add_has_the_same_rule(own_house: Path, call: Call, tmp_path: Path) -> None:
    key = ("--network", "accepted", "--processing-date", "2025-08-01", "--window-days", 90, "--json")
    frame = pd.DataFrame({"address": [f"0x{i:040x}" for i in range(12)], "turnover": 1.5, "position": range(12), "index": 7})
    frame.to_csv(tmp_path / "a.csv", index=False)
    added = json.loads(call("features", "add", tmp_path / "a.csv", *key).out)
    assert added["features"] == ["turnover"] and added["ignored_columns"].keys() == {"position", "index"}
    assert json.loads(call("features", "add", tmp_path / "a.csv", *key, "--accept-column", "index").out)["features"] == [
        "index",
        "turnover",
    ]
    frame.assign(isScam=1).to_csv(tmp_path / "b.csv", index=False)
    refused = call("features", "add", tmp_path / "b.csv", *key)
    assert refused.code == 3 and "'isScam' has the name of an answer" in refused.err and "--accept-column isScam" in refused.err
    done = call("features", "add", tmp_path / "b.csv", *key, "--accept-column", "isScam")
    assert json.loads(done.out)["features"] == ["isScam", "turnover"]


def test_an_empty_packed_table_removes_the_rows(own_house: Path, call: Call, tmp_path: Path) -> None:
    load(call, write(tmp_path / "a", tables(), "emptied"))
    frames = tables()
    folder = write(tmp_path / "b", frames | {"features": frames["features"].iloc[:0]}, "emptied")
    packed(folder / "features.parquet", ".gz")
    assert load(call, folder)[0]["rows"]["raw_features"] == 0
    with connect() as client:
        assert counts(client, "emptied")["raw_features"] == 0


def test_a_text_column_of_times_is_counted(own_house: Path, call: Call, tmp_path: Path) -> None:
    frames = tables()
    frames["features"] = frames["features"].assign(first_activity_timestamp="2025-08-01", last_activity_timestamp=5)
    loaded, said = load(call, write(tmp_path, frames, "texts"))
    assert loaded["changes"]["features.parquet"] == {
        "values not a time, now missing, in 'first_activity_timestamp'": 6,
        "values outside the years 2008 to 2099, now missing, in 'last_activity_timestamp'": 6,
    }
    assert "6 values not a time, now missing, in 'first_activity_timestamp'" in said
