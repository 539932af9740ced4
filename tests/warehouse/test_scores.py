"""Current scores are shown with what is known of each alert, and scores of what has changed since are not."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, ROOT, WINDOW, Called, House
from trainer import ModelTraining, TrainingResult, connect, predict, scores
from trainer.errors import NotBuiltError
from trainer.models import LightGBMTrainer, SingleFeatureTrainer
from trainer.snapshots.ingest import ingest
from trainer.training import ScoringResult

Call = Callable[..., Called]
LAST = ("simnet", DATES[1], WINDOW)
FEW = {"n_estimators": 20}


@pytest.fixture(scope="module")
def scored(house: House) -> ScoringResult:
    with connect() as client:
        trained = ModelTraining(
            "simnet", *DATES, client, window_days=WINDOW, model_trainer=LightGBMTrainer(FEW), alert_budget=2
        ).run()
        return predict(client, *LAST, trained.model_id)


@pytest.fixture(scope="module")
def of_other_types(house: House) -> dict[str, TrainingResult]:
    """A model of each other type, which has scored the last snapshot."""
    found = {}
    with connect() as client:
        for model_type in ("address_scorer", "cluster_scorer", "alert_ranker"):
            training = ModelTraining("simnet", *DATES, client, model_type, WINDOW, model_trainer=LightGBMTrainer(FEW))
            training.min_labelled, training.min_positive = 10, 2
            found[model_type] = training.run()
            predict(client, *LAST, found[model_type].model_id)
    return found


def rows(client: Any, query: str, **parameters: Any) -> list[Any]:
    return list(client.query(query, parameters=parameters).result_rows)


def test_the_highest_scores_come_first_with_their_alert(client: Any, scored: ScoringResult) -> None:
    frame = scores(client, "simnet", DATES[1], WINDOW, scored.model_id)
    assert len(frame) == scored.rows == 2000
    assert frame["score"].is_monotonic_decreasing and frame["score_rank"].tolist() == list(range(1, 2001))
    assert frame["score_percentile"].iloc[0] == 100
    expected = 100 * frame["score"].rank(method="max") / len(frame)
    assert frame["score_percentile"].to_numpy() == pytest.approx(expected.to_numpy())
    alerts = rows(
        client,
        "SELECT alert_id, address, severity, volume_usd FROM stg_alerts WHERE network = 'simnet' AND processing_date = {d:Date}",
        d=DATES[1],
    )
    known = {alert: (address, severity, volume) for alert, address, severity, volume in alerts}
    found = zip(frame["address"], frame["severity"], frame["volume_usd"], strict=True)
    assert dict(zip(frame["alert_id"], found, strict=True)) == known
    labels = dict(
        rows(
            client,
            "SELECT address, label FROM fct_address_labels WHERE network = 'simnet' AND processing_date = {d:Date} AND strategy = 'address_labels'",
            d=DATES[1],
        )
    )
    assert frame["label"].notna().sum() > 100
    assert all(labels.get(one.address) == (None if pd.isna(one.label) else one.label) for one in frame.itertuples())


def test_the_threshold_kept_with_the_model_marks_alerts(client: Any, scored: ScoringResult) -> None:
    frame = scored_frame(client, scored)
    assert scored.threshold is not None
    assert int(frame["is_above_threshold"].sum()) == scored.n_at_or_above
    assert (frame["is_above_threshold"] == (frame["score"] >= scored.threshold)).all()


def scored_frame(client: Any, scored: ScoringResult, top: int | None = None) -> pd.DataFrame:
    scored.client = client
    return scored.scores(top)


def test_the_result_of_predict_gives_its_scores(client: Any, scored: ScoringResult) -> None:
    frame = scored_frame(client, scored, top=5)
    assert len(frame) == 5 and set(frame["model_id"]) == {scored.model_id}
    assert frame["score"].iloc[0] == pytest.approx(scored.score_max)
    assert "client" not in scored.as_dict()


def test_the_command_writes_a_table_json_csv_and_parquet(scored: ScoringResult, call: Call, tmp_path: Path) -> None:
    chosen = ("scores", "--network", "simnet", "--model-id", scored.model_id)
    table = call(*chosen, "--top", 3)
    assert table.code == 0, table.err
    one = json.loads(call(*chosen, "--top", 3, "--json").out)
    assert [row["score_rank"] for row in one["scores"]] == [1, 2, 3] and one["scored"] == 2000 and one["view"] == "scored_alerts"
    assert all(row["alert_id"] in table.out and row["address"] in table.out for row in one["scores"])
    assert one["scores"][0]["processing_date"] == str(DATES[1])
    csv, parquet = tmp_path / "scores.csv", tmp_path / "scores.parquet"
    assert call(*chosen, "--csv", csv).code == call(*chosen, "--parquet", parquet, "--top", 7).code == 0
    assert len(pd.read_csv(csv)) == 2000 and len(pd.read_parquet(parquet)) == 7
    assert pd.read_csv(csv)["alert_id"].tolist()[:3] == [row["alert_id"] for row in one["scores"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scores.csv", "scores.parquet"]
    assert call(*chosen, "--csv", csv, "--json").code == 2


@pytest.mark.parametrize(
    ("model_type", "id_column", "scoring", "value"),
    [
        ("address_scorer", "address", "scoring_addresses", "score"),
        ("cluster_scorer", "cluster_id", "scoring_clusters", "score"),
        ("alert_ranker", "alert_id", "scoring_alerts", "score_rank"),
    ],
)
def test_other_model_types_have_their_own_rows(
    client: Any, of_other_types: dict[str, TrainingResult], model_type: str, id_column: str, scoring: str, value: str
) -> None:
    frame = scores(client, *LAST, of_other_types[model_type].model_id)
    expected = rows(
        client, f"SELECT {id_column} FROM {scoring} WHERE network = 'simnet' AND processing_date = {{d:Date}}", d=DATES[1]
    )
    assert sorted(frame[id_column]) == sorted(one for (one,) in expected)
    assert frame[value].notna().all() and ("score" in frame) == (model_type != "alert_ranker")
    assert frame["score_rank"].tolist() == list(range(1, len(frame) + 1))
    assert frame["score_percentile"].between(0, 100).all() and frame["label"].notna().any()


def test_the_latest_is_no_baseline_and_predict_takes_the_newest_of_a_class(client: Any, scored: ScoringResult) -> None:
    single = ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=SingleFeatureTrainer()).run()
    with pytest.warns(UserWarning, match=f"{single.model_id} .a baseline"):
        latest = predict(client, *LAST, model_type="alert_scorer")
    assert latest.model_id != single.model_id
    assert predict(client, *LAST, model_trainer=SingleFeatureTrainer).model_id == single.model_id


def test_what_has_not_scored_is_said_with_what_has(client: Any, scored: ScoringResult) -> None:
    with pytest.raises(NotBuiltError, match=rf"{scored.model_id} has not scored .*; run `trainer predict`"):
        scores(client, "simnet", DATES[0], WINDOW, scored.model_id)


@pytest.fixture
def replaced(house: House, tmp_path: Path) -> Iterator[Path]:
    """The last snapshot of simnet without its first ten alerts, and the snapshot as it was again afterwards."""
    original = house.simnet.root / "snapshots" / "simnet" / str(DATES[1]) / str(WINDOW)
    folder = tmp_path / "simnet" / str(DATES[1]) / str(WINDOW)
    shutil.copytree(original, folder, ignore=shutil.ignore_patterns("META.json"))
    pd.read_parquet(folder / "alerts.parquet").iloc[10:].to_parquet(folder / "alerts.parquet")
    yield folder
    with connect() as client:
        ingest(client, original)
        run_dbt(["run"])


@pytest.mark.timeout(300)
def test_scores_of_a_snapshot_that_was_replaced_are_stale_until_it_is_scored_again(
    scored: ScoringResult, house: House, call: Call, replaced: Path
) -> None:
    shown = ("scores", "--network", "simnet", "--model-id", scored.model_id, "--json")
    stale = "SELECT is_stale, count() FROM scored_alerts WHERE model_id = {m:String} AND processing_date = {d:Date} GROUP BY 1"
    parameters = {"m": scored.model_id, "d": DATES[1]}
    with connect() as client:
        run_dbt(["run"])
        predict(client, *LAST, scored.model_id)
        ingest(client, house.simnet.root / "snapshots")  # the same content
        assert rows(client, stale, **parameters) == [(0, 2000)]
        ingest(client, replaced)
        assert rows(client, stale, **parameters) == [(1, 2000)]
    refused = call(*shown)
    assert refused.code == 4 and "the snapshot has changed (2,000 scores)" in refused.err and "trainer predict" in refused.err
    with connect() as client:
        run_dbt(["run"])
        assert rows(client, stale, **parameters) == [(1, 2000)]
        again = predict(client, *LAST, scored.model_id)
        assert rows(client, stale, **parameters) == [(0, again.rows)]
    assert json.loads(call(*shown).out)["scored"] == again.rows < 2000


def test_scores_of_a_model_that_is_gone_are_stale(client: Any, scored: ScoringResult) -> None:
    nine = "SELECT * FROM alert_scores WHERE model_id = {m:String} LIMIT 9"
    client.command(
        f"INSERT INTO alert_scores SELECT * REPLACE ('gone' AS model_id) FROM ({nine})", parameters={"m": scored.model_id}
    )
    try:
        found = rows(client, "SELECT stale_reason, count() FROM scored_alerts WHERE model_id = 'gone' GROUP BY 1")
        assert found == [("the model is gone", 9)]
    finally:
        client.command("DELETE FROM alert_scores WHERE model_id = 'gone'")


def test_the_examples_of_the_documentation_run(client: Any, scored: ScoringResult) -> None:
    text = (ROOT / "docs" / "scores.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 3
    predict(client, *LAST, scored.model_id)  # another test may have replaced the snapshot
    for query in examples:
        assert client.query(query.replace("torus", "simnet")).result_rows, query


def test_models_are_listed_with_intervals_in_order(
    scored: ScoringResult, of_other_types: dict[str, TrainingResult], call: Call
) -> None:
    found = call("models", "list", "--network", "simnet", "--sort", "auc", "--json")
    models = json.loads(found.out)["models"]
    aucs = [one["metrics"]["auc"]["value"] for one in models if "auc" in one["metrics"]]
    assert len(aucs) > 1 and aucs == sorted(aucs, reverse=True)
    table = call("models", "list", "--network", "simnet")
    assert all(one["model_id"] in table.out for one in models)
    auc = next(one for one in models if one["model_id"] == scored.model_id)["metrics"]["auc"]
    assert f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]" in table.out
    assert call("models", "list", "--sort", "colour").code == 2


def test_models_show_takes_latest_where_there_is_no_choice(scored: ScoringResult, call: Call) -> None:
    shown = json.loads(
        call(
            "models", "show", "latest", "--network", "simnet", "--window-days", WINDOW, "--model-type", "alert_scorer", "--json"
        ).out
    )
    with connect() as client:
        assert shown["model_id"] in {one for (one,) in rows(client, "SELECT model_id FROM trained_models")}
    assert io.StringIO(call("models", "show", scored.model_id).out).readline() == f"model_id: {scored.model_id}\n"
