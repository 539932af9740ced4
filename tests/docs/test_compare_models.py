"""The comparison of trainers splits by address, evaluates what it states, and reports shortfalls."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from tests.support.scripts import script


@pytest.fixture(scope="module")
def compare() -> ModuleType:
    return script("compare_models")


def rows_of(compare: ModuleType, name: str = "seed 1", n: int = 300, seed: int = 0) -> Any:
    """Rows of n / 3 addresses, a third of the rows without a label; column 0 tells the truth, but for noise."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // 3
    truth = (rng.random(n // 3) < 0.4)[groups].astype(float)
    X = np.column_stack([truth + rng.normal(scale=0.5, size=n), rng.normal(size=(n, 2))])
    y = np.where(groups % 3 == 0, np.nan, truth)
    return compare.Rows(name, compare._float32(pd.DataFrame(X)), y, np.ones(n), y, truth, groups)


def test_every_row_is_scored_once_with_its_whole_address(compare: ModuleType) -> None:
    rows = rows_of(compare)
    fold = compare.fold_of(rows, 4)
    assert set(fold) == set(range(4))
    assert all(np.unique(fold[rows.groups == group]).size == 1 for group in np.unique(rows.groups))
    for number in range(4):
        assert set(rows.y[(fold == number) & ~np.isnan(rows.y)]) == {0.0, 1.0}


def test_what_is_scored_is_unseen(compare: ModuleType) -> None:
    """On coin-flip truth a model that remembers its training rows is right on them and only on them."""
    rows = rows_of(compare)
    coins = np.random.default_rng(1).integers(0, 2, len(rows.groups) // 3)[rows.groups].astype(float)
    blind = compare.Rows("coins", rows.X, coins, rows.weight, coins, coins, rows.groups)
    assert 0.3 < compare.score("lightgbm:guide", blind, 3).metrics_by("truth")["auc"] < 0.7


def test_a_quicker_look_grades_the_rows_that_were_scored(compare: ModuleType) -> None:
    rows = rows_of(compare)
    one, every = (compare.score("logistic", rows, 4, first) for first in (1, None))
    scored = ~np.isnan(one.proba)
    assert set(compare.fold_of(rows, 4)[scored]) == {0} and not np.isnan(every.proba).any()
    assert one.proba[scored] == pytest.approx(every.proba[scored])
    assert one.metrics_by("truth")["auc"] > 0.5


def test_both_grades_are_of_their_own_rows(compare: ModuleType) -> None:
    rows = rows_of(compare)
    perfect = compare.Scored("oracle", rows, np.where(np.isnan(rows.y), 0.5, rows.truth), 1.0, 1.0)
    assert perfect.metrics_by("gold")["auc"] == 1.0
    assert perfect.metrics_by("truth")["auc"] < 1.0


def scored(compare: ModuleType, **noise: float) -> list[Any]:
    """What models say that are wrong by so much noise, on two tables."""
    found = []
    for seed in (1, 2):
        rows, rng = rows_of(compare, f"seed {seed}", seed=seed), np.random.default_rng(seed)
        error = rng.normal(size=len(rows.y))
        for name, scale in noise.items():
            found.append(compare.Scored(name, rows, 1 / (1 + np.exp(1 - 2 * rows.truth - scale * error)), 3.0, 2.0))
    return found


def test_a_trainer_that_does_not_beat_the_baselines_falls_short(compare: ModuleType) -> None:
    good = scored(compare, constant=9.0, logistic=2.0, single_feature=3.0, xgboost=0.5, ensemble=0.5)
    assert compare.shortfalls(good) == []
    owed = compare.shortfalls(scored(compare, logistic=2.0, single_feature=1.0, xgboost=1.5, ensemble=0.5))
    assert len(owed) == 1 and owed[0].startswith("xgboost has") and "single_feature" in owed[0]


def test_an_ensemble_below_its_best_member_falls_short(compare: ModuleType) -> None:
    owed = compare.shortfalls(scored(compare, logistic=9.0, xgboost=0.5, lightgbm=2.0, ensemble=1.0))
    assert len(owed) == 1 and owed[0].startswith("ensemble has") and "xgboost alone" in owed[0]


def test_a_tie_with_a_baseline_is_no_beating_it(compare: ModuleType) -> None:
    assert compare.shortfalls(scored(compare, logistic=1.0, xgboost=1.0))


def test_a_difference_is_the_mean_over_tables_within_its_interval(compare: ModuleType) -> None:
    found = scored(compare, good=0.5, bad=3.0)
    auc = compare.summary(found, "truth").groupby("model")["auc"].mean()
    one = found[0].rows
    base = {each.rows.name: each.proba for each in found if each.model == "bad"}
    own = [each for each in found if each.model == "good"]
    result = compare.difference([(each.rows.truth, each.proba, base[each.rows.name], one.groups) for each in own])
    assert result["value"] == pytest.approx(auc["good"] - auc["bad"])
    assert 0 < result["low"] < result["value"] < result["high"]
    assert compare.differences(found, "bad")[0].startswith(f"good - bad: {result['value']:+.4f}")


def test_the_table_has_the_best_first_and_every_seed(compare: ModuleType) -> None:
    lines = compare.markdown(scored(compare, bad=3.0, good=0.5), "truth").splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["`good`", "`bad`"]
    assert len(lines[2].split("|")[3].split()) == 2
    assert [cell.strip() for cell in lines[2].split("|")[7:9]] == ["3.0", "2.0"]


def a_table(folder: Path, **columns: Any) -> Path:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    X = {"amount": np.expm1(3 * rng.normal(size=200) + 2 * y), "none": np.full(200, np.nan), "rare": rng.normal(size=200)}
    frame = pd.DataFrame(X | {"name": "text", "who": np.arange(200) // 2, "fraud": y} | columns)
    frame.loc[::7, "amount"] = np.nan
    path = folder / "frauds.parquet"
    frame.to_parquet(path)
    return path


def test_numbers_of_a_table_are_features_and_nothing_else_is(compare: ModuleType, tmp_path: Path) -> None:
    rows = compare.read_table(a_table(tmp_path), "fraud", "who")
    assert list(rows.X.columns) == ["amount", "none", "rare"] and set(rows.X.dtypes) == {np.dtype("float32")}
    assert np.unique(rows.groups).size == 100
    assert np.isnan(rows.X["amount"].to_numpy()[0])
    with pytest.raises(typer.BadParameter, match="no column nope"):
        compare.read_table(a_table(tmp_path), "nope", None)
    with pytest.raises(typer.BadParameter, match="0 or 1"):
        compare.read_table(a_table(tmp_path, fraud=np.arange(200)), "fraud", None)


def test_a_table_of_ones_own_from_end_to_end(compare: ModuleType, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(compare.main)
    asked = ["--table", str(a_table(tmp_path)), "--target", "fraud", "--group", "who", "--folds", "3"]
    asked += ["--model", "constant", "--model", "lightgbm:guide", "--against", "constant"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "| `lightgbm:guide` |" in done.output and "lightgbm:guide - constant: +0." in done.output
    assert ("falls short: lightgbm:guide" in done.output) == (CliRunner().invoke(app, [*asked, "--check"]).exit_code == 1)
