"""What is specific to each built-in trainer, and the rows, folds and hold-outs that they share."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.artifacts import described
from trainer import LightGBMTrainer, XGBoostTrainer, models
from trainer.data.dataset import Dataset
from trainer.errors import UsageError
from trainer.evaluation.metrics import metrics
from trainer.models.base import ModelTrainer
from trainer.models.baselines.constant import ConstantTrainer
from trainer.models.baselines.linear import fit_logistic, log_odds, sigmoid
from trainer.models.baselines.single_feature import SingleFeatureTrainer, weighted_auc
from trainer.models.boosting.plan import CELLS_A_THREAD, MIN_ROUNDS, UNGUIDED_ROUNDS, with_threads
from trainer.models.ensemble.trainer import EnsembleTrainer
from trainer.models.ensemble.weights import average_weights, stacking_weights
from trainer.models.fitting import fit_trainer
from trainer.models.rows import matrix_of, training_rows
from trainer.models.splitting import grouped_folds, hold_out
from trainer.registry import artifact
from trainer.testing.tables import make_table

FEW = {"n_estimators": 8}
both = pytest.mark.parametrize("kind", [XGBoostTrainer, LightGBMTrainer])


def rounds_of(trainer: Any) -> int:
    model = trainer.model
    return int(model.num_boosted_rounds() if isinstance(trainer, XGBoostTrainer) else model.num_trees())


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_a_float32_matrix_in_column_order_is_not_copied() -> None:
    X = np.asfortranarray(np.ones((100, 7), np.float32))
    frame = pd.DataFrame(X, columns=list("abcdefg"), copy=False).reset_index(drop=True)
    assert np.shares_memory(matrix_of(frame), X)
    assert np.shares_memory(training_rows(frame, np.arange(100) % 2, np.ones(100)).X, X)


def test_folds_keep_an_address_together_and_balance_the_classes() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 400, 2000)
    y = (groups % 5 == 0).astype(np.float32)
    fold = grouped_folds(y, groups, 5, seed=1)
    assert all(np.unique(fold[groups == group]).size == 1 for group in np.unique(groups))
    assert np.unique(fold).tolist() == [0, 1, 2, 3, 4]
    assert all(0.15 < y[fold == number].mean() < 0.25 and 0.15 < (fold == number).mean() < 0.25 for number in range(5))
    assert (grouped_folds(y, groups, 5, seed=1) == fold).all() and (grouped_folds(y, groups, 5, seed=2) != fold).any()


@pytest.mark.parametrize("of", ["rows", "addresses"])
def test_nothing_is_held_out_of_a_few_addresses(of: Any) -> None:
    table, rng = make_table(n=80), np.random.default_rng(0)
    y, groups = table.y.to_numpy(), table.groups
    assert not hold_out(y, groups, rng, share=0.2, min_addresses=10, of=of).any()
    assert hold_out(y, groups, rng, share=0.2, min_addresses=2, of=of).any()


@pytest.mark.parametrize("of", ["rows", "addresses"])
def test_a_hold_out_has_whole_addresses_and_the_share_of_each_class(of: Any) -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 400, 2000)
    y = (groups % 5 == 0).astype(np.float32)
    held = hold_out(y, groups, rng, share=0.2, min_addresses=10, of=of)
    assert all(np.unique(held[groups == group]).size == 1 for group in np.unique(groups))
    assert all(0.15 < held[y == label].mean() < 0.25 for label in (0, 1))
    if of == "addresses":
        assert [np.unique(groups[held & (y == label)]).size for label in (0, 1)] == [64, 16]


def test_a_hold_out_of_rows_is_the_first_fold() -> None:
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 300, 1000)
    y = (rng.random(1000) < 0.3).astype(np.float32)
    held = hold_out(y, groups, np.random.default_rng(7), share=1 / 5, min_addresses=1)
    assert (held == (grouped_folds(y, groups, 5, seed=7) == 0)).all()


@pytest.mark.parametrize(
    ("y", "weight", "reason"),
    [([0, 1, 2], None, r"in \[0, 1\]"), ([0, 1, np.nan], None, r"in \[0, 1\]"), ([0, 1, 1], [1, 1, -1], "not negative"),
     ([0, 1, 1], [1, 1, np.inf], "finite"), ([0, 1], None, "different lengths: 2, 3"), ([0, 1, 1], [1, 1], "different lengths")],
)  # fmt: skip
def test_invalid_labels_and_weights_are_a_usage_error(y: list[float], weight: list[float] | None, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        training_rows(pd.DataFrame({"a": [1.0, 2.0, 3.0]}), y, weight)


# ---- parameters ------------------------------------------------------------------------------------------------------


def test_a_parameter_goes_to_the_constructor_or_into_the_hyperparameters() -> None:
    built = models.build(XGBoostTrainer, {"max_depth": 3, "preset": "guide", "hyperparameters": {"gamma": 1}}, seed=5)
    assert built.options() == {"hyperparameters": {"gamma": 1, "max_depth": 3}, "seed": 5, "preset": "guide"}
    assert models.build(EnsembleTrainer, {"seed": 2}, seed=5).options()["seed"] == 2
    with pytest.raises(UsageError, match="ConstantTrainer has no parameter depth; it has: none"):
        models.build(ConstantTrainer, {"depth": 1})


@both
def test_an_unknown_preset_lists_the_known(kind: Any) -> None:
    with pytest.raises(UsageError, match="'best'.*default, guide"):
        kind(preset="best")


@both
@pytest.mark.parametrize(
    "parameters", [{"n_estimators": 0}, {"n_estimators": "many"}, {"n_estimators": True}, {"early_stopping_rounds": -1}]
)
def test_an_invalid_number_of_trees_is_a_usage_error(kind: Any, parameters: dict[str, Any]) -> None:
    table = make_table()
    with pytest.raises(UsageError, match="whole number above 0"):
        kind(parameters).train(table.X, table.y)


def test_a_model_that_could_not_be_checked_on_loading_is_refused_before_training() -> None:
    table = make_table()
    with pytest.raises(UsageError, match="linear_tree"):
        LightGBMTrainer({"linear_tree": True}).train(table.X, table.y)
    with pytest.raises(UsageError, match="'gblinear'"):
        XGBoostTrainer({"booster": "gblinear"}).train(table.X, table.y)


@pytest.mark.parametrize(
    ("kind", "first", "other", "value"),
    [
        (XGBoostTrainer, "learning_rate", "eta", 0.5), (XGBoostTrainer, "lambda", "reg_lambda", 40),
        (XGBoostTrainer, "n_estimators", "num_round", 3), (LightGBMTrainer, "learning_rate", "eta", 0.5),
        (LightGBMTrainer, "bagging_fraction", "subsample", 0.3), (LightGBMTrainer, "lambda_l2", "reg_lambda", 40),
        (LightGBMTrainer, "early_stopping_rounds", "n_iter_no_change", 1), (LightGBMTrainer, "num_iterations", "num_trees", 3),
    ],
)  # fmt: skip
def test_a_parameter_has_the_same_effect_under_each_alias(kind: Any, first: str, other: str, value: float) -> None:
    table = make_table()
    own = {} if "round" in first or "estim" in first or "iter" in first else {"n_estimators": 20}
    found = []
    for parameters in ({first: value}, {other: value}, {}):
        trainer = kind(own | parameters)
        trainer.train(table.X, table.y, groups=table.groups)
        found.append(trainer.predict(table.X).tobytes())
    assert found[0] == found[1] != found[2]
    with pytest.raises(UsageError, match="two names"):
        kind({first: value, other: value}).plan()


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        (XGBoostTrainer, {"num_leaves": 3}, "no parameter num_leaves"), (XGBoostTrainer, {"max_dept": 3}, "no parameter max_dept"),
        (LightGBMTrainer, {"max_dept": 3}, "no parameter max_dept"), (LightGBMTrainer, {"linear_trees": True}, "linear_tree"),
        (LightGBMTrainer, {"cat_feature": "0"}, "categorical_feature"), (XGBoostTrainer, {"verbosity": 2}, "stdout"),
        (XGBoostTrainer, {"objective": "reg:squarederror"}, "probabilities"), (LightGBMTrainer, {"objective": "l2"}, "probabilities"),
        (XGBoostTrainer, {"random_state": 3}, "--seed"), (LightGBMTrainer, {"random_state": 3}, "--seed"),
        (XGBoostTrainer, {"n_estimators": float("inf")}, "whole number"), (LightGBMTrainer, {"num_trees": float("nan")}, "whole number"),
    ],
)  # fmt: skip
def test_a_parameter_without_effect_is_refused(kind: Any, parameters: dict[str, Any], said: str) -> None:
    table = make_table(n=200)
    with pytest.raises(UsageError, match=said):
        kind(
            {"n_estimators": 2} | parameters if "n_est" not in str(parameters) and "num_t" not in str(parameters) else parameters
        ).train(table.X, table.y)


@pytest.mark.parametrize("kind", [XGBoostTrainer, LightGBMTrainer])
def test_monotone_constraints_hold_and_the_model_loads_again(kind: Any, tmp_path: Path) -> None:
    table = make_table()
    signs = [-1] + [0] * (table.X.shape[1] - 1)
    trainer = kind({"n_estimators": 20, "monotone_constraints": signs if kind is LightGBMTrainer else str(tuple(signs))})
    trainer.train(table.X, table.y)
    trainer.save(str(tmp_path / "model"))
    again = kind()
    again.load(str(tmp_path / "model"))
    assert again.predict(table.X).tobytes() == trainer.predict(table.X).tobytes()
    grid = table.X.iloc[[0] * 50].assign(**{str(table.X.columns[0]): np.linspace(-3, 3, 50)})
    assert (np.diff(again.predict(grid)) <= 0).all()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("xgboost", {"hyperparameters": 5}), ("lightgbm", {"preset": [1]}), ("neural_net", {"hidden_layers": 5}),
        ("ensemble", {"members": [[1]]}), ("ensemble", {"parameters": 5}), ("ensemble", {"parameters": {"xgboost": 5}}),
        *((name, {"seed": seed}) for name in ("xgboost", "neural_net", "ensemble") for seed in ("abc", -1, 1.5, None, 10**30)),
    ],
)  # fmt: skip
def test_a_trainer_that_cannot_be_built_is_a_usage_error(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        models.build(models.trainer_class(name), parameters)


@pytest.mark.parametrize("library", CELLS_A_THREAD)
def test_little_data_gets_few_threads_unless_a_number_is_given(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    one, three, all_ = (np.empty((CELLS_A_THREAD[library] // 10, columns)) for columns in (1, 35, 80))
    assert with_threads({"eta": 1}, library, one) == {"eta": 1, "nthread": 1}
    assert with_threads({}, library, three) == {"nthread": 3}
    assert with_threads({}, library, all_) == {}
    assert with_threads({"n_jobs": 4}, library, one) == {"n_jobs": 4}
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert with_threads({}, library, one) == {}


def test_lightgbm_prints_nothing_on_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    table = make_table()
    with pytest.raises(UsageError, match="LightGBM refused"):
        LightGBMTrainer({"num_leaves": 1}).train(table.X, table.y)
    LightGBMTrainer(FEW).train(table.X, table.y)
    assert capfd.readouterr().out == ""


# ---- boosting --------------------------------------------------------------------------------------------------------


@both
def test_the_guides_preset_is_the_guides(kind: Any) -> None:
    table = make_table(n=600)
    trainer = kind(preset="guide")
    trainer.train(table.X, table.y)
    assert rounds_of(trainer) == 100
    few = kind(FEW)
    few.train(table.X, table.y)
    assert rounds_of(few) == FEW["n_estimators"]


def test_the_guides_preset_is_the_bare_library_to_the_last_bit() -> None:
    import lightgbm
    import xgboost

    table = make_table(n=600)
    bare = {
        "max_depth": 6, "learning_rate": 0.1, "subsample": 0.8, "colsample_bytree": 0.8, "objective": "binary:logistic", "seed": 0
    }  # fmt: skip
    expected = xgboost.train(bare, xgboost.QuantileDMatrix(table.X.to_numpy(), table.y), 100)
    ours = XGBoostTrainer(preset="guide")
    ours.train(table.X, table.y)
    assert ours.predict(table.X).tobytes() == expected.inplace_predict(table.X.to_numpy()).tobytes()
    guide = {
        "objective": "binary", "metric": "auc", "boosting_type": "gbdt", "num_leaves": 31, "learning_rate": 0.05,
        "feature_fraction": 0.9, "bagging_fraction": 0.8, "bagging_freq": 5, "verbose": -1,
    }  # fmt: skip
    fixed = guide | {"seed": 0, "deterministic": True, "force_row_wise": True}
    theirs = lightgbm.train(fixed, lightgbm.Dataset(table.X, table.y), num_boost_round=100)
    own = LightGBMTrainer(preset="guide")
    own.train(table.X, table.y)
    assert own.predict(table.X).tobytes() == theirs.predict(table.X).tobytes()


@both
def test_early_stopping_sets_the_number_of_trees(kind: Any) -> None:
    """On noise it stops early, with few addresses it does not stop early, and the groups change the result."""
    table = make_table(n=1200)
    noise = table.with_(y=np.random.default_rng(0).random(1200) < 0.4)
    given_up, unasked = kind(), kind()
    given_up.train(noise.X, noise.y, groups=noise.groups)
    assert rounds_of(given_up) == MIN_ROUNDS
    few = make_table(n=80)
    unasked.train(few.X, few.y, groups=few.groups)
    assert rounds_of(unasked) == UNGUIDED_ROUNDS


@both
def test_large_tables_are_fitted_once_and_cut_at_the_best_round(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.models.boosting.plan.REFIT_UP_TO", 100)
    table, unseen = make_table(n=1200), make_table(n=1200, seed=9)
    trainer = kind({"learning_rate": 0.3})
    trainer.train(table.X, table.y, groups=table.groups)
    assert 1 <= rounds_of(trainer) < MIN_ROUNDS
    assert metrics(unseen.y.to_numpy(), trainer.predict(unseen.X))["auc"] > 0.9


def test_soft_labels_get_lightgbm_another_objective() -> None:
    table = make_table()
    trainer = LightGBMTrainer(preset="guide")
    trainer.train(table.X, table.y * 0.8 + 0.1)
    assert "objective=cross_entropy" in trainer.model.model_to_string()


# ---- baselines -------------------------------------------------------------------------------------------------------


def test_constant_is_the_weighted_share() -> None:
    table = make_table()
    trainer = ConstantTrainer()
    trainer.train(table.X, table.y, pd.Series(np.where(table.y > 0.5, 3.0, 1.0)))
    risky = float(table.y.sum())
    assert trainer.predict(table.X[:2]) == pytest.approx([3 * risky / (3 * risky + len(table.y) - risky)] * 2)


def test_the_single_feature_is_the_best_one_of_either_sign() -> None:
    table = make_table(n=600)
    turned = table.X.assign(f0=-table.X["f0"], f5=np.float32(1))
    trainer = SingleFeatureTrainer()
    trainer.train(turned, table.y)
    assert trainer.fitted is not None and int(trainer.fitted["column"]) == 0
    found = metrics(table.y.to_numpy(), trainer.predict(turned))["auc"]
    assert found == pytest.approx(metrics(table.y.to_numpy(), table.X["f0"].to_numpy())["auc"], abs=0.002)


def test_weighted_auc_is_scikit_learns() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    y, score, weight = rng.integers(0, 2, 300), rng.integers(0, 30, 300), rng.uniform(0, 2, 300)
    assert weighted_auc(score, y, weight) == pytest.approx(roc_auc_score(y, score, sample_weight=weight))


def test_a_soft_label_is_a_risky_and_a_benign_row() -> None:
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(200, 2)), rng.uniform(0, 1, 200)
    soft = fit_logistic(Z, y, np.ones(200))
    split = fit_logistic(np.concatenate([Z, Z]), np.repeat([1.0, 0.0], 200), np.concatenate([y, 1 - y]))
    assert soft[0] == pytest.approx(split[0], abs=1e-4) and soft[1] == pytest.approx(split[1], abs=1e-4)


# ---- the ensemble ----------------------------------------------------------------------------------------------------


def test_weights_are_on_the_simplex_and_follow_the_better_member() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4000).astype(float)
    good = np.clip(0.2 + 0.6 * y + rng.normal(scale=0.1, size=4000), 0.01, 0.99)
    proba = np.column_stack([good, rng.uniform(0.01, 0.99, 4000)])
    for weights in (average_weights(proba, y, np.ones(4000)), stacking_weights(proba, y, np.ones(4000))[0]):
        assert weights.sum() == pytest.approx(1) and (weights >= 0).all()
        assert weights[0] > 0.85
    assert average_weights(proba[:0], y[:0], y[:0]).tolist() == [0.5, 0.5]
    assert stacking_weights(proba[:0], y[:0], y[:0])[0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("method", ["average", "stacking"])
def test_an_ensemble_does_no_worse_than_its_best_member(method: str) -> None:
    table, unseen = make_table(n=800), make_table(n=2000, seed=9)
    parameters = {"xgboost": {"n_estimators": 40}, "lightgbm": {"n_estimators": 40}}
    trainer = EnsembleTrainer(["xgboost", "lightgbm", "logistic", "constant"], method, parameters=parameters)
    trainer.train(table.X, table.y, groups=table.groups)
    assert trainer.weights is not None and trainer.weights.sum() == pytest.approx(1) and (trainer.weights >= 0).all()
    y = unseen.y.to_numpy()
    singles = [metrics(y, np.asarray(member.trainer.predict(unseen.X)))["auc"] for member in trainer.fitted]
    assert metrics(y, trainer.predict(unseen.X))["auc"] >= max(singles) - 0.001


def test_the_weights_are_learned_on_addresses_that_the_members_have_not_seen() -> None:
    """Rows come in identical pairs with coin-flip labels: a model fitted to one row of a pair knows the other."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(200, 3)), 2, axis=0).astype(np.float32)
    y = pd.Series(np.repeat(rng.integers(0, 2, 200), 2).astype(np.float32))
    frame, pairs = pd.DataFrame(X, columns=list("abc")), np.arange(400) // 2
    parameters = {"xgboost": {"n_estimators": 100, "max_depth": 8, "subsample": 1}}

    def weight_of_the_memorizer(groups: np.ndarray | None) -> float:
        trainer = EnsembleTrainer(["constant", "xgboost"], parameters=parameters)
        trainer.train(frame, y, groups=groups)
        assert trainer.weights is not None
        return float(trainer.weights[1])

    assert weight_of_the_memorizer(pairs) < 0.3 < 0.8 < weight_of_the_memorizer(None)


def test_a_member_is_the_mean_of_its_models_log_odds() -> None:
    table, unseen = make_table(n=300), make_table(n=100, seed=9)
    trainer = EnsembleTrainer(["logistic"], folds=3)
    trainer.train(table.X, table.y, groups=table.groups)
    assert len(trainer.fitted) == 3
    said = [np.asarray(model.trainer.predict(unseen.X)) for model in trainer.fitted]
    assert not np.allclose(said[0], said[1])
    assert trainer.predict(unseen.X) == pytest.approx(sigmoid(np.mean([log_odds(one) for one in said], axis=0)))
    assert trainer.predict(unseen.X.iloc[:0]).shape == (0,)


def test_an_ensemble_of_too_few_addresses_fits_each_member_to_all_rows() -> None:
    table = make_table(n=60)
    two = (table.y.to_numpy() >= 0.5).astype(int)  # one address is risky, the other benign
    trainer = EnsembleTrainer(["logistic", "constant"], folds=2)
    trainer.train(table.X, table.y, groups=two)
    assert len(trainer.fitted) == 2 and trainer.weights is not None and trainer.weights.tolist() == [0.5, 0.5]
    assert np.isfinite(trainer.predict(table.X)).all()


def test_the_same_ensemble_gives_the_same_file(tmp_path: Path) -> None:
    table = make_table()
    for name in ("a.zip", "b.zip"):
        trainer = EnsembleTrainer(["lightgbm", "logistic"], folds=2, parameters={"lightgbm": FEW})
        trainer.train(table.X, table.y)
        trainer.save(str(tmp_path / name))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"members": []}, "different trainers"), ({"members": ["xgboost", "xgboost"]}, "different trainers"),
        ({"members": ["ensemble"]}, "other than 'ensemble'"), ({"members": ["nope"]}, "'nope'.*xgboost"),
        ({"members": "xgboost"}, "must be a list"), ({"method": "vote"}, "average, stacking"), ({"folds": 1}, "from 2 to 50"),
        ({"parameters": {"nope": {}}}, "parameters for nope"),
    ],
)  # fmt: skip
def test_invalid_options_of_an_ensemble_are_a_usage_error(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        EnsembleTrainer(**options)


def test_the_default_members_are_those_that_are_registered() -> None:
    assert EnsembleTrainer().members == [name for name in ("xgboost", "lightgbm", "neural_net") if name in models.names()]


# ---- progress and Ctrl-C ---------------------------------------------------------------------------------------------

REPORTING: dict[str, dict[str, Any]] = {
    "xgboost": FEW,
    "lightgbm": FEW,
    "ensemble": {"members": ["lightgbm", "constant"], "folds": 2, "parameters": {"lightgbm": FEW}},
}


@pytest.mark.parametrize("name", REPORTING)
def test_progress_is_reported_and_reaches_its_total(name: str, table: Dataset) -> None:
    seen: list[tuple[str, int, int]] = []
    template = models.build(models.trainer_class(name), REPORTING[name])
    trained, _ = fit_trainer(template, table.frame(), table.y, table.weight, table.groups, lambda *step: seen.append(step))
    assert seen and all(0 < done <= total for _, done, total in seen)
    assert {what for what, done, total in seen if done == total} == {what for what, _, _ in seen}
    assert trained.progress is None


@pytest.mark.parametrize("name", REPORTING)
def test_an_interrupt_during_training_is_raised(name: str, table: Dataset) -> None:
    def interrupted(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    template = models.build(models.trainer_class(name), REPORTING[name])
    with pytest.raises(KeyboardInterrupt):
        fit_trainer(template, table.frame(), table.y, table.weight, table.groups, interrupted)


@pytest.mark.parametrize("name", [*REPORTING, "constant", "logistic", "single_feature"])
def test_an_interrupt_during_saving_leaves_no_file(
    name: str, table: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = models.build(models.trainer_class(name), REPORTING.get(name, {}))
    trained, _ = fit_trainer(template, table.frame(), table.y, table.weight, table.groups)
    whole = type(trained).save

    def interrupted(self: ModelTrainer, path: str) -> None:
        whole(self, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(trained), "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        artifact.save(tmp_path / "models", trained, described(table, name))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_trainer_with_a_progress_callback_can_be_copied(table: Dataset) -> None:
    """The callback is not copied with the trainer: it may hold a terminal."""

    class Watcher:
        def __init__(self) -> None:
            self.calls = 0
            self.stream = sys.stdout

        def __call__(self, what: str, done: int, total: int) -> None:
            self.calls += 1

        def __deepcopy__(self, memo: Any) -> None:
            raise AssertionError("copied")

    template, watcher = XGBoostTrainer(FEW), Watcher()
    template.progress = watcher
    fit_trainer(template, table.frame(), table.y, table.weight)
    assert watcher.calls == FEW["n_estimators"]


# ---- the door --------------------------------------------------------------------------------------------------------


def test_listing_the_models_imports_none_of_their_libraries() -> None:
    program = (
        "import sys, json; from trainer.models import names; found = names();"
        "print(json.dumps([found, sorted({'xgboost', 'lightgbm', 'torch', 'sklearn', 'pandas', 'numpy'} & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found, heavy = json.loads(done.stdout)
    assert heavy == [] and {"xgboost", "lightgbm", "ensemble", "constant", "single_feature", "logistic"} <= set(found)
