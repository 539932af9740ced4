"""Clusters scored and alerts ranked: what is trained on, what is held out, and what is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.trainers import GuideTrainer
from tests.support.warehouse import DATES, WINDOW, Called, content
from trainer import LabelStrategy, ModelTraining, TrainingResult, connect, predict
from trainer.data.dataset import read_scoring, read_training
from trainer.data.selection import Selection
from trainer.errors import UsageError
from trainer.evaluation.splits import make_split
from trainer.model_types import MODEL_TYPES, ModelType
from trainer.models.rankers import LightGBMRanker, XGBoostRanker
from trainer.registry import artifact
from trainer.simulate import SimulationSummary
from trainer.warehouse import TABLES

Call = Callable[..., Called]
MINENET = Selection("minenet", *DATES, WINDOW)
CLUSTERS = {"model_type": "cluster_scorer", "window_days": WINDOW, "min_labelled": 30, "min_positive": 5}


def train(client: Any, **options: Any) -> TrainingResult:
    return ModelTraining("minenet", *DATES, client, **({"window_days": WINDOW} | options)).run()


# ---- clusters -------------------------------------------------------------------------------------------------------


def test_a_clusters_label_follows_from_its_addresses(client: Any, minenet: SimulationSummary) -> None:
    data = read_training(client, "cluster_scorer", MINENET, "address_labels")
    labels = client.query_df(
        "SELECT processing_date, address, label FROM fct_address_labels WHERE network = 'minenet' AND strategy = 'address_labels'"
    )
    known = dict(
        zip(zip(labels["processing_date"].astype(str).str[:10], labels["address"], strict=True), labels["label"], strict=True)
    )
    rows = zip(data.dates.astype(str), data.keys["member_addresses"].to_pylist(), data.y, data.weight, strict=True)
    for day, members, label, weight in rows:
        found = [known[day, one] for one in members if (day, one) in known]
        assert found and label == max(found)
        assert weight == pytest.approx(1 if label else len(found) / len(members))
    assert (
        set(data.y) == {0, 1}
        and len(data.y) < client.query("SELECT count() FROM scoring_clusters WHERE network = 'minenet'").first_row[0]
    )
    assert not [feature for feature in data.features if "member_addresses" in feature.column]


def test_no_cluster_and_no_address_is_on_both_sides(client: Any, minenet: SimulationSummary) -> None:
    data = read_training(client, "cluster_scorer", MINENET, "address_labels")
    ids, members = (np.array(data.keys[name].to_pylist(), dtype=object) for name in ("cluster_id", "member_addresses"))
    for split in (
        make_split(data.y, data.groups, data.dates),
        make_split(data.y, data.groups, np.repeat(data.dates[:1], len(data.y))),
    ):
        for trained, tested in split:
            assert not set(ids[trained]) & set(ids[tested])
            assert not {one for row in members[trained] for one in row} & {one for row in members[tested] for one in row}
    assert len(np.unique(data.groups)) < len(data.y), "a cluster of both dates is one group"


@pytest.mark.timeout(300)
def test_clusters_are_scored_and_relabelling_changes_no_feature(call: Call, minenet: SimulationSummary) -> None:
    options = ("--network", "minenet", "--model-type", "cluster_scorer", "--json")
    done = call("fit", *options, "--min-labelled", 30, "--min-positive", 5)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["model_type"] == "cluster_scorer" and result["metrics"]["auc"]["value"] > 0.6
    assert result["n_labelled_addresses"] > result["n_train"] > result["n_positive"] > 0
    for _ in range(2):
        scored = json.loads(call("predict", *options).out)
    with connect() as client:
        count = client.query(
            "SELECT count() FROM scoring_clusters WHERE network = 'minenet' AND processing_date = '2025-09-01'"
        ).first_row[0]
        rows = client.query(
            "SELECT count(), uniqExact(cluster_id), min(score) >= 0, max(score) <= 1 FROM cluster_scores WHERE model_id = {m:String}",
            parameters={"m": result["model_id"]},
        ).first_row
        before = content(client, "scoring_clusters", "minenet", "")
    assert scored["table"] == "cluster_scores" and tuple(rows) == (count, count, 1, 1)
    run_dbt(["run", "--select", "+training_clusters", "+scoring_clusters"])
    with connect() as client:
        assert content(client, "scoring_clusters", "minenet", "") == before, "a second run changed a feature"


class LargeClusters(LabelStrategy):
    """Calls a cluster of many addresses risky."""

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        size = alerts_df["member_addresses"].map(len)
        return alerts_df.assign(label=(size > size.median()).astype(int))


def test_a_strategy_of_ones_own_labels_clusters_and_gold_grades_it(client: Any, minenet: SimulationSummary) -> None:
    result = train(client, **CLUSTERS, label_strategy=LargeClusters())
    every = client.query("SELECT count() FROM scoring_clusters WHERE network = 'minenet'").first_row[0]
    assert result.n_train == every > result.n_test > 0 and result.graded_on == "gold labels of unseen addresses"


# ---- rankings -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ranked(minenet: SimulationSummary) -> TrainingResult:
    with connect() as client:
        return train(client, model_type="alert_ranker")


def rankings(client: Any, model_id: str) -> dict[str, int]:
    query = "SELECT alert_id, rank FROM alert_rankings WHERE model_id = {m:String}"
    rows = client.query(query, parameters={"m": model_id}).result_rows
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_a_ranker_learns_an_order_and_is_graded_as_one(ranked: TrainingResult) -> None:
    assert list(ranked.metrics) == ["auc", "average_precision", "ndcg_at_10", "ndcg_at_50", "ndcg_at_100", "ndcg"]
    assert all(one["low"] <= one["value"] <= one["high"] for one in ranked.metrics.values())
    assert ranked.metrics["auc"]["value"] > 0.7 and ranked.model == "xgboost" and ranked.split == "forward"
    loaded = artifact.load(Path(ranked.artifact))
    assert isinstance(loaded.trainer, XGBoostRanker)
    assert json.loads(loaded.trainer.model.save_config())["learner"]["objective"]["name"] == "rank:ndcg"


def test_ranking_again_leaves_one_row_an_alert_and_the_same_ranks(client: Any, ranked: TrainingResult) -> None:
    predict(client, "minenet", DATES[1], WINDOW, ranked.model_id)
    once = rankings(client, ranked.model_id)
    result = predict(client, "minenet", DATES[1], WINDOW, ranked.model_id)
    assert result.table == "alert_rankings" and result.rows == 1200
    assert rankings(client, ranked.model_id) == once and sorted(once.values()) == list(range(1, 1201))
    data = read_scoring(
        client, "alert_ranker", Selection("minenet", DATES[1], DATES[1], WINDOW), artifact.load(Path(ranked.artifact)).features
    )
    score = artifact.load(Path(ranked.artifact)).predict(data.frame())
    ids = data.keys["alert_id"].to_pylist()
    assert [once[ids[i]] for i in sorted(range(len(ids)), key=lambda i: (-score[i], ids[i]))] == list(range(1, 1201))


def test_one_seed_one_order(client: Any, ranked: TrainingResult) -> None:
    assert train(client, model_type="alert_ranker").as_dict()["metrics"] == ranked.as_dict()["metrics"]


def test_lightgbm_ranks_too(client: Any, minenet: SimulationSummary) -> None:
    result = train(client, model_type="alert_ranker", model_trainer=LightGBMRanker())
    assert result.model == "lightgbm" and result.metrics["auc"]["low"] > 0.5
    assert predict(client, "minenet", DATES[1], WINDOW, result.model_id).rows == 1200
    assert isinstance(artifact.load(Path(result.artifact)).trainer, LightGBMRanker)


def test_the_command_line_ranks_and_refuses_what_cannot(call: Call, client: Any, minenet: SimulationSummary) -> None:
    with pytest.raises(UsageError, match="cannot train an alert_ranker.*lightgbm, xgboost"):
        train(client, model_type="alert_ranker", model_trainer=GuideTrainer())
    client.close()
    done = call(
        "fit", "--network", "minenet", "--model-type", "alert_ranker", "--model", "xgboost", "--param", "n_estimators=5", "--json"
    )
    assert done.code == 0 and json.loads(done.out)["metrics"]["ndcg_at_10"]["value"] >= 0, done.err
    refused = call(
        "fit", "--network", "minenet", "--model-type", "alert_ranker", "--model", "tests.support.trainers:GuideTrainer"
    )
    assert refused.code == 2 and "cannot train an alert_ranker" in refused.err, refused.err
    scored = call("predict", "--network", "minenet", "--model-type", "alert_ranker", "--json")
    assert json.loads(scored.out)["table"] == "alert_rankings"


# ---- a model type of one's own --------------------------------------------------------------------------------------


def test_a_fifth_type_is_one_object_and_the_table_it_writes(
    call: Call, minenet: SimulationSummary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses ranked within a snapshot: trained, evaluated, saved, listed and written like the others."""
    address_ranker = ModelType(
        name="address_ranker",
        grain="address",
        id_column="address",
        held_together_by="address",
        training_table="training_addresses",
        scoring_table="scoring_addresses",
        gold_table="fct_address_labels",
        gold_key="address",
        written_table="address_rankings",
        metrics=("average_precision", "ndcg_at_10"),
        calibrates=False,
        ranked_within="processing_date",
    )
    table = replace(TABLES["alert_rankings"], name="address_rankings", key="address")
    table = replace(table, columns=table.columns.replace("alert_id String", "address String"))
    monkeypatch.setitem(MODEL_TYPES, address_ranker.name, address_ranker)
    monkeypatch.setitem(TABLES, table.name, table)
    options = ("--network", "minenet", "--model-type", "address_ranker", "--json")
    fitted = call("fit", *options, "--param", "n_estimators=5")
    assert fitted.code == 0, fitted.err
    result = json.loads(fitted.out)
    assert result["model_type"] == "address_ranker" and list(result["metrics"]) == ["average_precision", "ndcg_at_10"]
    assert result["calibration"]["reason"] == "the scores of an address_ranker are not probabilities"
    assert isinstance(artifact.load(Path(result["artifact"])).trainer, XGBoostRanker)
    scored = call("predict", *options)
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["table"] == "address_rankings"
    with connect() as client:
        rows = client.query("SELECT address, rank FROM address_rankings ORDER BY rank").result_rows
        every = client.query(
            "SELECT count() FROM scoring_addresses WHERE network = 'minenet' AND processing_date = '2025-09-01'"
        ).first_row[0]
        client.command("DROP TABLE address_rankings")
    assert [rank for _, rank in rows] == list(range(1, every + 1)) and len({address for address, _ in rows}) == every
    refused = call("tune", *options[:-1])
    assert refused.code == 2 and "tune one of: alert_scorer, address_scorer, cluster_scorer" in refused.err
