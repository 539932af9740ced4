"""Calibration and tuning from the command line, on a built warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import ModelTraining, TrainingResult, XGBoostTrainer, connect
from trainer.data.dataset import read_scoring
from trainer.data.selection import Selection
from trainer.registry import artifact

Call = Callable[..., Called]
SIMNET = ("--network", "simnet")


def test_fit_reports_calibration_and_the_model_applies_it(house: House, fitted: TrainingResult) -> None:
    report = fitted.calibration
    assert report["method"] in ("platt", "beta", "isotonic") and report["n"] == fitted.n_test
    for when in ("before", "after"):
        assert 0 <= report[f"ece_{when}"] <= 1 and 0 <= report[f"brier_{when}"] <= 1
        curve = report["reliability"][when]
        assert sum(one["count"] for one in curve) == fitted.n_test
        assert all(set(one) == {"mean_predicted", "fraction_risky", "count"} for one in curve)
    assert fitted.metrics["brier"]["value"] == report["brier_after"]
    loaded = artifact.load(Path(fitted.artifact))
    assert loaded.meta.calibration is not None and loaded.meta.calibration.method == report["method"]
    with connect() as client:
        frame = read_scoring(client, "alert_scorer", Selection("simnet", *DATES, WINDOW), loaded.features).frame()
    raw = artifact.checked_predict(loaded.trainer, frame, None)
    assert loaded.predict(frame).tobytes() == loaded.meta.calibration.apply(raw).tobytes()
    assert (np.argsort(np.argsort(raw)) == np.argsort(np.argsort(loaded.predict(frame)))).mean() > 0.99


def test_without_calibration_order_is_graded_the_same_and_the_scores_are_the_trainers(
    client: Any, fitted: TrainingResult
) -> None:
    plain = ModelTraining("simnet", *DATES, client, window_days=WINDOW, calibrate=False).run()
    assert (plain.calibration["method"], plain.calibration["ece_after"]) == ("none", None)
    for name in ("auc", "average_precision"):
        assert dict(plain.metrics[name]) == dict(fitted.metrics[name])
    assert plain.metrics["brier"]["value"] == plain.calibration["brier_before"] == fitted.calibration["brier_before"]
    assert artifact.load(Path(plain.artifact)).meta.calibration is None


def test_tune_finds_parameters_that_fit_takes(house: House, call: Call, tmp_path: Path) -> None:
    best, study = tmp_path / "best.json", tmp_path / "study.db"
    space = tmp_path / "space.json"
    space.write_text(
        json.dumps(
            {"max_depth": {"type": "int", "low": 2, "high": 4}, "learning_rate": {"type": "float", "low": 0.05, "high": 0.3}}
        )
    )
    command = (
        "tune",
        *SIMNET,
        "--space",
        space,
        "--param",
        "n_estimators=8",
        "--inner-folds",
        3,
        "--study",
        study,
        "--out",
        best,
    )
    done = call(*command, "--trials", 2, "--json")
    assert done.code == 0, done.err
    first = json.loads(done.out)
    assert first["n_complete"] == 2 and first["parameters"]["n_estimators"] == 8
    again = json.loads(call(*command, "--trials", 4, "--json").out)
    assert again["n_complete"] + again["n_pruned"] == 4 and again["graded_before"] == 1
    assert again["held_out"]["defaults"] == first["held_out"]["defaults"]
    printed = call(*command, "--trials", 4)
    assert printed.code == 0, printed.err
    assert "that no trial used" in printed.out and f"fit --params {best}" in printed.out and "defaults" in printed.out
    fit = call("fit", *SIMNET, "--params", best, "--param", "subsample=0.7", "--json")
    assert fit.code == 0, fit.err
    options = artifact.load(Path(json.loads(fit.out)["artifact"])).meta.options
    assert options["hyperparameters"] == again["parameters"] | {"subsample": 0.7}
    text = call("fit", *SIMNET, "--params", best, "--param", "n_estimators=2")
    assert "held-out ones of tune" in text.err
    assert "ECE" in text.out and "predicted" in text.out
    assert "not calibrated" in call("fit", *SIMNET, "--param", "n_estimators=2", "--no-calibration").out


def test_an_interrupt_says_that_the_study_is_kept(
    house: House, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("tune", *SIMNET, "--param", "n_estimators=2", "--trials", 3, "--study", tmp_path / "study.db", "--pruner", "none")
    trained: list[int] = []
    train = XGBoostTrainer.train

    def interrupted(self: XGBoostTrainer, *arguments: Any, **options: Any) -> Any:
        trained.append(1)
        if len(trained) == 13:  # five folds with the defaults, five of the first trial, and into the second
            raise KeyboardInterrupt
        return train(self, *arguments, **options)

    monkeypatch.setattr(XGBoostTrainer, "train", interrupted)
    stopped = call(*command, "--json")
    assert (stopped.code, stopped.out) == (130, "") and stopped.err.count("interrupted") == 1
    assert "1 finished trial is kept; the same command continues" in stopped.err and "nothing" not in stopped.err
    assert json.loads(call(*command, "--json").out)["n_complete"] == 3
    assert len(trained) in (13 + 2 * 5 + 1, 13 + 2 * 5 + 2), "the first trial was not done again"


def test_tune_reports_what_is_wrong(house: House, call: Call, tmp_path: Path) -> None:
    study = ("--study", tmp_path / "study.db", "--param", "n_estimators=2", "--trials", 1)
    assert call("tune", *SIMNET, *study).code == 0
    other = call("tune", *SIMNET, *study, "--seed", 1)
    assert other.code == 2 and "was made with another split, seed" in other.err and other.err.count("\n") == 1
    for arguments, code, reason in (
        (("--pruner", "best"), 2, "no pruner 'best'"),
        (("--metric", "auc"), 2, "no metric 'auc'"),
        (("--model-type", "alert_ranker"), 2, "tune one of: alert_scorer"),
        (("--model", "tests.support.trainers:GuideTrainer"), 2, "no search space; declare one"),
        (("--space", tmp_path / "none.json"), 3, "cannot be read"),
        (("--min-positive", 100_000), 5, "Training needs at least"),
    ):
        done = call("tune", *SIMNET, *arguments)
        assert (done.code, reason in done.err, "Traceback" in done.err) == (code, True, False), done.err
    (tmp_path / "odd.json").write_text('{"max_depth": {"type": "categorical", "choices": ["deep"]}}')
    refused = call("tune", *SIMNET, "--space", tmp_path / "odd.json", "--study", tmp_path / "odd.db", "--param", "n_estimators=2")
    assert refused.code == 2 and "XGBoost refused its parameters" in refused.err
    params = call("fit", *SIMNET, "--params", tmp_path / "odd.json")
    assert params.code == 3 and "has no parameters" in params.err
