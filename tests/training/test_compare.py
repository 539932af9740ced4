"""Comparisons: one split and one set of draws for all candidates, kept cells, and sentences that say no more than is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trainer.data import Dataset, Feature, FeatureChoice, Selection
from trainer.errors import UsageError
from trainer.evaluation import make_split
from trainer.labels import LabelStrategy, Truth
from trainer.models import build, trainer_class
from trainer.training import Comparison
from trainer.training.compare.candidates import Candidate, candidates
from trainer.training.compare.cells import read_cell, run_cell
from trainer.training.compare.comparison import evaluated
from trainer.training.compare.rows import SharedRows

ENOUGH = (20, 5)
Named = list[tuple[str, FeatureChoice]]
ALL: Named = [("all", FeatureChoice())]


class Threshold(LabelStrategy):
    """A strategy of which two objects label differently."""

    def __init__(self, least: float) -> None:
        self.least = least

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return alerts_df.assign(label=float(len(data) > self.least))


def rows(seed: int = 0, n: int = 600, strength: float = 1.0, gold_share: float = 0.5) -> SharedRows:
    """Two rows per address; gold for some; the strategy `noisy` labels all rows and is right three times of four."""
    rng = np.random.default_rng(seed)
    address = np.arange(n) // 2
    truth = (rng.random(n // 2) < 0.4)[address].astype(np.float32)
    X = np.asfortranarray(rng.normal(size=(n, 4)) + strength * truth[:, None] * [1, 0.7, 0, 0]).astype(np.float32)
    gold = np.where((rng.random(n // 2) < gold_share)[address], truth, np.nan).astype(np.float32)
    noisy = np.where((rng.random(n // 2) < 0.75)[address], truth, 1 - truth).astype(np.float32)
    keys = pa.table(
        {
            "processing_date": pa.array([date(2025, 8, 1)] * n),
            "alert_id": [f"a{i:04d}" for i in range(n)],
            "address": [f"0x{i:040x}" for i in address],
        }
    )
    data = Dataset(X, np.empty(0), np.empty(0), keys, [Feature(f"f{i}", f"f{i}") for i in range(4)])
    ones = np.ones(n, np.float32)
    labels = {"gold_only": (gold, ones), "noisy": (noisy, ones), "few": (np.where(np.arange(n) < 10, truth, np.nan), ones)}
    split = make_split(gold, data.groups, data.dates, 4, seed=seed)
    day = date(2025, 8, 1)
    return SharedRows(data, gold, split, labels, Selection("ethereum", day, day, 90), seed, ENOUGH, dict.fromkeys(labels, ""))


def models(*names: str, **parameters: Any) -> list[tuple[str, Any]]:
    return [(name, build(trainer_class(name), parameters)) for name in names]


def compared(shared: SharedRows, found: list[Candidate], folder: Path, truth: Truth | None = None) -> Comparison:
    return evaluated(shared, [read_cell(one, shared, folder) or run_cell(one, shared, folder) for one in found], folder, truth)


def test_a_split_with_unlabelled_rows_has_the_folds_of_the_labelled_ones_and_tests_every_row_once() -> None:
    shared = rows()
    labelled = np.flatnonzero(~np.isnan(shared.gold))
    alone = make_split(shared.gold[labelled], shared.data.groups[labelled], shared.data.dates[labelled], 4, seed=0)
    for (train, test), (train_alone, test_alone) in zip(shared.split, alone, strict=True):
        assert np.isin(labelled[test_alone], test).all() and np.isin(labelled[train_alone], train).all()
        assert not np.intersect1d(shared.data.groups[train], shared.data.groups[test]).size
    assert shared.split.test_rows.tolist() == list(range(len(shared.gold)))


def test_the_grid_has_the_baseline_first_and_may_change_one_thing_at_a_time() -> None:
    given = (["gold_only", "noisy"], models("logistic", "single_feature"), [*ALL, ("f0", FeatureChoice(("f0",)))])
    grid = candidates(*given, baseline="noisy / single_feature / f0")
    assert len(grid) == 8 and grid[0].name == "noisy / single_feature / f0" and len({one.name for one in grid}) == 8
    assert [one.name for one in candidates(*given, one_change=True)] == [
        "gold_only / logistic", "gold_only / logistic / f0", "gold_only / single_feature", "noisy / logistic",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="No candidate is 'x / y'; --baseline takes one of: gold_only / logistic; "):
        candidates(*given, baseline="x / y")
    with pytest.raises(UsageError, match="There is only gold_only / logistic to compare"):
        candidates(["gold_only"], models("logistic"), ALL)


def test_copies_of_one_model_differ_by_exactly_0(tmp_path: Path) -> None:
    found = compared(rows(), candidates(["gold_only"], models("logistic", "logistic"), ALL), tmp_path)
    first, copy = found.entries
    assert copy.candidate == "gold_only / logistic (2)" and copy.metrics == first.metrics
    assert all(one == {"value": 0.0, "low": 0.0, "high": 0.0} for one in copy.difference.values())
    assert found.sentences == [
        "AUC on gold labels of unseen addresses — exactly as gold_only / logistic: gold_only / logistic (2)."
    ]


def test_on_coin_flips_no_difference_is_real(tmp_path: Path) -> None:
    """With 6 candidates and ordinary 95 % intervals, about one set in five would have a difference."""
    grid = candidates(["gold_only", "noisy"], [*models("logistic", "single_feature"), *models("logistic", strength=0.01)], ALL)
    said = [compared(rows(seed, n=300, strength=0), grid, tmp_path / str(seed)).sentences for seed in range(12)]
    assert sum("no difference" in one[0] for one in said) >= 11, said


def test_a_real_difference_is_named_on_gold_and_on_hidden_truth(tmp_path: Path) -> None:
    shared = rows(n=1200, strength=1.5, gold_share=0.7)
    known = pd.Series(
        {f"0x{group:040x}": int(label) for group, label in zip(shared.data.groups, shared.labels["noisy"][0], strict=True)}
    )
    sets = [("f2", FeatureChoice(("f2",))), *ALL]
    found = compared(shared, candidates(["gold_only"], models("logistic"), sets), tmp_path, Truth(known))
    better = found.entries[1].difference["auc"]
    assert better["low"] > 0.1 and found.entries[1].truth_difference["auc"]["low"] > 0
    assert found.sentences[0].startswith(
        "AUC on gold labels of unseen addresses — better than gold_only / logistic / f2: gold_only / "
    )
    assert found.sentences[1].startswith(
        "AUC on the hidden truth — better than gold_only / logistic / f2: gold_only / logistic (+"
    )
    assert found.entries[1].changed == {"features": ["f2", "all"]}


def test_an_interrupted_comparison_goes_on_and_gives_the_same_table(tmp_path: Path) -> None:
    shared, grid = rows(), candidates(["gold_only", "noisy"], models("logistic", "single_feature"), ALL)
    whole = compared(shared, grid, tmp_path / "whole")
    for one in grid[:2]:  # the others are lost
        run_cell(one, shared, tmp_path / "cut")
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cut").iterdir()}
    resumed = compared(rows(), grid, tmp_path / "cut")
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cut").iterdir() if path.name in kept} == kept
    columns = [name for name in whole.leaderboard if not name.endswith("_seconds")]
    pd.testing.assert_frame_equal(resumed.leaderboard[columns], whole.leaderboard[columns], check_exact=True)
    assert (tmp_path / "cut" / "results_per_split.csv").read_bytes() == (
        tmp_path / "whole" / "results_per_split.csv"
    ).read_bytes()
    again = compared(rows(), grid, tmp_path / "whole")
    assert again.as_dict() == whole.as_dict()


@pytest.mark.parametrize("changed", ["labels", "gold", "values", "parameters", "features", "seed"])
def test_a_cell_of_other_data_or_parameters_is_not_taken(changed: str, tmp_path: Path) -> None:
    shared, (one, _) = rows(), candidates(["gold_only", "noisy"], models("logistic"), ALL)
    run_cell(one, shared, tmp_path)
    other = rows(seed=1) if changed == "seed" else rows()
    assert read_cell(one, rows(), tmp_path) is not None
    if changed == "labels":
        other.labels["gold_only"][1][3] = 0.5
    elif changed == "gold":
        other.gold[np.flatnonzero(~np.isnan(other.gold))[0]] = np.nan
    elif changed == "values":
        other.data.X[5, 1] += 1
    elif changed == "parameters":
        one = candidates(["gold_only", "noisy"], models("logistic", strength=0.5), ALL)[0]
    elif changed == "features":
        one = candidates(["gold_only", "noisy"], models("logistic"), [("all", FeatureChoice(("f0",)))])[0]
    assert read_cell(one, other, tmp_path) is None


def test_a_damaged_cell_is_computed_again(tmp_path: Path) -> None:
    shared, (one, _) = rows(), candidates(["gold_only", "noisy"], models("logistic"), ALL)
    cell = run_cell(one, shared, tmp_path)
    cell.file.write_bytes(cell.file.read_bytes()[:-100])
    assert read_cell(one, shared, tmp_path) is None
    assert np.array_equal(run_cell(one, shared, tmp_path).proba, cell.proba)


def test_a_strategy_with_too_few_labels_is_named_and_the_others_are_compared(tmp_path: Path) -> None:
    found = compared(rows(), candidates(["gold_only", "few", "noisy"], models("logistic"), ALL), tmp_path)
    few = found.entries[1]
    assert few.problem == "10 labelled rows, and at least 20 are needed" and not few.metrics and found.entries[2].difference
    assert found.sentences[-1] == "few / logistic was not trained: 10 labelled rows, and at least 20 are needed."
    nothing = compared(rows(), candidates(["few", "noisy"], models("logistic"), ALL), tmp_path)
    assert nothing.sentences[0].startswith("The baseline few / logistic cannot be trained, so nothing is compared")


def test_a_kept_refusal_is_not_taken_with_other_limits(tmp_path: Path) -> None:
    grid = candidates(["gold_only", "noisy"], models("logistic"), ALL)
    strict = compared(replace(rows(), enough=(10_000, 1)), grid, tmp_path)
    assert strict.entries[1].problem == "600 labelled rows, and at least 10000 are needed"
    assert [entry.problem for entry in compared(rows(), grid, tmp_path).entries] == ["", ""]


def test_two_strategies_of_one_class_are_two_strategies() -> None:
    one, other = Threshold(0.5), Threshold(0.9)
    named = [found.strategy for found in candidates([one, other, one, "gold_only"], models("logistic"), ALL)]
    own = f"{Threshold.__module__}:Threshold"
    assert named == [own, f"{own} (2)", own, "gold_only"]


def test_parameters_that_are_no_json_are_written_as_text(tmp_path: Path) -> None:
    class Odd(type(models("logistic")[0][1])):  # type: ignore[misc]
        def options(self) -> dict[str, Any]:
            return super().options() | {"path": Path("x")}

    found = compared(rows(), candidates(["gold_only", "noisy"], [("odd", Odd())], ALL), tmp_path)
    assert len(found.entries) == 2 and (tmp_path / "leaderboard.json").read_text().endswith("}\n")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_frames_for_further_work(tmp_path: Path) -> None:
    shared = rows()
    found = compared(shared, candidates(["gold_only", "noisy"], models("logistic"), ALL), tmp_path)
    predictions = found.predictions("noisy / logistic")
    assert list(predictions) == ["processing_date", "alert_id", "address", "gold", "label", "weight", "fold", "score"]
    assert len(predictions) == 600 and predictions["score"].notna().all() and set(predictions["fold"]) == {1, 2, 3, 4}
    assert predictions["gold"].isna().sum() == np.isnan(shared.gold).sum()
    tidy = found.per_split
    assert len(tidy) == 2 * 4 * 4 and set(tidy["metric"]) == {"auc", "average_precision", "brier", "log_loss"}
    assert "<table" in found._repr_html_() and list(found.leaderboard["candidate"]) == [
        "gold_only / logistic",
        "noisy / logistic",
    ]
