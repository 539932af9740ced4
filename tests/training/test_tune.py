"""The search never uses held-out rows, can be interrupted and continued, and refuses the study of another search."""

from __future__ import annotations

import json
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.support.trainers import GuideTrainer
from trainer.cli.classes import parameters_of, trainer_of
from trainer.data.dataset import Dataset
from trainer.data.feature import Feature
from trainer.errors import BadInputError, NotEnoughLabelsError, UsageError
from trainer.models import name_of, names, trainer_class
from trainer.models.base import ModelTrainer
from trainer.training.parameters import read_parameters, write_parameters
from trainer.training.search import finished, make_pruner, open_study, read_object, read_space
from trainer.training.tune import Tuning, make_plan

RATES = {"rate": {"type": "float", "low": 0.01, "high": 10.0, "log": True}}


class Spy(GuideTrainer):
    """Records every row it is trained on or predicts, across all of its copies."""

    seen: ClassVar[list[tuple[str, set[bytes]]]] = []
    interrupt_at: ClassVar[int | None] = None

    def __init__(self, rate: float = 20.0, hidden_layers: list[int] | None = None) -> None:
        super().__init__(rate, hidden_layers)  # a poor default: it is far too sure

    @classmethod
    def reset(cls, interrupt_at: int | None = None) -> None:
        cls.seen, cls.interrupt_at = [], interrupt_at

    def note(self, verb: str, X: pd.DataFrame) -> None:
        if len(type(self).seen) == self.interrupt_at:
            raise KeyboardInterrupt
        type(self).seen.append((verb, {row.tobytes() for row in X.to_numpy(dtype=np.float32)}))

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        self.note("train", X)
        return super().train(X, y, sample_weights)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        self.note("predict", X)
        return super().predict(X)


class Other(GuideTrainer):
    pass


@pytest.fixture(autouse=True)
def _fresh_spy(monkeypatch: pytest.MonkeyPatch) -> None:
    Spy.reset()
    monkeypatch.setattr(import_module("trainer.evaluation.intervals"), "DRAWS", 5)  # intervals are tested elsewhere


def data(dates: int = 1, rows: int = 400, seed: int = 0) -> Dataset:
    """Rows of half as many addresses, each row's numbers its own; the first column tells the label."""
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % (rows // 2) % 3 == 0).astype(np.float32)
    X = rng.normal(size=(rows, 3)).astype(np.float32)
    X[:, 0] += 1.5 * y
    days = np.array(["2025-08-01", "2025-09-01"], dtype="datetime64[D]")[np.arange(rows) * dates // rows]
    keys = pa.table(
        {
            "processing_date": pa.array(days),
            "alert_id": [f"a{i:04}" for i in range(rows)],
            "address": [f"0x{i % (rows // 2):040x}" for i in range(rows)],
        }
    )
    return Dataset(np.asfortranarray(X), y, np.full(rows, 0.9, np.float32), keys, [Feature(f"f{i}", f"f{i}") for i in range(3)])


def tuning(
    folder: Path, table: Dataset | None = None, kind: type[ModelTrainer] = Spy, space: Any = RATES, **options: Any
) -> Tuning:
    table = data() if table is None else table
    options = {"gold": table.y, "fixed": {}, "trials": 6, "folds": 4, "inner_folds": 3, "study": folder / "study.db"} | options
    return Tuning(data=table, build=lambda values: kind(**values), space=read_space(space, "test"), **options)  # type: ignore[call-arg]


def trials(done: Tuning) -> list[tuple[Any, ...]]:
    """Every finished trial of a study: its state, parameters, and value after each fold."""
    import optuna

    study = optuna.load_study(study_name=None, storage=f"sqlite:///{done.study}")
    return [
        (t.state.name, t.params, t.value, t.intermediate_values)
        for t in study.trials
        if t.state.is_finished() and t.state.name != "FAIL"
    ]


# ---- honesty --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dates", [1, 2])
@pytest.mark.parametrize("metric", ["log_loss", "average_precision"])
def test_no_held_out_address_is_used_before_the_final_evaluation(
    tmp_path: Path, dates: int, metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = data(dates)
    search = tuning(tmp_path, table, metric=metric)
    plan = make_plan(table, table.y, 4, 3, 30, 0)
    assert plan.description.startswith("held out: one of 4") and len(plan.inner) == 3
    held = set(table.groups[plan.held_out])
    own = {table.X[i].tobytes() for i in range(len(table.y)) if table.groups[i] in held}
    assert len(own) == 2 * len(held) > 50, "all rows of an address, on every date"
    grading: list[int] = []
    graded = Tuning._evaluated
    monkeypatch.setattr(Tuning, "_evaluated", lambda *arguments: grading.append(len(Spy.seen)) or graded(*arguments))  # type: ignore[func-returns-value]
    result = search.run()
    assert result.n_complete + result.n_pruned == 6 and grading[0] >= 6 * 2
    assert [verb for verb, rows in Spy.seen[: grading[0]] if rows & own] == []
    after = Spy.seen[grading[0] :]
    assert [verb for verb, _ in after] == ["train", "predict"] * (2 if result.beat_defaults else 1)
    assert all(rows & own == set() for verb, rows in after if verb == "train")
    assert all(rows == {table.X[i].tobytes() for i in plan.held_out} for verb, rows in after if verb == "predict")
    assert result.n_held_out == len(plan.held_out) and result.n_held_out_addresses == len(held)
    if dates == 2:
        assert (table.dates[plan.held_out] == table.dates.max()).all() and (table.dates[plan.train] < table.dates.max()).all()


def test_inner_folds_keep_an_address_on_one_side() -> None:
    table = data(2)
    plan = make_plan(table, table.y, 4, 3, 30, 0)
    for train, test in plan.inner:
        assert not set(table.groups[plan.train[train]]) & set(table.groups[plan.train[test]])


def test_a_search_on_coin_flips_finds_nothing_on_the_held_out_rows(tmp_path: Path) -> None:
    values = []
    for seed in range(5):
        table = data(seed=seed)
        table.y[:] = np.tile(np.random.default_rng(seed).random(200) < 0.5, 2)
        result = tuning(tmp_path, table, study=tmp_path / f"{seed}.db", metric="average_precision", trials=3).run()
        values.append(result.held_out["best"]["auc"]["value"])
    assert 0.4 < np.mean(values) < 0.6


def test_metrics_are_of_gold_rows_only(tmp_path: Path) -> None:
    table = data()
    gold = np.where(table.groups % 2 == 0, table.y, np.nan)
    result = tuning(tmp_path, table, gold=gold).run()
    assert result.n_held_out == (~np.isnan(gold[make_plan(table, gold, 4, 3, 30, 0).held_out])).sum() < 0.7 * 400 / 4
    for nothing in (np.full(400, np.nan), np.where(table.y > 0, 1.0, np.nan)):
        with pytest.raises(NotEnoughLabelsError, match="gold labels of both classes"):
            tuning(tmp_path, table, gold=nothing).run()


def test_the_best_is_better_than_the_defaults_where_they_are_poor(tmp_path: Path) -> None:
    result = tuning(tmp_path, fixed={}, kind=Spy, trials=15).run()
    assert result.beat_defaults and set(result.parameters) == {"rate"}
    assert result.inner["best"] is not None and result.inner["best"] < result.inner["defaults"]  # type: ignore[operator]
    assert result.held_out["best"]["log_loss"]["value"] < result.held_out["defaults"]["log_loss"]["value"]
    assert result.graded_before == 0 and tuning(tmp_path, trials=15).run().graded_before == 1


def test_defaults_that_are_not_beaten_are_what_comes_out(tmp_path: Path) -> None:
    """No rate changes an order, so nothing can be better by average precision."""
    result = tuning(tmp_path, kind=GuideTrainer, metric="average_precision", fixed={"hidden_layers": [3]}).run()
    assert not result.beat_defaults and result.parameters == {"hidden_layers": [3]}
    assert result.held_out["best"] == result.held_out["defaults"]


# ---- one seed, one result; interrupted and continued ----------------------------------------------------------------


def test_one_seed_one_result(tmp_path: Path) -> None:
    runs = [tuning(tmp_path, study=tmp_path / f"{i}.db", seed=seed) for i, seed in enumerate((0, 0, 1))]
    found = [run.run() for run in runs]
    assert found[0].parameters == found[1].parameters != found[2].parameters
    assert found[0].held_out == found[1].held_out
    assert trials(runs[0]) == trials(runs[1]) != trials(runs[2])


def test_a_study_in_two_runs_is_the_study_in_one(tmp_path: Path) -> None:
    whole = tuning(tmp_path, study=tmp_path / "whole.db", trials=12)
    expected = whole.run()
    tuning(tmp_path, trials=5).run()
    calls = len(Spy.seen)
    again = tuning(tmp_path, trials=12)
    found = again.run()
    assert trials(again) == trials(whole) and len(trials(again)) == 12
    assert (found.parameters, found.inner, found.held_out) == (expected.parameters, expected.inner, expected.held_out)
    before = len(Spy.seen)
    assert before > calls
    assert again.run().parameters == found.parameters
    assert len(Spy.seen) - before == 4, "a finished study is graded and not searched again"


@pytest.mark.parametrize("interrupt_at", [3, 9, 20])
def test_an_interrupt_keeps_the_finished_trials(tmp_path: Path, interrupt_at: int) -> None:
    whole = tuning(tmp_path, study=tmp_path / "whole.db", pruner="none")
    expected = whole.run()
    Spy.reset(interrupt_at)
    with pytest.raises(KeyboardInterrupt):
        tuning(tmp_path, pruner="none").run()
    kept = tuning(tmp_path, pruner="none")
    assert trials(kept) == trials(whole)[: max(0, interrupt_at - 6) // 6], "six calls a trial, and six for the defaults"
    Spy.reset()
    found = kept.run()
    assert trials(kept) == trials(whole)
    assert found.parameters == expected.parameters and found.held_out == expected.held_out


def test_a_trial_whose_process_died_does_not_count(tmp_path: Path) -> None:
    import optuna

    search = tuning(tmp_path)
    search.trials = 2
    search.run()
    optuna.load_study(study_name=None, storage=f"sqlite:///{search.study}").ask()
    search.trials = 4
    assert (search.run().n_complete, len(trials(search))) == (4, 4)


def test_progress_counts_trials_and_folds(tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    tuning(tmp_path, trials=2, progress=lambda *step: steps.append(step)).run()
    assert [done for what, done, total in steps if (what, total) == ("trials", 2)] == [0, 1, 2]
    assert [done for what, done, total in steps if (what, total) == ("folds of this trial", 3)] == [1, 2, 3] * 2


def test_a_timeout_begins_no_further_trial(tmp_path: Path) -> None:
    result = tuning(tmp_path, timeout=0.0).run()
    assert (result.n_complete, result.n_pruned, result.beat_defaults, result.inner["best"]) == (0, 0, False, None)
    assert set(result.held_out) == {"defaults", "best"}


# ---- pruning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_poor_trials_are_ended_after_a_fold(tmp_path: Path, pruner: str) -> None:
    space = {"rate": {"type": "categorical", "choices": [0.5, 30.0, 40.0, 50.0, 60.0, 70.0]}}
    search = tuning(tmp_path, space=space, pruner=pruner, trials=20)
    result = search.run()
    assert result.n_pruned >= 3 and result.n_complete >= 1 and result.n_pruned + result.n_complete == 20
    folds = {state: [len(steps) for found, _, _, steps in trials(search) if found == state] for state in ("PRUNED", "COMPLETE")}
    assert set(folds["COMPLETE"]) == {3} and max(folds["PRUNED"]) < 3
    asked = len([verb for verb, _ in Spy.seen if verb == "train"])
    assert asked == 3 + sum(folds["PRUNED"]) + sum(folds["COMPLETE"]) + (2 if result.beat_defaults else 1)
    assert result.inner["best"] == min(value for state, _, value, _ in trials(search) if state == "COMPLETE")


def test_without_a_pruner_nothing_is_pruned(tmp_path: Path) -> None:
    assert tuning(tmp_path, pruner="none", trials=8).run().n_pruned == 0
    with pytest.raises(UsageError, match="'best'; choose one of: median, hyperband, none"):
        make_pruner("best", 3)
    with pytest.raises(UsageError, match="'auc' to tune by; there are: log_loss, average_precision"):
        tuning(tmp_path, metric="auc").run()


# ---- another's study ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"table": data(seed=1)}, "data"),
        ({"kind": Other}, "model"),
        ({"folds": 5}, "split"),
        ({"inner_folds": 4}, "split"),
        ({"seed": 3}, "split, seed"),
        ({"metric": "average_precision"}, "metric"),
        ({"pruner": "none"}, "pruner"),
        ({"space": {"rate": {"type": "float", "low": 0.1, "high": 2}}}, "search space"),
        ({"fixed": {"hidden_layers": [3]}}, "parameters"),
    ],
)
def test_a_study_of_something_else_is_not_continued(tmp_path: Path, changes: dict[str, Any], what: str) -> None:
    first = tuning(tmp_path, trials=1)
    first.run()
    before = trials(first)
    with pytest.raises(UsageError, match=f"study.db was made with another {what}; give another --study"):
        tuning(tmp_path, **changes).run()
    assert trials(first) == before


def test_each_search_has_a_file_of_its_own_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINER_ARTIFACTS", str(tmp_path / "models"))
    for metric in ("log_loss", "average_precision", "log_loss"):
        result = tuning(tmp_path, study=None, metric=metric, trials=1).run()
        assert Path(result.study).is_relative_to(tmp_path / "models" / "studies") and Path(result.study).name.startswith("Spy-")
    assert len(list((tmp_path / "models" / "studies").iterdir())) == 2 and result.graded_before == 1


def test_a_file_that_is_no_study_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("these are my notes, " * 100)
    with pytest.raises(UsageError, match=r"study\.db is not a study that can be continued"):
        tuning(tmp_path).run()
    assert (tmp_path / "study.db").read_text().startswith("these are my notes")
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE studies (mine TEXT)")
    with pytest.raises(UsageError, match=r"other\.db is not a study"):
        tuning(tmp_path, study=tmp_path / "other.db").run()


def test_a_study_of_optunas_own_is_not_taken_over(tmp_path: Path) -> None:
    import optuna

    study = optuna.create_study(study_name="trainer", storage=f"sqlite:///{tmp_path / 'study.db'}")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(UsageError, match="was made with another model"):
        tuning(tmp_path).run()


def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a folder?x=1#%20" / "stüdy@.db"
    study = open_study(path, {"model": "m"}, maximize=False, pruner="none", folds=3)
    assert path.is_file() and finished(study) == {"complete": 0, "pruned": 0}


# ---- search spaces --------------------------------------------------------------------------------------------------


def test_a_trainer_without_a_search_space_is_told_how_to_declare_one() -> None:
    assert ModelTrainer.search_space == {}
    with pytest.raises(
        UsageError, match=r"mine:Trainer has no search space; declare one as the class attribute search_space = .*--space"
    ):
        read_space(GuideTrainer.search_space, "mine:Trainer")
    with pytest.raises(UsageError, match="no search space"):
        read_space(RATES, "x", {"rate": 1})


@pytest.mark.parametrize("name", names())
def test_what_a_trainer_declares_is_a_search_space_it_takes(name: str) -> None:
    declared = trainer_class(name).search_space
    if declared:
        first = {key: one.get("low", one.get("choices", [None])[0]) for key, one in declared.items()}
        assert set(read_space(declared, name)) == set(declared)
        assert name_of(type(trainer_of(name, first, 0))) == name


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        ([], "by name"), ("x", "by name"), ({"a": 5}, "a: .*object"), ({"a": {"type": "magic"}}, "a: .*int, float or categorical"), ({"a": {"type": "int", "low": 1}}, "a: high is missing"),
        ({"a": {"type": "int", "low": 3, "high": 1}}, "a: `low <= high`"), ({"a": {"type": "float", "low": 0, "high": 1, "log": True}}, "a: `low > 0`"),
        ({"a": {"type": "float", "low": 1, "high": 2, "log": True, "step": 1}}, "a: .*`step` is not supported"), ({"a": {"type": "int", "low": 0.5, "high": 1}}, "a: low must be a whole number"),
        ({"a": {"type": "float", "low": float("nan"), "high": 1}}, "finite"), ({"a": {"type": "categorical", "choices": []}}, "a: .*one or more"),
        ({"a": {"type": "categorical", "choices": [object()]}}, "a: .*not JSON serializable"), ({"a": {"type": "int", "low": 1, "high": 2, "hi": 3}}, "a: hi is unknown"),
        ({"a": {"type": "float", "low": "1", "high": 2}}, "a: low must be a finite number"), ({"a": {"type": "int", "low": 1, "high": 9, "log": 1}}, "a: log must be"),
        ({"a": {"type": "int", "low": 1, "high": 9, "step": 0}}, "a: `step > 0`"),
    ],
)  # fmt: skip
def test_a_space_of_another_form_is_refused(space: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=f"The search space of file.json .*{reason}"):
        read_space(space, "file.json")


def test_every_kind_of_dimension_reaches_the_trainer_as_it_is(tmp_path: Path) -> None:
    given: list[dict[str, Any]] = []

    class Keeper(GuideTrainer):
        def __init__(self, **values: Any) -> None:
            super().__init__()
            given.append(values)

    space = {
        "a": {"type": "int", "low": 2, "high": 8, "step": 2}, "b": {"type": "int", "low": 1, "high": 1000, "log": True},
        "c": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.25}, "d": {"type": "categorical", "choices": [[64], [128, 64], None, True, 1, "relu"]},
    }  # fmt: skip
    tuning(tmp_path, kind=Keeper, space=space, fixed={"e": [1]}, trials=25, pruner="none").run()
    tried = [values for values in given if "a" in values]
    assert {values["a"] for values in tried} == {2, 4, 6, 8} and {values["c"] for values in tried} <= {0.0, 0.25, 0.5, 0.75, 1.0}
    assert all(isinstance(values["b"], int) and values["e"] == [1] for values in tried)
    found = {json.dumps(values["d"]) for values in tried}
    assert found <= {"[64]", "[128, 64]", "null", "true", "1", '"relu"'} and {"[128, 64]", "true", "1"} <= found


# ---- the parameters, for fit ----------------------------------------------------------------------------------------


def test_parameters_are_written_for_fit(tmp_path: Path) -> None:
    result = tuning(tmp_path, trials=15).run()
    file = tmp_path / "new" / "best.json"
    write_parameters(file, result)
    assert read_parameters(file, name_of(Spy)) == result.parameters
    with pytest.raises(UsageError, match=r"tuned for the model '.*:Spy', not for 'xgboost'"):
        read_parameters(file, "xgboost")
    assert parameters_of("xgboost", None, ["a=1", "b=x"]) == {"a": 1, "b": "x"}


def test_param_goes_over_params(tmp_path: Path) -> None:
    file = tmp_path / "best.json"
    file.write_text('{"parameters": {"max_depth": 3, "learning_rate": 0.2}}')
    values = parameters_of("xgboost", file, ["max_depth=5"])
    assert trainer_of("xgboost", values, 1).options() == {
        "hyperparameters": {"max_depth": 5, "learning_rate": 0.2},
        "seed": 1,
        "preset": "default",
    }


@pytest.mark.parametrize("text", ["", "[]", '{"parameters": []}', "{}", '{"parameters": ', "[" * 100_000])
def test_a_file_without_parameters_is_bad_input(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(BadInputError, match=r"p\.json"):
        read_parameters(tmp_path / "p.json", "xgboost")


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b"\xff\xfe")
    (tmp_path / "half.json").write_text(r'{"rate\ud800": {"type": "float", "low": 0, "high": 1}}')
    for name in ("p.json", "none.json", ".", "half.json"):
        with pytest.raises(BadInputError, match="cannot be read as JSON"):
            read_object(tmp_path / name)
