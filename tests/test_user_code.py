"""An exception in a user's own code becomes one sentence naming the class, the method, the rows and the cause."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.trainers import GuideTrainer
from trainer import cli, settings
from trainer.data.dataset import Dataset
from trainer.errors import BadInputError, UserCodeError, user_code
from trainer.evaluation import make_split
from trainer.labels.formats import LabelFormat, detect
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.models.fitting import checked_predict, fit_trainer
from trainer.snapshots import reader
from trainer.snapshots.shapes import OCTOBER_2025
from trainer.training.unseen import out_of_fold


class Broken(GuideTrainer):
    """Raises what it is given, in the method it is given."""

    def __init__(self, method: str = "train", error: Exception | None = None) -> None:
        super().__init__()
        self.method, self.error = method, error or RuntimeError("two\n  lines.")

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        if self.method == "train":
            raise self.error
        return super().train(X, y, sample_weights)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        if self.method == "predict":
            raise self.error
        return super().predict(X)


def test_the_sentence_names_class_method_rows_and_message(table: Dataset) -> None:
    with pytest.raises(UserCodeError) as raised:
        fit_trainer(Broken(), table.frame(), table.y, table.weight)
    assert str(raised.value) == (
        f"{Broken.__module__}:Broken.train raised RuntimeError on 200 rows: two lines; the fault is in that code, not in trainer "
        "(--debug or TRAINER_DEBUG=1 shows the traceback)."
    )
    assert raised.value.exit_code == 2
    assert isinstance(raised.value.__cause__, RuntimeError)


@pytest.mark.parametrize("method", ["train", "predict"])
def test_a_fold_is_named(table: Dataset, method: str) -> None:
    split = make_split(table.y, table.groups, table.dates)
    train, test = split.folds[0]
    rows = len(train) if method == "train" else len(test)
    with pytest.raises(UserCodeError, match=rf"Broken.{method} raised RuntimeError on fold 1 of 5 \({rows} rows\)"):
        out_of_fold(Broken(method), table, split)


def test_what_cannot_be_made_numbers_is_the_trainers_fault(table: Dataset) -> None:
    class Words(GuideTrainer):
        def predict(self, X: pd.DataFrame) -> np.ndarray:
            return np.array(["risky"] * len(X))

    trained, medians = fit_trainer(Words(), table.frame(), table.y, table.weight)
    with pytest.raises(UserCodeError, match="Words.predict raised ValueError on 200 rows"):
        checked_predict(trained, table.frame(), medians)


def test_a_trainer_that_cannot_be_copied_is_named(table: Dataset) -> None:
    trainer = GuideTrainer()
    trainer.stream = (value for value in [1])  # type: ignore[attr-defined]
    with pytest.raises(UserCodeError, match="GuideTrainer.__deepcopy__ raised TypeError.*generator"):
        fit_trainer(trainer, table.frame(), table.y, table.weight)


def test_batch_norm_on_a_last_batch_of_one_row_says_what_to_change(table: Dataset) -> None:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    class GuidesNet(GuideTrainer):
        """The training loop of the guide, whose DataLoader keeps a last batch of one row."""

        def __init__(self, batch_size: int = 32) -> None:
            super().__init__()
            self.batch_size = batch_size

        def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
            layers = [torch.nn.Linear(X.shape[1], 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1), torch.nn.Sigmoid()]
            network = torch.nn.Sequential(*layers)
            rows = TensorDataset(torch.FloatTensor(X.to_numpy(copy=True)), torch.FloatTensor(y.values))
            for values, target in DataLoader(rows, batch_size=self.batch_size, shuffle=True):
                torch.nn.functional.binary_cross_entropy(network(values).flatten(), target).backward()
            return super().train(X, y, sample_weights)

    rows = (table.frame().iloc[:161], table.y[:161], table.weight[:161])
    with pytest.raises(UserCodeError) as raised:
        fit_trainer(GuidesNet(), *rows, part="fold 2 of 5")
    said = str(raised.value)
    for part in ("GuidesNet.train raised ValueError on fold 2 of 5 (161 rows)", "not in trainer", "a batch of one row",
                 "change the batch size", "drop_last=True"):  # fmt: skip
        assert part in said
    fitted, _ = fit_trainer(GuidesNet(batch_size=50), *rows)
    assert isinstance(fitted, GuidesNet) and fitted.weights, "another batch size trains"


def test_an_error_of_the_package_itself_stays_a_bug(table: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any, **options: Any) -> Any:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(XGBoostTrainer, "train", fail)
    with pytest.raises(ZeroDivisionError):
        fit_trainer(XGBoostTrainer(), table.frame(), table.y, table.weight)


def test_an_expected_error_from_users_code_passes_unchanged(table: Dataset) -> None:
    with pytest.raises(BadInputError, match="^The file of my own is missing; restore it.$"):
        fit_trainer(
            Broken(error=BadInputError("The file of my own is missing; restore it.")), table.frame(), table.y, table.weight
        )


def test_an_interrupt_passes_unchanged() -> None:
    with pytest.raises(KeyboardInterrupt), user_code(Broken(), "train"):
        raise KeyboardInterrupt


# ---- readers and shapes ---------------------------------------------------------------------------------------------


def read(path: Path) -> pd.DataFrame:
    raise KeyError("no such column")


def recognises(path: Path, head: bytes) -> bool:
    return bool(head[10_000])


def yes(path: Path, head: bytes) -> bool:
    return True


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (LabelFormat("own", yes, read), "read raised KeyError on .*labels.own: 'no such column'"),
        (LabelFormat("own", recognises, read), "recognises raised IndexError on .*labels.own: index out of range"),
    ],
)
def test_a_label_reader_that_raises_is_named(
    one: LabelFormat, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detect, "formats", lambda: {"own": one})
    path = tmp_path / "labels.own"
    path.write_text("x")
    with pytest.raises(UserCodeError, match=reason):
        detect.read_labels(path)


def test_a_snapshot_shape_that_raises_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(type(OCTOBER_2025)):  # type: ignore[misc]
        def matches(self, stems: set[str]) -> bool:
            raise ValueError("an odd folder")

    own = Own(**{name: getattr(OCTOBER_2025, name) for name in OCTOBER_2025.__dataclass_fields__})
    monkeypatch.setattr(reader, "shapes", lambda: [own])
    with pytest.raises(UserCodeError, match=rf"Own.matches raised ValueError on {tmp_path}: an odd folder"):
        reader.shape_of(tmp_path)


# ---- on the command line --------------------------------------------------------------------------------------------

MODULE = """
from trainer import LabelStrategy, ModelTrainer
{body}
"""


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        ("1 / 0", ("--model", "own:Net"), "own:Net cannot be imported: ZeroDivisionError: division by zero"),
        ("def f(:", ("--model", "own:Net"), "own:Net cannot be imported: SyntaxError"),
        (
            "class Net(ModelTrainer):\n    train = predict = save = load = None\n    def __init__(self):\n        {}['size']",
            ("--model", "own:Net"),
            "own:Net.__init__ raised KeyError on these parameters: 'size'; the fault is in that code",
        ),
        (
            "class Own(LabelStrategy):\n    derive_labels = None\n    def __init__(self):\n        open('/nowhere/list.csv')",
            ("--label-strategy", "own:Own"),
            "own:Own.__init__ raised FileNotFoundError",
        ),
    ],
)
def test_a_class_that_cannot_be_made_is_one_sentence_and_exit_code_two(
    body: str, options: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    (tmp_path / "own.py").write_text(MODULE.format(body=body) if "{}" not in body else MODULE.replace("{body}", body))
    command = [sys.executable, "-m", "trainer", "fit", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith(f"trainer: {reason}") and done.stderr.count("\n") == 1
    shown = subprocess.run([*command[:3], "--debug", *command[3:]], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert shown.returncode == 2 and "Traceback" in shown.stderr and 'own.py", line' in shown.stderr
    assert shown.stderr.splitlines()[-1] == done.stderr.strip()


@pytest.mark.parametrize(("value", "is_shown"), [("1", True), ("0", False), ("", False)])
def test_the_environment_shows_tracebacks_too(
    value: str, is_shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        with user_code(Broken(), "train", "3 rows"):
            raise RuntimeError("odd")

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setenv("TRAINER_DEBUG", value)
    with pytest.raises(SystemExit) as raised:
        cli.main()
    assert raised.value.code == 2 and settings.is_debugging() is is_shown
    said = capsys.readouterr().err
    assert ("Traceback" in said) is is_shown and "Broken.train raised RuntimeError on 3 rows: odd" in said.splitlines()[-1]
