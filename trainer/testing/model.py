"""The contract of a trainer: what `trainer fit` and its users rely on."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from trainer.data import Feature
from trainer.errors import ArtifactError, NotEnoughLabelsError
from trainer.models import ModelTrainer, build, fill_missing, medians_of, name_of
from trainer.registry import artifact, features_meta
from trainer.testing.contributions import ContributionsContract
from trainer.testing.tables import Table, make_table, with_constants, with_gaps

NEW_PROCESS = """
import importlib, importlib.util, json, sys
import pandas as pd
module, file, name, options, model, frame = sys.argv[1:]
try:
    kind = importlib.import_module(module)
except ImportError:
    spec = importlib.util.spec_from_file_location(module, file)
    kind = sys.modules[module] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kind)
for part in name.split("."):
    kind = getattr(kind, part)
trainer = kind(**json.loads(options))
trainer.load(model)
sys.stdout.buffer.write(trainer.predict(pd.read_parquet(frame)).astype("float64").tobytes())
"""


class TrainerContract(ContributionsContract):
    """What every trainer must do: subclass it, name the class `Test…` and define `make`.

    Attributes:
        learns: whether the trainer must rank unseen rows better than chance; False for one that ignores X.
    """

    learns: ClassVar[bool] = True

    def make(self, seed: int = 0) -> ModelTrainer:
        """Return a new, untrained trainer; with this seed, if it has one."""
        raise NotImplementedError("define make: it returns a new, untrained trainer")

    # ---- it learns from labels and weights --------------------------------------------------------------------------

    def test_it_learns(self) -> None:
        """Unseen rows are ranked better than by chance, unless `learns` is False."""
        from trainer.evaluation import metrics

        table, unseen = make_table(seed=0), make_table(seed=1)
        proba = self._proba(self._trained(table), unseen.X)
        if self.learns:
            assert metrics(unseen.y.to_numpy(), proba)["auc"] > 0.75
        else:
            assert proba.shape == (len(unseen.X),)

    def test_weights_matter(self) -> None:
        """Risky rows of ten times the weight raise the mean prediction, benign ones lower it."""
        table = make_table()
        plain, risky, benign = (
            self._proba(self._trained(table.with_(weight=np.where(heavy, 10, 1))), table.X).mean()
            for heavy in (table.y > 2, table.y > 0.5, table.y <= 0.5)
        )
        assert benign + 0.01 < plain < risky - 0.01

    def test_rows_of_zero_weight_do_not_matter(self) -> None:
        """Even if their labels are wrong and their values lie outside the range of all others."""
        table, wrong = make_table(), make_table(n=40, seed=5)
        both = Table(
            pd.concat([table.X, wrong.X * 100], ignore_index=True),
            pd.concat([table.y, 1 - wrong.y], ignore_index=True),
            pd.concat([table.weight, wrong.weight * 0], ignore_index=True),
            np.concatenate([table.groups, wrong.groups + 10_000]),
        )
        _assert_close(self._proba(self._trained(both), table.X), self._proba(self._trained(table), table.X))

    def test_no_weights_are_equal_weights(self) -> None:
        """`sample_weights=None` gives the same model as weights of 1."""
        table, trainer = make_table(), self.make()
        trainer.train(table.X, table.y, **self._groups(trainer, table))
        _assert_close(self._proba(trainer, table.X), self._proba(self._trained(table), table.X))

    def test_soft_labels_are_not_rounded(self) -> None:
        """Labels of 0.4 and 0.6 give predictions near ½, with the mean of the labels."""
        table = make_table()
        soft = table.with_(y=0.4 + 0.2 * table.y)
        proba = self._proba(self._trained(soft), table.X)
        assert abs(proba.mean() - soft.y.mean()) < 0.1, "the mean of soft labels is not learned"
        assert np.abs(proba - 0.5).mean() < 0.25, "soft labels are treated as hard ones"

    def test_one_class_is_a_clear_error(self) -> None:
        """All rows benign, all risky, or all others of weight 0."""
        table = make_table()
        for y, weight in ((table.y * 0, table.weight), (table.y * 0 + 1, table.weight), (table.y, (table.y > 0.5) * 1.0)):
            try:
                self._trained(table.with_(y=y, weight=weight))
            except NotEnoughLabelsError as error:
                assert str(error).strip(), "the error has no message"
            else:
                raise AssertionError("training on one class raised no NotEnoughLabelsError")

    # ---- the same every time ----------------------------------------------------------------------------------------

    def test_one_seed_one_model(self) -> None:
        """Two trainers with the same seed predict the same, to the last bit."""
        table = make_table()
        first, second = (self._proba(self._trained(table, self.make(seed=7)), table.X) for _ in range(2))
        assert first.tobytes() == second.tobytes()

    def test_a_second_fit_forgets_the_first(self) -> None:
        """Training on A and then on B gives the same model as training on B alone, whether or not A has the columns of B."""
        b = make_table(seed=4)
        alone = self._proba(self._trained(b), b.X).tobytes()
        for a in (make_table(n=300, d=9, seed=3), make_table(seed=3)):
            assert self._proba(self._trained(b, self._trained(a)), b.X).tobytes() == alone

    def test_a_fit_that_fails_leaves_no_old_model(self) -> None:
        """After an error in `train` the trainer does not predict with an earlier model."""
        table = make_table()
        trainer = self._trained(table)
        try:
            self._trained(table.with_(y=table.y * 0), trainer)
        except NotEnoughLabelsError:
            pass
        else:
            raise AssertionError("training on one class raised no NotEnoughLabelsError")
        try:
            trainer.predict(table.X)
        except Exception:
            return
        raise AssertionError("an untrained model predicts")

    def test_predicting_changes_nothing(self) -> None:
        """Neither the model nor its input; and the prediction of a row does not depend on the order of rows."""
        table = make_table()
        trainer = self._trained(table)
        before = table.X.copy(deep=True)
        first = self._proba(trainer, table.X)
        backwards = self._proba(trainer, table.X.iloc[::-1].reset_index(drop=True))
        assert self._proba(trainer, table.X).tobytes() == first.tobytes()
        _assert_close(backwards[::-1], first)
        assert table.X.equals(before)

    def test_training_does_not_touch_its_input(self) -> None:
        """X, y and the weights are left as they were."""
        table = with_gaps(make_table())
        before = (table.X.copy(deep=True), table.y.copy(deep=True), table.weight.copy(deep=True))
        self._trained(table)
        assert table.X.equals(before[0])
        assert table.y.equals(before[1])
        assert table.weight.equals(before[2])

    # ---- probabilities for any input --------------------------------------------------------------------------------

    def test_missing_values_are_survived(self) -> None:
        """In training and in scoring, also a column without any value; imputed first unless the trainer accepts them."""
        gaps = with_gaps(make_table())
        trainer = self._trained(gaps)
        medians = medians_of(gaps.X)
        for frame in (gaps.X, gaps.X.iloc[:3] * np.float32(np.nan)):
            self._proba(trainer, frame if trainer.accepts_missing else fill_missing(frame, medians))

    def test_constant_columns_are_survived(self) -> None:
        """Columns of one value (0, huge, tiny) in training, of other values in scoring."""
        table = with_constants(make_table())
        trainer = self._trained(table)
        self._proba(trainer, table.X)
        self._proba(trainer, table.X.assign(zero=np.float32(5), huge=np.float32(-1e30)))

    def test_values_far_outside_are_survived(self) -> None:
        """Values in scoring may be 10⁹ or 10³⁰ times those in training."""
        table = make_table()
        trainer = self._trained(table)
        for factor in (1e9, -1e9, 1e-9, 1e30):
            self._proba(trainer, table.X * np.float32(factor))

    def test_wide_and_tiny_tables_are_survived(self) -> None:
        """More columns than rows, six rows, one column."""
        for n, d in ((30, 120), (6, 2), (40, 1)):
            table = make_table(n, d)
            self._proba(self._trained(table), table.X)

    def test_a_batch_of_one(self) -> None:
        """A row has the same prediction alone as among others."""
        table = make_table()
        trainer = self._trained(table)
        together = self._proba(trainer, table.X)[:5]
        alone = np.concatenate([self._proba(trainer, table.X.iloc[[row]].reset_index(drop=True)) for row in range(5)])
        _assert_close(alone, together)

    # ---- saved and loaded -------------------------------------------------------------------------------------------

    def test_options_build_the_same_trainer(self) -> None:
        """Also after a round trip through JSON."""
        trainer = self.make(seed=3)
        options = json.loads(json.dumps(trainer.options(), allow_nan=False))
        assert json.loads(json.dumps(type(trainer)(**options).options())) == options

    def test_a_new_process_predicts_the_same_to_the_last_bit(self, tmp_path: Path) -> None:
        """From the saved file and the options alone."""
        table = make_table()
        trainer = self._trained(table)
        kind, model, frame = type(trainer), tmp_path / f"saved{trainer.suffix}", tmp_path / "frame.parquet"
        trainer.save(str(model))
        table.X.to_parquet(frame)
        arguments = [kind.__module__, inspect.getfile(kind), kind.__qualname__, json.dumps(trainer.options()), model, frame]
        done = subprocess.run(
            [sys.executable, "-c", NEW_PROCESS, *map(str, arguments)],
            capture_output=True, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        assert done.stdout == self._proba(trainer, table.X).tobytes()

    def test_what_is_saved_is_no_pickle(self, tmp_path: Path) -> None:
        """Loading a pickle can run any code."""
        file = tmp_path / "saved"
        self._trained(make_table()).save(str(file))
        raw = file.read_bytes()
        assert raw, "save wrote nothing"
        assert not raw.startswith(b"\x80"), "save wrote a pickle"
        assert b"data.pkl" not in raw[:65_536], "save wrote a zip with a pickle in it"

    def test_columns_in_another_order_are_refused(self, tmp_path: Path) -> None:
        """By the artifact, which knows the names: a trainer predicts with its own columns in their order, or not at all."""
        table = make_table()
        trainer = self._trained(table)
        loaded = artifact.load(artifact.save(tmp_path, trainer, described(trainer, table))[0], type(trainer))
        assert loaded.predict(table.X).tobytes() == self._proba(trainer, table.X).tobytes()
        for frame in (table.X[table.X.columns[::-1]], table.X.iloc[:, 1:], table.X.assign(more=1.0)):
            try:
                loaded.predict(frame)
            except ArtifactError:
                continue
            raise AssertionError(f"columns {list(frame.columns)} were scored as if they were {list(table.X.columns)}")

    def test_it_knows_how_many_columns_it_takes_or_says_nothing(self) -> None:
        """`n_features` is the number of columns, or None; a model that does not match its model.json is refused."""
        assert self._trained(make_table(d=5)).n_features in {None, 5}

    def test_the_search_space_names_parameters_it_takes(self) -> None:
        """Each with a type and bounds that `trainer tune` can search."""
        kind = type(self.make())
        for name, space in kind.search_space.items():
            values = space["choices"] if space["type"] == "categorical" else [space["low"], space["high"]]
            assert space["type"] == "categorical" or (space["type"] in {"int", "float"} and values[0] < values[1])
            for value in values:
                build(kind, {name: value})

    # ---- helpers ----------------------------------------------------------------------------------------------------

    def _trained(self, table: Table, trainer: ModelTrainer | None = None) -> ModelTrainer:
        trainer = self.make() if trainer is None else trainer
        X = table.X if trainer.accepts_missing else fill_missing(table.X, medians_of(table.X))
        trainer.train(X, table.y, table.weight, **self._groups(trainer, table))
        return trainer

    def _groups(self, trainer: ModelTrainer, table: Table) -> dict[str, Any]:
        return {"groups": table.groups} if trainer.accepts_groups else {}

    def _proba(self, trainer: ModelTrainer, X: pd.DataFrame) -> np.ndarray:
        """Return the prediction float64 (n,), after checking that it holds probabilities."""
        proba = np.asarray(trainer.predict(X))
        assert proba.shape == (len(X),), f"predict returned the shape {proba.shape} for {len(X)} rows"
        assert np.isfinite(proba).all(), "predict returned NaN or infinity"
        assert ((proba >= 0) & (proba <= 1)).all(), "predict returned values that are not probabilities"
        return proba.astype(np.float64)


def _assert_close(proba: np.ndarray, expected: np.ndarray) -> None:
    assert np.allclose(proba, expected, rtol=0, atol=1e-5), f"they differ by up to {np.abs(proba - expected).max():.2g}"


def described(trainer: ModelTrainer, table: Table) -> dict[str, Any]:
    """Return the metadata that `artifact.save` needs for a trainer trained on a table."""
    columns = [Feature(name, name) for name in table.X.columns]
    medians = None if trainer.accepts_missing else medians_of(table.X).tolist()
    return {
        "model_id": "contract-1", "model": name_of(type(trainer)), "model_type": "alert_scorer",
        "features": features_meta(columns), "medians": medians, "label_strategy": "none", "network": "none",
        "window_days": 1, "start_date": date(2025, 8, 1), "end_date": date(2025, 8, 1), "created_at": datetime.now(UTC),
        "seed": 0, "split": "none", "n_train": len(table.y), "n_test": 0, "n_positive": int((table.y >= 0.5).sum()),
        "graded_on": "nothing", "metrics": {}, "data_fingerprint": "none",
    }  # fmt: skip
