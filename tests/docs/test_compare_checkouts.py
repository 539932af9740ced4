"""The comparison of two checkouts: what counts as the same, and that nothing else does."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.support.scripts import script

script("collect_checkout")  # which the other imports from its own folder
compare_checkouts = script("compare_checkouts")

SCORES: dict[str, list[Any]] = {
    "address": ["a", "b", "b", "c"],
    "score": [0.1, math.nan, None, -0.0],
    "parts": [[0.5], [], None, [math.nan]],
    "model_id": ["one", "one", "one", "two"],
    "ingested_at": [1, 2, 3, 4],
}


def collected(
    folder: Path, columns: dict[str, list[Any]], relation: str = "scores", models: tuple[str, str] = ("one", "two")
) -> Path:
    (folder / "relations").mkdir(parents=True)
    (folder / "outputs").mkdir()
    ids = dict(zip(("one", "two"), models, strict=True))
    columns = {
        name: [ids.get(value, value) if name == "model_id" else value for value in values] for name, values in columns.items()
    }
    table = pa.table(columns)
    pq.write_table(table, folder / "relations" / f"{relation}.parquet")
    (folder / "relations" / "types.json").write_text(
        json.dumps({relation: {field.name: str(field.type) for field in table.schema}})
    )
    (folder / "names.json").write_text(json.dumps({models[0]: "first", models[1]: "second", str(folder.resolve()): "OUT"}))
    fit = {"model_id": models[0], "artifact": str(folder.resolve() / models[0]), "metrics": {"auc": 0.75}, "seconds": folder.name}
    (folder / "outputs" / "fit.json").write_text(json.dumps(fit))
    return folder


def compared(a: Path, b: Path, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(compare_checkouts.app, ["compare", str(a), str(b), *options])
    return done.exit_code, done.stdout


def test_order_ids_of_models_folders_and_times_do_not_count(tmp_path: Path) -> None:
    other = {name: values[::-1] for name, values in SCORES.items()} | {"ingested_at": [9, 9, 9, 9]}
    code, out = compared(collected(tmp_path / "a", SCORES), collected(tmp_path / "b", other, models=("three", "four")))
    assert code == 0, out
    assert "| scores | 4 | 4 | same |" in out and "| fit | 1 | 3 | same |" in out


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"score": [math.nextafter(0.1, 1), math.nan, None, -0.0]}, "score differs in 1 rows"),
        ({"score": [0.1, math.nan, None, 0.0]}, "score -0.0 → 0.0"),
        ({"score": [0.1, None, None, -0.0]}, "1 rows only in A, 1 only in B"),
        ({"parts": [[0.5], [], None, [0.0]]}, "parts differs in 1 rows"),
        ({"model_id": ["two", "one", "one", "two"]}, "1 rows only in A, 1 only in B"),
        ({"rank": [1, 2, 3, 4]}, "column rank only in B"),
        ({"address": ["a", "a", "b", "c"]}, "1 rows only in A, 1 only in B"),
        ({"score": pa.array([0.1, math.nan, None, -0.0], pa.float32())}, "column score was double, is float"),
    ],
)
def test_a_difference_is_found_and_one_that_is_meant_does_not_count(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    folders = collected(tmp_path / "a", SCORES), collected(tmp_path / "b", SCORES | change)
    code, out = compared(*folders)
    assert code == 1 and reason in out, out
    code, again = compared(*folders, "--changed", "scores")
    assert code == 0 and reason in again, again
    code, left = compared(*folders, *(f"--without=scores.{column}" for column in change))
    assert code == 0 and reason not in left, left


def test_a_row_that_is_there_twice_is_not_the_same_as_once(tmp_path: Path) -> None:
    twice = {name: [*values, values[0]] for name, values in SCORES.items()}
    code, out = compared(collected(tmp_path / "a", twice), collected(tmp_path / "b", SCORES))
    assert code == 1 and "1 rows only in A, 0 only in B" in out and "| scores | 5 → 4 |" in out


def test_names_may_be_given(tmp_path: Path) -> None:
    a = collected(tmp_path / "a", {"rule": ["behavioural"], "kind": ["x"]}, "behavioural_rows")
    b = collected(tmp_path / "b", {"rule": ["behavioral"], "sort": ["x"]}, "behavioral_rows")
    assert compared(a, b)[0] == 1
    code, out = compared(a, b, "--renamed", "behavioural=behavioral", "--renamed-column", "behavioral_rows.kind=sort")
    assert code == 0, out
    c = collected(tmp_path / "c", {"rule": ["behavioral"], "sort": ["x"]}, "rows_of_rules")
    assert compared(b, c)[0] == 1
    assert compared(b, c, "--renamed-relation", "behavioral_rows=rows_of_rules")[0] == 0


def test_a_metric_that_differs_is_found(tmp_path: Path) -> None:
    a, b = collected(tmp_path / "a", SCORES), collected(tmp_path / "b", SCORES)
    fit = json.loads((b / "outputs" / "fit.json").read_text())
    (b / "outputs" / "fit.json").write_text(json.dumps(fit | {"metrics": {"auc": 0.7500000000000001}}))
    code, out = compared(a, b)
    assert code == 1 and "fit.metrics.auc: 0.75 → 0.7500000000000001" in out
