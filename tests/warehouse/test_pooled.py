"""One model of two networks: what it is trained on, how it is evaluated on each, and how it scores a third."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.pages import ReadPage
from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import ModelTraining, TrainingResult, connect, predict
from trainer.data import Selection, gold_labels, read_scoring, read_training, resolve_selection
from trainer.data.feature import Feature
from trainer.data.withheld import withheld_features
from trainer.errors import BadInputError, NotEnoughLabelsError, UsageError
from trainer.model_types import CODE_OF_EXPORT
from trainer.registry import artifact, get_model, latest_model, read_out_of_fold
from trainer.reports import model_page, report
from trainer.training import last_snapshot, score_snapshot

Call = Callable[..., Called]
POOL = ["minenet", "simnet"]
NAME = "minenet+simnet"


@pytest.fixture(scope="module")
def pooled(house: House) -> TrainingResult:
    with connect() as opened:
        return ModelTraining(POOL[::-1], *DATES, opened, window_days=WINDOW, alert_budget=20).run()


def test_the_rows_of_both_networks_are_read(client: Any, house: House) -> None:
    selection = resolve_selection(client, "alert_scorer", POOL, None, None, WINDOW)
    assert selection == Selection(NAME, *DATES, WINDOW)
    data = read_training(client, "alert_scorer", selection, "address_labels")
    alone = {name: read_training(client, "alert_scorer", Selection(name, *DATES, WINDOW), "address_labels") for name in POOL}
    assert len(data.y) == sum(len(one.y) for one in alone.values())
    gold = gold_labels(client, data, selection)
    for name, one in alone.items():
        of = data.networks == name
        assert data.keys["alert_id"].filter(of).to_pylist() == one.keys["alert_id"].to_pylist()
        assert np.array_equal(data.y[of], one.y) and np.array_equal(gold[of], one.y)
        assert data.facts is not None and one.facts is not None
        assert data.facts.filter(of).to_pylist() == one.facts.to_pylist()
        shared = [feature for feature in data.features if feature in one.features]
        assert len(shared) > 100
        columns, others = ([d.features.index(feature) for feature in shared] for d in (data, one))
        assert np.array_equal(data.X[of][:, columns], one.X[:, others], equal_nan=True)
    assert data.fingerprint() not in {one.fingerprint() for one in alone.values()}


def test_a_pooled_model_is_evaluated_on_each_network(client: Any, pooled: TrainingResult) -> None:
    assert pooled.network == NAME and list(pooled.by_network) == POOL
    assert sum(one["n_train"] for one in pooled.by_network.values()) == pooled.n_train
    assert sum(one["n_test"] for one in pooled.by_network.values()) == pooled.n_test
    for one in pooled.by_network.values():
        for metrics in (one["metrics"], one["left_out"]["metrics"]):
            assert 0.5 < metrics["auc"]["low"] <= metrics["auc"]["value"] <= metrics["auc"]["high"] <= 1
        assert one["left_out"]["n_test"] == one["n_test"] and one["left_out"]["n_train"] < pooled.n_train - one["n_train"] + 1
    meta = artifact.load(Path(pooled.artifact)).meta
    assert meta.networks == POOL and {name: one.model_dump(mode="json") for name, one in meta.by_network.items()} == (
        pooled.by_network
    )
    registered = get_model(client, pooled.model_id)
    assert registered["networks"] == POOL and registered["by_network"] == pooled.by_network
    kept = read_out_of_fold(Path(pooled.artifact), meta)
    assert kept is not None and set(kept["network"].to_pylist()) == set(POOL)


def test_what_a_pooled_model_scores(client: Any, pooled: TrainingResult, fitted: TrainingResult) -> None:
    """`latest` of a network with a model of its own is that one; of a pooled one without, the pooled; else there is none."""
    ModelTraining("simnet", *DATES, client, window_days=WINDOW).run()
    assert latest_model(client, "simnet", WINDOW, "alert_scorer").model["network"] == "simnet"
    seen = predict(client, "minenet", DATES[-1], WINDOW, pooled.model_id)
    assert not seen.is_unseen_network and seen.expected == {}
    unseen = predict(client, "coins", DATES[0], WINDOW, pooled.model_id)
    assert unseen.is_unseen_network and unseen.trained_networks == POOL and unseen.rows > 1000
    assert unseen.expected == {name: one["left_out"] for name, one in pooled.by_network.items()}
    with pytest.raises(UsageError, match="one network"):
        predict(client, NAME, DATES[-1], WINDOW, pooled.model_id)


def test_a_threshold_is_of_all_networks_together(client: Any, pooled: TrainingResult) -> None:
    loaded = artifact.load(Path(pooled.artifact))
    snapshot = last_snapshot(client, loaded.meta)
    assert snapshot == Selection(NAME, DATES[1], DATES[1], WINDOW)
    scored = score_snapshot(client, Path(pooled.artifact), loaded, snapshot)
    assert pooled.threshold is not None and 0 < pooled.threshold["alerts_per_day"] <= 20
    assert scored.per_day(pooled.threshold["threshold"]) == pytest.approx(pooled.threshold["alerts_per_day"])
    kept = read_out_of_fold(Path(pooled.artifact), loaded.meta)
    assert kept is not None and loaded.meta.calibration is not None
    raw = {
        (row["network"], row["id"]): row["raw"]
        for row in kept.to_pylist()
        if row["processing_date"] == DATES[1] and row["fold"] > 0
    }
    keys = list(zip(scored.data.networks, scored.data.keys["alert_id"].to_pylist(), strict=True))
    trained = [row for row, key in enumerate(keys) if key in raw]
    assert len(trained) == len(raw)
    expected = loaded.meta.calibration.apply(np.array([raw[keys[row]] for row in trained]))
    assert scored.scores[trained] == pytest.approx(expected)


def test_the_report_has_a_row_for_each_network(client: Any, pooled: TrainingResult) -> None:
    found = report(client, pooled.model_id)
    assert found.model["by_network"] == pooled.by_network
    assert {one["alert_id"] for one in found.top_alerts} <= set(
        read_scoring(client, "alert_scorer", Selection(NAME, DATES[1], DATES[1], WINDOW), []).keys["alert_id"].to_pylist()
    )
    assert [one["score"] for one in found.top_alerts] == sorted((one["score"] for one in found.top_alerts), reverse=True)
    table = ReadPage(model_page(found)).tables["by-network"]
    for (name, one), cells in zip(pooled.by_network.items(), table[1:], strict=True):
        assert cells[0] == name and cells[1] == f"{one['n_train']:,}"
        assert cells[-1].startswith(f"{one['left_out']['metrics']['auc']['value']:.3f} [")


def test_the_command_line_pools(call: Call, pooled: TrainingResult) -> None:
    done = call("fit", "--network", "simnet", "--network", "minenet", "--no-left-out", "--model", "logistic", "--json")
    found = json.loads(done.out)
    assert done.code == 0 and found["network"] == NAME and found["n_train"] == pooled.n_train
    assert [one["left_out"] for one in found["by_network"].values()] == [None, None]
    balanced = call("fit", "--network", NAME, "--no-left-out", "--model", "logistic", "--balance-networks", "--json")
    other = json.loads(balanced.out)
    assert other["n_train"] == pooled.n_train and other["metrics"]["auc"]["value"] != found["metrics"]["auc"]["value"]
    shown = json.loads(call("models", "show", found["model_id"], "--json").out)
    assert shown["by_network"] == found["by_network"]
    scored = call("predict", "--model-id", pooled.model_id, "--network", "coins", "--json")
    assert json.loads(scored.out)["is_unseen_network"] and "coins" in scored.err


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("fit", "--network", "simnet", "--network", "nowhere"), 3, "nowhere"),
        (("fit", "--network", "simnet", "--network", "minenet", "--window-days", "7"), 3, "window of 7 days"),
        (("fit", "--network", "simnet", "--all-networks"), 2, "--all-networks"),
        (("predict", "--network", "simnet", "--network", "minenet"), 2, "minenet, simnet"),
        (("explain", "--network", "simnet", "--network", "minenet"), 2, "minenet, simnet"),
    ],
)
def test_what_cannot_be_pooled_is_refused(call: Call, house: House, arguments: tuple[str, ...], code: int, named: str) -> None:
    done = call(*arguments)
    assert done.code == code and named in done.err and done.out == ""


def test_a_network_without_labels_is_refused(client: Any, house: House) -> None:
    with pytest.raises(NotEnoughLabelsError, match="No row of coins"):
        ModelTraining(["coins", "simnet"], *DATES, client, window_days=WINDOW, label_strategy="sot_only").run()
    with pytest.raises(BadInputError, match="nowhere"):
        resolve_selection(client, "alert_scorer", ["simnet", "nowhere"], None, None, None)


def test_a_code_is_no_feature_unless_it_is_named(client: Any, house: House, fitted: TrainingResult) -> None:
    selection = Selection("simnet", *DATES, WINDOW)
    assert fitted.withheld_features == {"community_id": CODE_OF_EXPORT}
    assert "community_id" not in read_training(client, "alert_scorer", selection, "address_labels").feature_names
    for opted in ({"features": ["degree_*", "community_id"]}, {"features": ["degree_*"], "accept_columns": ["community_id"]}):
        result = ModelTraining("simnet", *DATES, client, window_days=WINDOW, **opted).run()
        names = [feature.name for feature in artifact.load(Path(result.artifact)).features]
        assert ("community_id" in names) == ("features" in opted and "community_id" in opted["features"])
    every = ModelTraining("simnet", *DATES, client, window_days=WINDOW, accept_columns=["community_id"]).run()
    assert every.n_features == fitted.n_features + 1 and every.withheld_features == {}
    assert predict(client, "simnet", DATES[-1], WINDOW, every.model_id).rows == 2000


def test_what_only_one_network_has_is_withheld(client: Any) -> None:
    client.command(
        "CREATE TABLE pooled_values (network String, processing_date Date, window_days UInt16, everywhere Float32, "
        "lone Float32, extra_features Map(String, Float32), alert_tags Array(String)) ENGINE = Memory"
    )
    try:
        client.command(
            "INSERT INTO pooled_values VALUES "
            "('a', '2025-08-01', 90, 1, 2, {'both': 0, 'mine': 1, 'case_id': 3}, ['x', 'y']), "
            "('a', '2025-08-01', 90, nan, nan, {}, []), "
            "('b', '2025-08-01', 90, 3, nan, {'both': 5, 'case_id': 4}, ['x'])"
        )
        features = [
            Feature("everywhere", "everywhere"),
            Feature("lone", "lone"),
            *(Feature(f"extra__{key}", "extra_features", key) for key in ("both", "mine", "case_id")),
            *(Feature(f"alert_tag__{tag}", "alert_tags", tag, is_set=True) for tag in "xy"),
        ]
        of_both = withheld_features(client, "pooled_values", Selection("a+b", *DATES, WINDOW), features)
        assert set(of_both) == {"lone", "extra__mine", "alert_tag__y", "extra__case_id"}
        assert of_both["lone"].startswith("of a only")
        assert set(withheld_features(client, "pooled_values", Selection("a", *DATES, WINDOW), features)) == {"extra__case_id"}
    finally:
        client.command("DROP TABLE pooled_values")
