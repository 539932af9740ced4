"""`predict` writes the same scores to the bit however the snapshot is divided, and all of them or none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.warehouse import DATES, WINDOW, House
from trainer import LightGBMTrainer, ModelTraining, NeuralNetTrainer, TrainingResult, XGBoostTrainer, connect, predict
from trainer.data import Selection, matrix, read_scoring
from trainer.errors import NotBuiltError
from trainer.evaluation import ranks
from trainer.model_types import get_model_type
from trainer.models import LogisticTrainer, ModelTrainer
from trainer.registry import artifact
from trainer.training import scoring

LAST = ("simnet", DATES[1], WINDOW)
FEW: dict[str, Any] = {"n_estimators": 10}
TRAINERS: dict[str, ModelTrainer] = {
    "xgboost": XGBoostTrainer(FEW),
    "lightgbm": LightGBMTrainer(FEW),
    "neural_net": NeuralNetTrainer(epochs=2, width=64),
    "logistic": LogisticTrainer(),
}


@pytest.fixture(scope="module")
def trained(house: House) -> dict[str, TrainingResult]:
    """An alert scorer of each trainer, and an alert ranker."""
    with connect() as client:
        models = {
            name: ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=one) for name, one in TRAINERS.items()
        }
        models["ranker"] = ModelTraining("simnet", *DATES, client, "alert_ranker", WINDOW, model_trainer=LightGBMTrainer(FEW))
        return {name: one.run() for name, one in models.items()}


@pytest.fixture(params=[(512, 700), (1024, 1)], ids=str)
def in_blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many rows are scored at once, and so many written."""
    monkeypatch.setattr(matrix, "BLOCK_ROWS", request.param[0])
    monkeypatch.setattr(scoring, "INSERT_ROWS", request.param[1])


def written(client: Any, model: TrainingResult, value: str = "score") -> dict[str, float]:
    table = get_model_type(model.model_type).written_table
    query = f"SELECT alert_id, {value} FROM {table} WHERE model_id = {{m:String}}"
    return dict(client.query(query, parameters={"m": model.model_id}).result_rows)


def side_tables(client: Any) -> list[str]:
    return [name for (name,) in client.query("SELECT name FROM system.tables WHERE name LIKE '%\\_\\_loading\\_%'").result_rows]


@pytest.mark.parametrize("name", TRAINERS)
def test_scores_are_those_of_the_whole_matrix(
    name: str, trained: dict[str, TrainingResult], client: Any, in_blocks: None
) -> None:
    loaded = artifact.load(Path(trained[name].artifact))
    data = read_scoring(client, "alert_scorer", Selection("simnet", DATES[1], DATES[1], WINDOW), loaded.features)
    expected = loaded.predict(data.frame())
    result = predict(client, *LAST, trained[name].model_id)
    found = written(client, trained[name])
    assert found == dict(zip(data.keys["alert_id"].to_pylist(), expected.tolist(), strict=True))
    assert (result.rows, result.score_mean) == (2000, float(expected.mean()))


def test_ranks_are_those_of_the_whole_matrix(trained: dict[str, TrainingResult], client: Any, in_blocks: None) -> None:
    model = trained["ranker"]
    loaded = artifact.load(Path(model.artifact))
    data = read_scoring(client, "alert_ranker", Selection("simnet", DATES[1], DATES[1], WINDOW), loaded.features)
    ids = data.keys["alert_id"].to_numpy()
    predict(client, *LAST, model.model_id)
    assert written(client, model, "rank") == dict(zip(ids, ranks(loaded.predict(data.frame()), ids).tolist(), strict=True))


def test_reasons_come_with_the_same_scores(trained: dict[str, TrainingResult], client: Any, in_blocks: None) -> None:
    predict(client, *LAST, trained["lightgbm"].model_id)
    plain = written(client, trained["lightgbm"])
    predict(client, *LAST, trained["lightgbm"].model_id, explain=True, top=30)
    assert written(client, trained["lightgbm"]) == plain
    texts = written(client, trained["lightgbm"], "explain_json")
    highest = sorted(plain, key=lambda one: -plain[one])
    assert sum(bool(text) for text in texts.values()) == 30 and texts[highest[0]] and not texts[highest[-1]]


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "BLOCK_ROWS", 512)
    monkeypatch.setattr(scoring, "INSERT_ROWS", 1)


def test_a_run_that_fails_half_way_leaves_the_scores_of_the_last(
    trained: dict[str, TrainingResult], client: Any, short_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, works, calls = trained["lightgbm"], LightGBMTrainer.predict, []

    def fails_at_the_third(self: LightGBMTrainer, X: Any) -> np.ndarray:
        calls.append(len(X))
        if len(calls) == 3:
            raise MemoryError("out of luck")
        return works(self, X)

    predict(client, *LAST, model.model_id)
    before = written(client, model)
    monkeypatch.setattr(LightGBMTrainer, "predict", fails_at_the_third)
    with pytest.raises(MemoryError, match="out of luck"):
        predict(client, *LAST, model.model_id)
    assert calls == [512] * 3 and written(client, model) == before and side_tables(client) == []


def test_a_build_meanwhile_is_refused_before_anything_is_written(
    trained: dict[str, TrainingResult], client: Any, short_blocks: None
) -> None:
    model = trained["xgboost"]
    predict(client, *LAST, model.model_id)
    before = client.query(
        "SELECT max(created_at) FROM alert_scores WHERE model_id = {m:String}", {"m": model.model_id}
    ).result_rows
    marks = "INSERT INTO build_marks (node, event, build, invocation_id) SELECT 'model.x', {event:String}, max(build) + 1, '' FROM build_marks"

    def build(what: str, done: int, total: int) -> None:
        if what == "scoring" and done == total:  # the last block: the stream has ended
            for event in ("started", "finished"):
                client.command(marks, parameters={"event": event})

    try:
        with pytest.raises(NotBuiltError):
            predict(client, *LAST, model.model_id, progress=build)
    finally:
        client.command("DELETE FROM build_marks WHERE node = 'model.x'")
    after = client.query(
        "SELECT max(created_at) FROM alert_scores WHERE model_id = {m:String}", {"m": model.model_id}
    ).result_rows
    assert after == before
