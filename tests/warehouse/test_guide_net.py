"""A network written as the miner's guide shows, with nothing but its import lines changed, goes all the way."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.warehouse import DATES, ROOT, WINDOW, Called, House
from trainer import connect
from trainer.data.dataset import read_scoring
from trainer.data.selection import Selection
from trainer.models import fit_trainer
from trainer.registry import artifact, list_models

GUIDE = ROOT.parent / "shared" / "guide" / "miner_customization_guide.md"
FILE = "# packages/training/strategies/neural_net_trainer.py"
THEIRS, OURS = "from packages.training.strategies import ModelTrainer", "from trainer import ModelTrainer"

# What the guide leaves to its reader: it says that loading needs to know the architecture, and the weights say it.
RELOADABLE = """

class Reloadable(NeuralNetTrainer):
    def load(self, path):
        weights = torch.load(path, weights_only=True)
        self.model = self._build_network(weights["0.weight"].shape[1])
        self.model.load_state_dict(weights)
"""

# As the guide's class in everything that meets the trainer: torch, loguru, arguments, `X.values`, its own `save` by torch.
WRITTEN_LIKE_IT = """
import numpy as np
import torch
from loguru import logger
from torch import nn
from trainer import ModelTrainer


class NeuralNetTrainer(ModelTrainer):
    def __init__(self, hidden_layers: list = None, learning_rate: float = 0.001, epochs: int = 50, batch_size: int = 32):
        self.hidden_layers = hidden_layers or [128, 64, 32]
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.model = None
        self.device = torch.device("cpu")

    def _build_network(self, input_dim):
        sizes = [input_dim, *self.hidden_layers]
        layers = [part for pair in zip(sizes, sizes[1:]) for part in (nn.Linear(*pair), nn.ReLU(), nn.BatchNorm1d(pair[1]))]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], 1), nn.Sigmoid())

    def train(self, X, y, sample_weights=None):
        logger.info(f"Training on {len(X)} samples")
        self.model = self._build_network(X.shape[1])
        values, target = torch.FloatTensor(X.values), torch.FloatTensor(y.values).unsqueeze(1)
        weights = torch.FloatTensor(sample_weights.values).unsqueeze(1)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)
        for _ in range(self.epochs):
            for rows in torch.randperm(len(X)).split(self.batch_size):
                if len(rows) > 1:
                    optimizer.zero_grad()
                    loss = nn.functional.binary_cross_entropy(self.model(values[rows]), target[rows], weights[rows])
                    loss.backward()
                    optimizer.step()
        logger.success("Training completed")
        return self.model

    def predict(self, X):
        self.model.eval()
        with torch.no_grad():
            return self.model(torch.FloatTensor(X.values)).numpy().flatten()

    def save(self, path):
        torch.save(self.model.state_dict(), path)

    def load(self, path):
        raise NotImplementedError("Load requires model architecture info")
"""


def guides_own() -> str:
    """Return the guide's file, its one import line of the template changed."""
    block = next(part for part in GUIDE.read_text(encoding="utf-8").split("```python\n") if part.startswith(FILE))
    source = block.partition("\n```")[0]
    assert source.count(THEIRS) == 1
    return source.replace(THEIRS, OURS)


@pytest.fixture(
    params=[
        "written_like_it",
        pytest.param(
            "guides_own",
            marks=[pytest.mark.shared, pytest.mark.skipif(not GUIDE.is_file(), reason="the guide is not beside the repository")],
        ),
    ]
)
def module(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with the class, in the working directory."""
    source = WRITTEN_LIKE_IT if request.param == "written_like_it" else guides_own()
    name = f"net_{request.param}"
    (tmp_path / f"{name}.py").write_text(source + RELOADABLE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return name


@pytest.mark.timeout(180)
def test_the_guides_network_runs_is_saved_by_its_own_save_and_scores(
    house: House, call: Callable[..., Called], module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("--param", "epochs=2", "--param", "hidden_layers=[16,8]")
    fitted = call("fit", "--model", f"{module}:Reloadable", "--network", "simnet", *few, "--json")
    assert fitted.code == 0, fitted.err
    result = json.loads(fitted.out)
    assert result["model"] == f"{module}:Reloadable" and 0 <= result["metrics"]["auc"]["value"] <= 1
    monkeypatch.syspath_prepend(str(Path.cwd()))
    kind = importlib.import_module(module).Reloadable
    loaded = artifact.load(Path(result["artifact"]), kind)
    assert loaded.trainer.options() == {"hidden_layers": [16, 8], "learning_rate": 0.001, "epochs": 2, "batch_size": 32}
    scored = call("predict", "--model", f"{module}:Reloadable", "--model-id", result["model_id"], "--network", "simnet", "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["rows"] == 2000
    with connect() as client:
        data = read_scoring(client, "alert_scorer", Selection("simnet", *DATES, WINDOW), loaded.features)
        written = client.query(
            "SELECT count(), countIf(score BETWEEN 0 AND 1), uniqExact(score) FROM alert_scores WHERE model_id = {m:String}",
            parameters={"m": result["model_id"]},
        ).result_rows[0]
    assert written[:2] == (2000, 2000) and written[2] > 100
    assert np.isfinite(loaded.predict(data.frame())).all()


@pytest.mark.timeout(180)
def test_the_class_as_it_stands_cannot_be_loaded_again_so_that_it_is_not_registered(
    house: House, call: Callable[..., Called], module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import torch

    monkeypatch.setenv("TRAINER_ARTIFACTS", str(tmp_path / "artifacts"))
    with connect() as client:
        before = [one["model_id"] for one in list_models(client)]
    refused = call("fit", "--model", f"{module}:NeuralNetTrainer", "--network", "simnet", "--param", "epochs=1")
    assert refused.code == 6 and "NeuralNetTrainer.load raised NotImplementedError" in refused.err
    assert "Load requires model architecture info" in refused.err
    with connect() as client:
        assert [one["model_id"] for one in list_models(client)] == before
    assert list((tmp_path / "artifacts").iterdir()) == []
    monkeypatch.syspath_prepend(str(Path.cwd()))
    kind: Any = importlib.import_module(module).NeuralNetTrainer
    frame, y = table_with_gaps()
    trained, medians = fit_trainer(kind(hidden_layers=[8], epochs=1), frame, y, np.ones(len(y), np.float32))
    trained.save(str(tmp_path / "own.model"))
    assert set(torch.load(tmp_path / "own.model", weights_only=True)) >= {"0.weight", "0.bias"}
    again = importlib.import_module(module).Reloadable(hidden_layers=[8])
    again.load(str(tmp_path / "own.model"))
    expected = artifact.checked_predict(trained, frame, medians)
    assert artifact.checked_predict(again, frame, medians).tobytes() == expected.tobytes()


def table_with_gaps() -> tuple[Any, np.ndarray]:
    """96 rows with gaps, of which the first column tells the label."""
    import pandas as pd

    rng = np.random.default_rng(0)
    values = rng.normal(size=(96, 3)).astype(np.float32)
    y = (values[:, 0] > 0.5).astype(np.float32)
    values[rng.random(96) < 0.2, 1] = np.nan
    return pd.DataFrame(values, columns=["a", "b", "c"]), y
