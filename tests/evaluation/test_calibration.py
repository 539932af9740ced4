"""Calibration corrects biased scores, hardly changes calibrated ones, keeps their order, and is evaluated on other rows."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from tests.support.artifacts import described
from tests.support.trainers import GuideTrainer
from trainer.cli.output import calibration_lines
from trainer.data.dataset import Dataset
from trainer.errors import ArtifactError
from trainer.evaluation import calibration
from trainer.evaluation.calibration import (
    Calibrator,
    IsotonicMap,
    LogOddsMap,
    calibrate,
    choose_method,
    expected_calibration_error,
    fit_calibrator,
    reliability,
)
from trainer.evaluation.metrics import evaluate, metrics
from trainer.models import fit_trainer, name_of
from trainer.registry import artifact

METHODS = ("platt", "beta", "isotonic")
DISTORTIONS = {
    "squared": lambda p: p**2,
    "root": np.sqrt,
    "sharpened": lambda p: expit(3 * logit(p)),
    "softened": lambda p: expit(logit(p) / 3),
    "shifted": lambda p: expit(logit(p) + 2),
}
ADAPTER: TypeAdapter[LogOddsMap | IsotonicMap] = TypeAdapter(Calibrator)


def ece(y: np.ndarray, proba: np.ndarray) -> float:
    return expected_calibration_error(reliability(y, proba))


def world(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels y (n,) and the probabilities (n,) they were drawn with."""
    rng = np.random.default_rng(seed)
    p = expit(rng.normal(-1.5, 1.5, n))
    return (rng.random(n) < p).astype(float), p


def parts(n: int, folds: int = 5) -> list[np.ndarray]:
    return [np.arange(n)[i::folds] for i in range(folds)]


# ---- the maps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distorted_score_is_mended(method: str, name: str) -> None:
    y, p = world(4000, 1)
    fresh, truth = world(20_000, 2)
    score = DISTORTIONS[name]
    mended = fit_calibrator(method, y, score(p), np.ones(len(y))).apply(score(truth))
    assert ece(fresh, mended) < ece(fresh, score(truth)) / 2
    assert np.mean((mended - fresh) ** 2) < np.mean((score(truth) - fresh) ** 2)
    assert np.mean(np.abs(mended - truth)) < 0.03


@pytest.mark.parametrize(("method", "rows", "mean"), [("platt", 500, 0.03), ("beta", 500, 0.04), ("isotonic", 4000, 0.02)])
def test_a_good_score_changes_little(method: str, rows: int, mean: float) -> None:
    y, p = world(rows, 3)
    _, truth = world(20_000, 4)
    mended = fit_calibrator(method, y, p, np.ones(rows)).apply(truth)
    assert np.mean(np.abs(mended - truth)) < mean


scores = st.lists(st.floats(0, 1), min_size=4, max_size=60)


@example([0.0, 0.0, 0.0, 2.2250738585e-313], 0, "isotonic")
@example([1.0, 1.0, 1 - 2**-53, 1 - 2**-53], 0, "isotonic")
@given(scores, st.integers(0, 2**32 - 1), st.sampled_from(METHODS))
def test_order_is_kept_and_ends_stay_in_the_unit_interval(found: list[float], seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    proba = np.array(found)
    y = rng.permutation(np.arange(len(proba)) % 2)
    fitted = fit_calibrator(method, y, proba, rng.uniform(0.01, 5, len(proba)))
    asked = np.sort(np.r_[proba, rng.random(50), 0.0, 1.0, 5e-324, 1 - 2**-53])
    mended = fitted.apply(asked)
    assert np.isfinite(mended).all() and (mended >= 0).all() and (mended <= 1).all()
    assert (np.diff(mended) >= -1e-15).all()
    well_apart = np.sort(np.r_[0.0, rng.choice(np.arange(1, 1000), 50, replace=False) / 1000, 1.0])
    assert (np.diff(fitted.apply(well_apart)) > 0).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from(METHODS))
def test_the_auc_stays(seed: int, method: str) -> None:
    y, p = world(400, seed)
    y[:2] = 0, 1
    score = p**2
    mended = fit_calibrator(method, y, score, np.ones(len(y))).apply(score)
    assert abs(roc_auc_score(y, mended) - roc_auc_score(y, score)) < 1e-9
    assert np.unique(mended).size >= 0.99 * np.unique(score).size


@given(st.integers(0, 2**32 - 1), st.sampled_from(METHODS))
def test_what_is_kept_as_json_gives_the_same_bits(seed: int, method: str) -> None:
    y, p = world(200, seed)
    y[:2] = 0, 1
    fitted = fit_calibrator(method, y, p, np.ones(len(y)))
    again = ADAPTER.validate_python(json.loads(json.dumps(fitted.model_dump(mode="json"), allow_nan=False)))
    assert again.apply(p).tobytes() == fitted.apply(p).tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_labels_of_chance_give_almost_one_value(method: str) -> None:
    rng = np.random.default_rng(5)
    y, score = (rng.random(5000) < 0.2).astype(float), rng.random(5000)
    mended = fit_calibrator(method, y, score, np.ones(5000)).apply(rng.random(5000))
    assert mended.std() < 0.02 and abs(mended.mean() - y.mean()) < 0.02


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0.0, 1e-300, 0.3, 1.0])
def test_one_score_for_all_becomes_the_base_rate(method: str, value: float) -> None:
    y = (np.arange(400) % 4 == 0).astype(float)
    mended = fit_calibrator(method, y, np.full(400, value), np.ones(400)).apply(np.full(400, value))
    assert np.unique(mended).size == 1
    assert abs(mended[0] - 0.25) < 0.03


@pytest.mark.parametrize("method", METHODS)
def test_scores_that_separate_the_classes_do_not_become_certain(method: str) -> None:
    y = (np.arange(300) >= 200).astype(float)
    mended = fit_calibrator(method, y, np.linspace(0.1, 0.9, 300), np.ones(300)).apply(np.linspace(0.1, 0.9, 300))
    assert 0 < mended.min() < 0.05 and 0.9 < mended.max() < 1
    assert roc_auc_score(y, mended) == 1


@pytest.mark.parametrize("method", METHODS)
def test_reversed_scores_are_not_turned_round(method: str) -> None:
    y, p = world(3000, 6)
    mended = fit_calibrator(method, y, 1 - p, np.ones(3000)).apply(np.array([0.1, 0.9]))
    assert 0 < mended[1] - mended[0] < 0.05


@pytest.mark.parametrize("method", METHODS)
def test_weights_count_and_their_unit_does_not(method: str) -> None:
    y, p = world(2000, 7)
    alike = fit_calibrator(method, y, p, np.ones(2000)).apply(p)
    favoured = fit_calibrator(method, y, p, np.where(y > 0, 5.0, 1.0)).apply(p)
    assert favoured.mean() > alike.mean() + 0.1
    assert np.allclose(fit_calibrator(method, y, p, np.full(2000, 1e6)).apply(p), alike, atol=1e-6)
    twice = fit_calibrator(method, np.r_[y, y[:500]], np.r_[p, p[:500]], np.ones(2500)).apply(p)
    weighted = fit_calibrator(method, y, p, np.where(np.arange(2000) < 500, 2.0, 1.0)).apply(p)
    assert np.allclose(twice, weighted, atol=0.01), "a row twice is a row of double weight"


# ---- method by sample size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positive", "negative", "method"),
    [(19, 500, None), (500, 19, None), (20, 500, "platt"), (29, 29, "platt"), (30, 969, "beta"), (99, 5000, "beta"), (100, 899, "beta"),
     (100, 900, "isotonic")],
)  # fmt: skip
def test_the_method_goes_by_the_number_of_addresses(positive: int, negative: int, method: str | None) -> None:
    y = np.r_[np.ones(positive), np.zeros(negative)]
    assert choose_method(y, np.arange(len(y)))[0] == method
    assert choose_method(np.tile(y, 3), np.tile(np.arange(len(y)), 3))[0] == method, (
        "more rows of an address are no more addresses"
    )


def test_without_enough_gold_or_on_request_there_is_no_calibration_and_a_reason() -> None:
    y, p = world(300, 8)
    rows, groups = np.ones(300), np.arange(300)
    few = np.where(np.arange(300) < 40, y, np.nan)
    for found, off, reason in (
        (few, "", "of the rarer class"),
        (np.full(300, np.nan), "", "0 unseen"),
        (y, "it was turned off", "it was turned off"),
    ):
        done = calibrate(found, p, rows, groups, parts(300), off)
        assert done.calibrator is None and done.proba is p
        assert done.report["method"] == "none" and reason in done.report["reason"]
        assert done.report["ece_after"] is done.report["brier_after"] is done.report["reliability"]["after"] is None
        assert "not calibrated" in calibration_lines(done.report)[0]
    assert done.report["ece_before"] == ece(y, p)
    assert calibrate(y, p, np.zeros(300), groups, parts(300)).calibrator is None, "rows of no weight teach nothing"


def test_a_fold_that_takes_a_class_with_it_means_no_calibration() -> None:
    y = np.r_[np.ones(50), np.zeros(150)]
    done = calibrate(y, np.linspace(0.9, 0.1, 200), np.ones(200), np.arange(200), [np.arange(100), np.arange(100, 200)])
    assert done.calibrator is None and "one class" in done.report["reason"]


# ---- honesty --------------------------------------------------------------------------------------------------------


def test_no_row_is_calibrated_by_its_own_label() -> None:
    """Whatever the labels of a fold are, its own calibrated scores stay; those of the others do not."""
    y, p = world(1500, 9)
    rows, groups, folds = np.ones(1500), np.arange(1500), parts(1500)
    first = calibrate(y, p, rows, groups, folds)
    changed = y.copy()
    changed[folds[2]] = 1 - y[folds[2]]
    second = calibrate(changed, p, rows, groups, folds)
    assert first.report["method"] == second.report["method"] == "isotonic"
    assert np.array_equal(first.proba[folds[2]], second.proba[folds[2]])
    assert not np.allclose(first.proba[folds[0]], second.proba[folds[0]])
    assert first.calibrator is not None and second.calibrator is not None
    assert not np.allclose(first.calibrator.apply(p), second.calibrator.apply(p)), "the saved model learns from all of them"


def test_scores_that_know_nothing_look_no_better_for_it() -> None:
    rng = np.random.default_rng(10)
    gain = []
    for _ in range(10):
        y, score = (rng.random(400) < 0.5).astype(float), rng.random(400)
        done = calibrate(y, score, np.ones(400), np.arange(400), parts(400))
        gain.append(0.25 - done.report["brier_after"])
    assert np.mean(gain) < 0.0005, "better than the base rate on coin flips: it has seen the rows it is graded on"


def test_only_rows_with_gold_that_were_held_out_are_used() -> None:
    y, p = world(1000, 11)
    y[::3], p[1::3] = np.nan, np.nan
    folds = [part[~np.isnan(p[part])] for part in parts(1000)]
    done = calibrate(y, p, np.ones(1000), np.arange(1000), folds)
    seen = ~np.isnan(y) & ~np.isnan(p)
    assert done.report["n"] == seen.sum() == sum(one["count"] for one in done.report["reliability"]["before"])
    assert np.array_equal(np.isnan(done.proba), np.isnan(p))
    alone = calibrate(
        y[seen],
        p[seen],
        np.ones(seen.sum()),
        np.arange(seen.sum()),
        [np.flatnonzero(np.isin(np.flatnonzero(seen), f)) for f in folds],
    )
    assert alone.calibrator == done.calibrator


def test_order_metrics_use_scores_and_probability_metrics_use_calibrated_scores() -> None:
    y, p = world(1200, 12)
    done = calibrate(y, p**2, np.ones(1200), np.arange(1200), parts(1200))
    graded = evaluate(y, p**2, np.arange(1200), 0, done.proba)
    plain, after = metrics(y, p**2), metrics(y, done.proba)
    assert {name: graded[name]["value"] for name in plain} == {
        "auc": plain["auc"], "average_precision": plain["average_precision"], "brier": after["brier"], "log_loss": after["log_loss"],
    }  # fmt: skip
    assert done.report["brier_after"] == graded["brier"]["value"] < done.report["brier_before"] == plain["brier"]
    assert done.report["ece_after"] < done.report["ece_before"] / 2
    assert abs(after["auc"] - plain["auc"]) < 0.01


# ---- the reliability curve ------------------------------------------------------------------------------------------


def test_bins_are_of_equal_mass_and_the_error_is_their_weighted_distance() -> None:
    proba = np.linspace(0.001, 0.1, 200)
    y = (np.arange(200) % 2).astype(float)
    curve = reliability(y, proba)
    assert len(curve) == 10 and {one["count"] for one in curve} <= {19, 20, 21} and sum(one["count"] for one in curve) == 200
    assert expected_calibration_error(curve) == pytest.approx(0.5 - proba.mean(), abs=0.005)
    assert len(reliability(y, proba, equal_mass=False)) == 1
    assert len(reliability(y[:35], proba[:35])) == 3
    assert reliability(y[:1], proba[:1]) == [{"mean_predicted": proba[0], "fraction_risky": 0.0, "count": 1}]
    assert len(reliability(y, np.full(200, 0.3))) == 1


def test_the_text_shows_before_after_and_a_curve() -> None:
    y, p = world(1500, 13)
    report = calibrate(y, p**2, np.ones(1500), np.arange(1500), parts(1500)).report
    lines = calibration_lines(report)
    assert (
        f"calibrated by isotonic on 1500 unseen rows: ECE {report['ece_before']:.4f} → {report['ece_after']:.4f}, Brier"
        in lines[0]
    )
    assert len(lines) == 3 + len(report["reliability"]["after"])
    assert json.loads(json.dumps(report, allow_nan=False)) == report


# ---- saved with the model -------------------------------------------------------------------------------------------


def saved(folder: Path, table: Dataset, method: str) -> tuple[Path, np.ndarray]:
    trained, medians = fit_trainer(GuideTrainer(), table.frame(), table.y, table.weight)
    assert medians is not None
    raw = artifact.checked_predict(trained, table.frame(), medians)
    fitted = fit_calibrator(method, table.y, raw, table.weight)
    kept = described(table, name_of(GuideTrainer), medians=[float(value) for value in medians], calibration=fitted)
    return artifact.save(folder, trained, kept)[0], fitted.apply(raw)


@pytest.mark.parametrize("method", METHODS)
def test_a_loaded_model_gives_calibrated_scores_to_the_last_bit(tmp_path: Path, table: Dataset, method: str) -> None:
    folder, expected = saved(tmp_path, table, method)
    assert artifact.load(folder, GuideTrainer).predict(table.frame()).tobytes() == expected.tobytes()


LINE = {"method": "beta", "a": 1.0, "b": 1.0, "c": 0.0}
STEPS = {"method": "isotonic", "scores": [0.0, 0.5, 1.0], "values": [0.1, 0.2, 0.9]}


@pytest.mark.parametrize(
    "crafted",
    [LINE | {"a": -1.0}, LINE | {"b": 0.0}, LINE | {"c": 1e300}, LINE | {"a": float("nan")}, LINE | {"c": float("inf")}, LINE | {"d": 1},
     LINE | {"method": "pickle"}, LINE | {"a": "x"}, {"method": "beta"}, {}, [], "beta", 5, STEPS | {"values": [0.1, 0.1, 0.9]},
     STEPS | {"values": [0.9, 0.2, 0.1]}, STEPS | {"scores": [0.0, 0.5]}, STEPS | {"values": [0.1, 0.2, 1.5]}, STEPS | {"scores": [-0.1, 0.5, 1]},
     STEPS | {"scores": [], "values": []}, STEPS | {"values": [0.1, float("nan"), 0.9]}, STEPS | {"scores": [0.5, 0.5, 1.0]}, STEPS | {"scores": [0.0, 1e-313, 1.0]}],
)  # fmt: skip
def test_a_crafted_calibration_is_refused(tmp_path: Path, table: Dataset, crafted: Any) -> None:
    folder, _ = saved(tmp_path, table, "beta")
    content = json.loads((folder / "model.json").read_text())["content"] | {"calibration": crafted}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({"content": content, "sha256": digest}))
    with pytest.raises(ArtifactError, match=r"model\.json"):
        artifact.load(folder, GuideTrainer)


def test_a_model_without_calibration_loads_as_before(tmp_path: Path, table: Dataset) -> None:
    trained, medians = fit_trainer(GuideTrainer(), table.frame(), table.y, table.weight)
    assert medians is not None
    folder, meta = artifact.save(tmp_path, trained, described(table, name_of(GuideTrainer), medians=[float(m) for m in medians]))
    assert meta.calibration is None
    raw = artifact.checked_predict(trained, table.frame(), medians)
    assert artifact.load(folder, GuideTrainer).predict(table.frame()).tobytes() == raw.tobytes()


def test_a_map_too_long_to_be_one_is_refused() -> None:
    many = np.linspace(0, 1, calibration.MAX_KNOTS + 1).tolist()
    with pytest.raises(ValidationError, match="at most"):
        ADAPTER.validate_python(STEPS | {"scores": many, "values": many})
