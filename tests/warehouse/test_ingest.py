"""Loading: idempotent, all or nothing for bad input, and atomic even if the process is killed."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.snapshots import ADDRESSES, loaded, tables, write
from tests.support.warehouse import Bridge, Called, House, content, counts
from trainer import TrainingResult, connect
from trainer.warehouse.schema import RAW_TABLES, create_tables

Call = Callable[..., Called]
EVIL = "x'; DROP TABLE raw_alerts; --"


# ---- what loads -----------------------------------------------------------------------------------------------------


def test_a_snapshot_loads_and_loading_it_again_changes_nothing(house: House, call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, tables(), "twice")
    seen = []
    for _ in range(2):
        done = call("ingest", folder, "--json")
        assert done.code == 0, done.err
        with connect() as client:
            seen.append((counts(client, "twice"), [content(client, table.name, "twice") for table in RAW_TABLES]))
    assert seen[0] == seen[1]
    assert seen[0][0] == {
        "raw_alerts": 6,
        "raw_features": 6,
        "raw_clusters": 1,
        "raw_money_flows": 5,
        "raw_transfers": 0,
        "address_labels": 0,
        "raw_address_labels": 0,
        "raw_standing_labels": 0,
        "raw_custom_features": 0,
        "raw_derived_votes": 0,
    }
    assert json.loads(done.out)["snapshots"][0]["rows"]["raw_alerts"] == 6


def test_the_simulated_network_is_loaded_whole_and_adding_its_labels_again_changes_nothing(house: House, call: Call) -> None:
    with connect() as client:
        before = counts(client, "simnet"), content(client, "raw_address_labels", "simnet")
    assert before[0]["raw_alerts"] >= 4000 and before[0]["raw_address_labels"] > 0 and before[0]["address_labels"] > 0
    again = call("labels", "add", house.simnet.custom_labels, "--json")
    assert again.code == 0 and json.loads(again.out)["added"] == 0
    with connect() as client:
        assert (counts(client, "simnet"), content(client, "raw_address_labels", "simnet")) == before


def test_a_file_that_became_smaller_or_empty_replaces_the_old_rows(house: House, call: Call, tmp_path: Path) -> None:
    assert call("ingest", write(tmp_path / "a", tables(), "shrink")).code == 0
    smaller = tables(3)
    smaller["features"] = smaller["features"].iloc[:0]
    done = call("ingest", write(tmp_path / "b", smaller, "shrink"))
    assert done.code == 0, done.err
    assert loaded("shrink") == {"raw_alerts": 3, "raw_clusters": 1, "raw_money_flows": 2}


def test_a_december_snapshot_keeps_numeric_columns_that_no_table_has(house: House, call: Call, tmp_path: Path) -> None:
    frames = tables()
    features = frames["features"].assign(is_hub=True, data_quality_score=0.9, story="x")
    kept = {"features": features, "money_flows": frames["money_flows"], "patterns": pd.DataFrame({"pattern_id": ["p"]})}
    done = call("ingest", write(tmp_path, kept, "december"), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["snapshots"][0]["shape"] == "2025-12"
    assert "story" in done.err and "patterns.parquet: not loaded" in done.err
    with connect() as client:
        row = client.query(
            "SELECT is_hub_address, round(toFloat64(quality_score), 2), extra_features FROM raw_features WHERE network = 'december' LIMIT 1"
        ).result_rows[0]
    assert row == (True, 0.9, {"new_ratio": 0.5})


def test_transfers_become_money_flows(house: House, call: Call, tmp_path: Path) -> None:
    a, b = ADDRESSES[:2]
    day = 1_754_006_400_000
    transfers = pd.DataFrame(
        {
            "from_address": [a, a, b],
            "to_address": [b, b, a],
            "asset_symbol": ["T", "T", "U"],
            "amount_usd": [10.0, 30.0, 10.0],
            "amount": [1.0, 3.0, 1.0],
            "block_timestamp": [day, day + 3_600_000, day + 86_400_000],
        }
    )
    done = call("ingest", write(tmp_path, {"transfers": transfers}, "baseline"))
    assert done.code == 0, done.err
    with connect() as client:
        rows = client.query(
            "SELECT from_address, tx_count, toFloat64(amount_usd_sum), active_days, round(reciprocity_ratio, 4), is_bidirectional, "
            "last_seen_timestamp - first_seen_timestamp FROM raw_money_flows FINAL WHERE network = 'baseline' ORDER BY from_address"
        ).result_rows
    assert rows == [(a, 2, 40.0, 1, 0.25, True, 3600), (b, 1, 10.0, 1, 0.25, True, 0)]


def test_odd_values_are_loaded_or_rejected_by_the_documented_rules_and_counted(house: House, call: Call, tmp_path: Path) -> None:
    frames = tables()
    features = pd.DataFrame(
        {
            "address": [ADDRESSES[0], ADDRESSES[0], "", None, "a b", "o'hare\";--", "x" * 1_000_000, ADDRESSES[1]],
            "degree_in": [1.0, 1.0, 1, 1, 1, 1, 1, -5], "total_in_usd": [1.0, 2.0, 1, 1, 1, np.inf, 1, -1], "pagerank": [np.nan] * 7 + [0.5],
            "extra": [np.inf] + [1.0] * 7,
        }
    )  # fmt: skip
    frames["features"] = features
    frames["alerts"]["description"] = "y" * 1_000_000
    done = call("ingest", write(tmp_path, frames, "odd"))
    assert done.code == 0, done.err
    for message in (
        "4 rows rejected: 'address' is not an address",
        "1 rows rejected: repeated (address)",
        "1 values not finite, now missing, in 'total_in_usd'",
        "1 negative values, now missing, in 'total_in_usd'",
        "1 negative values, now missing, in 'degree_in'",
    ):
        assert message in done.err
    assert loaded("odd")["raw_features"] == 3
    with connect() as client:
        rows = client.query(
            "SELECT degree_in, total_in_usd IS NULL, length(extra_features) FROM raw_features WHERE network = 'odd' AND address = {a:String}",
            parameters={"a": ADDRESSES[1]},
        ).result_rows
        assert client.query("SELECT min(length(description)) FROM raw_alerts WHERE network = 'odd'").result_rows == [(1_000_000,)]
    assert rows == [(None, 1, 1)]


def test_repeated_keys_keep_the_same_row_whatever_their_order(house: House, call: Call, tmp_path: Path) -> None:
    seen = []
    for turn, ascending in enumerate((True, False)):
        frames = tables()
        doubled = pd.concat([frames["alerts"], frames["alerts"].assign(volume_usd=99.0)]).sort_values(
            ["alert_id", "volume_usd"], ascending=ascending
        )
        done = call("ingest", write(tmp_path / str(turn), frames | {"alerts": doubled}, "repeat"))
        assert done.code == 0 and "6 rows rejected: repeated (alert_id, typology_type)" in done.err
        with connect() as client:
            seen.append(content(client, "raw_alerts", "repeat"))
    assert seen[0] == seen[1] and seen[0][0] == 6


# ---- what is refused ------------------------------------------------------------------------------------------------


def meta(form: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        name = "features.parquet"
        wrong = "0" * 32 if form == "files" else "0" * 64
        content_ = {"files": {name: {"md5": wrong}}} if form == "files" else {"sha256": {name: wrong}}
        (folder / "META.json").write_text(json.dumps(content_))

    return edit


def rewrite(stem: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{stem}.parquet"
        change(pd.read_parquet(path)).to_parquet(path)

    return edit


def cut(folder: Path) -> None:
    path = folder / "features.parquet"
    path.write_bytes(path.read_bytes()[:-40])


def as_csv(folder: Path) -> None:
    (folder / "clusters.parquet").write_text("cluster_id,cluster_type\nc,x\n")


def damage(folder: Path) -> None:
    path = folder / "money_flows.parquet"
    raw = bytearray(path.read_bytes())
    raw[4:200] = b"\xff" * 196
    path.write_bytes(raw)


REFUSED: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "cut short": (cut, ["features.parquet", "not a Parquet file, or damaged"]),
    "csv by another name": (as_csv, ["clusters.parquet", "not a Parquet file, or damaged"]),
    "damaged inside": (damage, ["money_flows.parquet"]),
    "no key column": (rewrite("alerts", lambda f: f.drop(columns="alert_id")), ["alerts.parquet", "'alert_id'"]),
    "no key column in the last file": (rewrite("money_flows", lambda f: f.drop(columns="to_address")), ["money_flows.parquet", "'to_address'"]),
    "key of another type": (rewrite("features", lambda f: f.assign(address=range(len(f)))), ["features.parquet", "'address'", "int64"]),
    "number as text": (rewrite("features", lambda f: f.assign(degree_in="many")), ["features.parquet", "'degree_in'"]),
    "another date": (rewrite("features", lambda f: f.assign(processing_date="2025-08-02")), ["features.parquet", "'processing_date'", "2025-08-02", "2025-08-01"]),
    "another window": (rewrite("money_flows", lambda f: f.assign(window_days=195)), ["money_flows.parquet", "'window_days'", "195"]),
    "another network": (rewrite("alerts", lambda f: f.assign(network="torus")), ["alerts.parquet", "'network'", "torus"]),
    "checksum, sha256": (meta("sha256"), ["features.parquet", "0" * 64, "META.json says", "nothing was loaded"]),
    "checksum, files": (meta("files"), ["features.parquet", "0" * 32, "META.json says", "nothing was loaded"]),
    "meta that is not JSON": (lambda folder: (folder / "META.json").write_text("{") and None, ["META.json", "not JSON"]),
    "a listed file that is missing": (lambda folder: (folder / "META.json").write_text('{"sha256": {"patterns.parquet": "0", "address_labels.parquet": "0"}}') and None, ["address_labels.parquet"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_snapshot_is_refused_whole(house: House, call: Call, tmp_path: Path, case: str) -> None:
    edit, parts = REFUSED[case]
    folder = write(tmp_path, tables())
    edit(folder)
    done = call("ingest", folder)
    assert done.code == 3, done
    assert done.out == ""
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("trainer: ") and all(part in last for part in parts), last
    assert loaded("badnet") == {}


def test_a_checksum_error_has_the_actual_checksum(house: House, call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, tables())
    actual = hashlib.sha256((folder / "features.parquet").read_bytes()).hexdigest()
    meta("sha256")(folder)
    assert actual in call("ingest", folder).err


@pytest.mark.parametrize("path", ["nowhere", "empty", "file.parquet"])
def test_a_folder_without_a_snapshot_exits_three(house: House, call: Call, tmp_path: Path, path: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.parquet").write_bytes(b"PAR1")
    done = call("ingest", tmp_path / path)
    assert done.code == 3 and path in done.err


def test_one_bad_snapshot_of_two_is_named_and_the_key_of_both_is_checked_first(house: House, call: Call, tmp_path: Path) -> None:
    write(tmp_path, tables())
    write(tmp_path, tables(), key="2025-08-01/99999")
    assert call("ingest", tmp_path).code == 3
    assert loaded("badnet") == {}


def labels(path: Path, rows: list[dict[str, Any]]) -> Path:
    good = {
        "address": ADDRESSES[0],
        "risk_level": "high",
        "confidence_score": 0.9,
        "network": "ethereum",
        "processing_date": "2025-08-01",
        "window_days": 90,
        "source": "me",
    }
    pd.DataFrame([good, *(good | row for row in rows)]).to_csv(path, index=False)
    return path


BAD_LABELS = {
    "risk": ({"risk_level": "severe"}, "row 2: risk_level 'severe'"),
    "confidence": ({"confidence_score": 1.5}, "row 2: confidence_score '1.5'"),
    "confidence as text": ({"confidence_score": "sure"}, "row 2: confidence_score 'sure'"),
    "future": ({"processing_date": "2999-01-01"}, "row 2: processing_date '2999-01-01' is in the future"),
    "address of another network": ({"address": "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqgj"}, "row 2: '5C7s"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
def test_bad_labels_are_refused_whole_or_written_to_the_rejects_file(house: House, call: Call, tmp_path: Path, case: str) -> None:
    row, message = BAD_LABELS[case]
    file = labels(tmp_path / "labels.csv", [row, {"address": ADDRESSES[1], "source": case}])
    with connect() as client:
        client.command("DELETE FROM raw_address_labels WHERE network = 'ethereum'")
    done = call("labels", "add", file)
    assert done.code == 3 and message in done.err and "nothing was loaded" in done.err, done.err
    assert loaded("ethereum") == {}
    kept = call("labels", "add", file, "--skip-bad", "--json")
    assert kept.code == 0, kept.err
    result = json.loads(kept.out)
    assert (result["added"], result["rejected"]) == (2, 1)
    rejects = pd.read_csv(result["rejects_file"])
    assert rejects["row"].tolist() == [2] and rejects["reason"].notna().all()
    assert loaded("ethereum") == {"raw_address_labels": 2}


@pytest.mark.parametrize("name", ["nowhere.csv", "empty.csv", "labels.xlsx"])
def test_a_label_file_that_cannot_be_read_exits_three(house: House, call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "labels.xlsx").write_bytes(b"PK")
    done = call("labels", "add", tmp_path / name, "--network", "ethereum", "--processing-date", "2025-08-01", "--window-days", 90)
    assert done.code == 3 and name in done.err


@pytest.mark.parametrize("command", ["ingest", "fit", "predict", "labels"])
def test_sql_in_a_name_is_not_executed(fitted: TrainingResult, call: Call, tmp_path: Path, command: str) -> None:
    with connect() as client:
        before = content(client, "raw_alerts", "simnet")
    arguments = {
        "ingest": ["ingest", write(tmp_path, tables())],
        "fit": ["fit", "--start-date", "2025-08-01", "--end-date", "2025-09-01", "--window-days", 90],
        "predict": ["predict", "--processing-date", "2025-08-01", "--window-days", 90],
        "labels": ["labels", "add", labels(tmp_path / "labels.csv", [])],
    }[command]
    done = call(*arguments, "--network", EVIL)
    assert done.code == (2 if command == "labels" else 3), done
    with connect() as client:
        assert content(client, "raw_alerts", "simnet") == before
        assert counts(client, EVIL) == dict.fromkeys(counts(client, EVIL), 0)


def test_a_model_id_with_sql_in_it_is_an_unknown_model(fitted: TrainingResult, call: Call) -> None:
    done = call("predict", "--model-id", EVIL, "--network", "simnet")
    assert done.code == 6 and fitted.model_id.split("-")[0] in done.err


# ---- too few labels, and unusable models ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["fit"], ["predict"]])
def test_before_dbt_has_run_the_command_says_so(own_call: Call, command: list[str]) -> None:
    done = own_call(*command)
    assert done.code == 4 and "run `dbt run` first" in done.err


def test_too_few_labels_exit_five_and_empty_tables_exit_four(house: House, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    unlabelled = call("fit", "--network", "coins", "--label-strategy", "sot_only")
    assert unlabelled.code == 5 and "None of the alert rows of coins" in unlabelled.err
    few = call("fit", "--network", "simnet", "--min-positive", 100_000)
    assert few.code == 5 and "labelled rows" in few.err and "positive" in few.err
    with connect() as client:
        client.command("CREATE DATABASE IF NOT EXISTS bare")
        for table in ("scoring_alerts", "training_alerts"):
            client.command(
                f"CREATE OR REPLACE TABLE bare.{table} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM {table} LIMIT 0"
            )
    monkeypatch.setenv("TRAINER_DATABASE", "bare")
    empty = call("fit")
    assert empty.code == 4 and "scoring_alerts is empty (0 rows)" in empty.err


def test_a_model_that_was_changed_exits_six(fitted: TrainingResult, call: Call) -> None:
    folder = Path(fitted.artifact)
    kept = {file: file.read_bytes() for file in folder.iterdir()}
    newer = json.loads(kept[folder / "model.json"])
    newer["content"]["format"] = 99
    cases = {
        "lacks its file": {folder / "model.ubj": None},
        "model.json cannot be read": {folder / "model.json": None},
        "not the file that was saved": {folder / "model.ubj": kept[folder / "model.ubj"] + b" "},
        "was changed after": {folder / "model.json": kept[folder / "model.json"].replace(b'"simnet"', b'"other"')},
        "has format 99, newer than": {folder / "model.json": json.dumps(newer).encode()},
    }
    for message, changes in cases.items():
        for file, raw in changes.items():
            file.unlink() if raw is None else file.write_bytes(raw)
        done = call("predict", "--model-id", fitted.model_id, "--network", "simnet")
        for file, raw in kept.items():
            file.write_bytes(raw)
        assert done.code == 6 and message in done.err, done
    assert call("predict", "--model-id", fitted.model_id, "--network", "simnet").code == 0


# ---- an unreachable warehouse ---------------------------------------------------------------------------------------


def test_a_folder_that_another_process_holds_exits_four_and_names_it(own_call: Call, tmp_path: Path) -> None:
    program = "from trainer import connect; client = connect(); print('open', flush=True); input(); client.close()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "open\n"
        done = own_call("models", "list")
        holder.stdin.write("\n")
    assert done.code == 4 and str(tmp_path / "own") in done.err and str(holder.pid) in done.err
    assert own_call("models", "list").code == 0


@pytest.mark.parametrize("command", [["models", "list"], ["fit", "--network", "simnet"], ["predict"], ["init"]])
def test_a_server_that_is_down_exits_four(call: Call, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        monkeypatch.setenv("CLICKHOUSE_PORT", str(port))
        done = call(*command, "--target", "server")
    assert done.code == 4 and f"127.0.0.1:{port} cannot be reached" in done.err


def test_a_wrong_password_exits_four_and_is_not_printed(bridge: Bridge, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": bridge.host, "PORT": str(bridge.port), "USER": bridge.user, "PASSWORD": "guess-w0rk"}.items():
        monkeypatch.setenv(f"CLICKHOUSE_{name}", value)
    done = call("models", "list", "--target", "server")
    assert done.code == 4 and f"refused user '{bridge.user}'" in done.err and "guess-w0rk" not in done.err
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", bridge.password)
    assert call("models", "list", "--target", "server").code == 0


def test_a_warehouse_path_that_is_a_file_exits_four(own_call: Call, tmp_path: Path) -> None:
    (tmp_path / "own").write_text("")
    done = own_call("models", "list")
    assert done.code == 4 and "own" in done.err


# ---- kills ----------------------------------------------------------------------------------------------------------

LOAD = """
import sys
from pathlib import Path
from trainer import connect
from trainer.snapshots.ingest import ingest
with connect() as client:
    ingest(client, Path(sys.argv[1]), progress=lambda *step: print(*step, flush=True))
print("done", flush=True)
"""


def big(root: Path, value: int, rows: int = 300_000) -> Path:
    folder = root / "killnet" / "2025-08-01" / "90"
    folder.mkdir(parents=True)
    names = pa.array([f"0x{i:040x}" for i in range(rows)])
    numbers = pa.array(np.full(rows, value))
    pq.write_table(pa.table({"from_address": names, "to_address": names, "tx_count": numbers}), folder / "money_flows.parquet")
    pq.write_table(pa.table({"address": names, "degree_in": numbers}), folder / "features.parquet")
    return folder


def look() -> tuple[dict[str, list[int]], int]:
    """Return rows and a sum of the tables that are loaded, and how many half-loaded side tables there are."""
    columns = {"raw_money_flows": "tx_count", "raw_features": "degree_in"}
    with connect() as client:
        create_tables(client)
        found = {
            table: list(client.query(f"SELECT count(), sum({column}) FROM {table}").result_rows[0])
            for table, column in columns.items()
        }
        sides = "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE '%loading%'"
        return found, client.query(sides).result_rows[0][0]


def test_a_load_that_is_killed_leaves_the_old_snapshot_or_the_new_one(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 300_000
    old, new = big(tmp_path / "old", 1), big(tmp_path / "new", 2)
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(tmp_path / "own"))

    def load(folder: Path) -> list[str]:
        done = subprocess.run([sys.executable, "-c", LOAD, str(folder)], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    steps = load(old)
    chooser = random.Random(0)
    killed, left = 0, 0
    for wait in (1, len(steps) // 2, len(steps) - 2, len(steps) - 1, len(steps) - 1):
        with subprocess.Popen([sys.executable, "-c", LOAD, str(new)], stdout=subprocess.PIPE, text=True) as loading:
            assert loading.stdout is not None
            for _ in range(wait):
                loading.stdout.readline()
            time.sleep(chooser.random() * 0.2)
            loading.send_signal(signal.SIGKILL)
        killed += loading.returncode == -signal.SIGKILL
        found, sides = look()
        left += sides > 0
        assert all(table in ([rows, rows], [rows, 2 * rows]) for table in found.values()), found
    assert killed >= 3 and left >= 1, "no load was killed midway, so nothing was tested"
    load(new)
    assert look() == ({"raw_money_flows": [rows, 2 * rows], "raw_features": [rows, 2 * rows]}, 0)


def test_the_command_works_as_a_module(child: Call) -> None:
    done = child("models", "list", "--json")
    assert done.code == 0 and json.loads(done.out) == {"models": []}
