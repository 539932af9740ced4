"""From the built warehouse to scores: honest, repeatable, and touching nobody else's rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.trainers import GuideTrainer
from tests.support.warehouse import DATES, ROOT, TORUS, WINDOW, Called, House, content, counts, label_file
from trainer import AddressLabelStrategy, LabelStrategy, ModelTraining, TrainingResult, XGBoostTrainer, connect, predict
from trainer.data import FeatureChoice
from trainer.data.dataset import read_scoring
from trainer.data.selection import Selection
from trainer.errors import BadInputError, NotEnoughLabelsError, UsageError
from trainer.keys import SnapshotKey
from trainer.labels.add import add_labels
from trainer.models import name_of
from trainer.registry import artifact, get_model, latest_model
from trainer.warehouse.publish import drop_partition
from trainer.warehouse.schema import RAW_ADDRESS_LABELS

SIMNET = Selection("simnet", *DATES, WINDOW)
COINS = Selection("coins", DATES[0], DATES[0], WINDOW)
Call = Callable[..., Called]


def train(client: Any, network: str = "simnet", **options: Any) -> TrainingResult:
    dates = DATES if network == "simnet" else DATES[:1] * 2
    return ModelTraining(network, *dates, client, window_days=WINDOW, **options).run()


def scores(client: Any, model_id: str) -> dict[str, float]:
    rows = client.query(
        "SELECT alert_id, score FROM alert_scores WHERE model_id = {m:String}", parameters={"m": model_id}
    ).result_rows
    assert len(rows) == len(dict(rows))
    return dict(rows)


# ---- honesty --------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(400)
def test_coin_flips_teach_nothing_and_the_truth_does(house: House) -> None:
    """Runs in one go, because the labels of `coins` are replaced on the way."""
    quick = XGBoostTrainer(preset="guide")  # 100 trees: it is the grade that is tested, not the model
    with connect() as client:
        tossed = train(client, "coins", model_trainer=quick)
        before = {table: content(client, table, "coins", "") for table in ("scoring_alerts", "scoring_addresses")}
    assert tossed.split == "grouped" and tossed.n_labelled_addresses > 2000
    assert 0.45 <= tossed.metrics["auc"]["value"] <= 0.55
    truth = pd.read_parquet(house.coins.truth, columns=["address", "is_illicit"]).sort_values("address")
    file = label_file(house.folder.parent / "true.csv", "coins", truth["address"].tolist(), truth["is_illicit"].to_numpy())
    with connect() as client:
        drop_partition(client, RAW_ADDRESS_LABELS, SnapshotKey("coins", DATES[0], WINDOW))
        assert add_labels(client, file).added == len(truth)
    run_dbt(["run", "--select", "+training_alerts", "+scoring_alerts", "+scoring_addresses", "+fct_address_labels"])
    with connect() as client:
        honest = train(client, "coins", model_trainer=quick)
        after = {table: content(client, table, "coins", "") for table in before}
        labels = content(client, "fct_address_labels", "coins", "")
        drop_partition(client, RAW_ADDRESS_LABELS, SnapshotKey("coins", DATES[0], WINDOW))
        shuffled = file.with_name("shuffled.csv")
        pd.read_csv(file).sample(frac=1, random_state=5).to_csv(shuffled, index=False)
        add_labels(client, shuffled)
    assert 0.80 <= honest.metrics["auc"]["value"] <= 0.97
    assert after == before, "a feature depends on the labels"
    run_dbt(["run", "--select", "+fct_address_labels"])
    with connect() as client:
        assert content(client, "fct_address_labels", "coins", "") == labels


def test_the_split_of_two_dates_runs_forward(fitted: TrainingResult) -> None:
    assert fitted.split == "forward"
    auc = fitted.metrics["auc"]
    assert auc["low"] <= auc["value"] <= auc["high"]
    assert 0.5 < auc["value"] < 0.97


def test_no_label_column_is_a_feature(client: Any, fitted: TrainingResult) -> None:
    names = {feature.column for feature in artifact.load(Path(fitted.artifact)).features}
    assert not [name for name in names if "label" in name or "risk_level" in name]


# ---- repeatable -----------------------------------------------------------------------------------------------------


def test_one_seed_one_model(client: Any, fitted: TrainingResult) -> None:
    again = train(client)
    assert again.as_dict()["metrics"] == fitted.as_dict()["metrics"]
    assert again.model_id != fitted.model_id
    for model in (fitted, again):
        predict(client, "simnet", DATES[1], WINDOW, model.model_id)
    assert scores(client, again.model_id) == scores(client, fitted.model_id)


def test_a_new_process_gives_the_same_scores_to_the_last_bit(house: House, fitted: TrainingResult) -> None:
    with connect() as client:
        here = artifact.load(Path(fitted.artifact))
        expected = here.predict(read_scoring(client, "alert_scorer", SIMNET, here.features).frame())
    program = (
        "import sys; from pathlib import Path; from datetime import date; from trainer import connect; from trainer.registry import artifact;"
        "from trainer.data.dataset import read_scoring; from trainer.data.selection import Selection;"
        "loaded = artifact.load(Path(sys.argv[1])); client = connect();"
        "data = read_scoring(client, 'alert_scorer', Selection('simnet', date(2025, 8, 1), date(2025, 9, 1), 90), loaded.features);"
        "sys.stdout.buffer.write(loaded.predict(data.frame()).tobytes()); client.close()"
    )
    done = subprocess.run([sys.executable, "-c", program, fitted.artifact], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout == expected.tobytes()


def test_predicting_again_leaves_one_row_an_alert_and_other_rows_alone(client: Any, fitted: TrainingResult) -> None:
    other = train(client, model_trainer=XGBoostTrainer({"n_estimators": 3}))
    for model in (fitted, other):
        for day in DATES:
            predict(client, "simnet", day, WINDOW, model.model_id)
    query = "SELECT model_id, processing_date, count(), uniqExact(alert_id), max(created_at) FROM alert_scores WHERE model_id IN ({a:String}, {b:String}) GROUP BY ALL"
    parameters = {"a": fitted.model_id, "b": other.model_id}
    before = {row[:2]: row[2:] for row in client.query(query, parameters=parameters).result_rows}
    again = predict(client, "simnet", DATES[1], WINDOW, fitted.model_id)
    after = {row[:2]: row[2:] for row in client.query(query, parameters=parameters).result_rows}
    assert {key: value[:2] for key, value in after.items()} == dict.fromkeys(before, (2000, 2000)) and len(before) == 4
    assert [key for key in after if after[key] != before[key]] == [(fitted.model_id, DATES[1])]
    assert again.rows == 2000 and 0 <= again.score_min <= again.score_mean <= again.score_max <= 1


def test_predicting_leaves_other_networks_and_windows_alone(client: Any, fitted: TrainingResult) -> None:
    predict(client, "simnet", DATES[1], WINDOW, fitted.model_id)
    own = f"SELECT * FROM alert_scores FINAL WHERE model_id = {{id:String}} AND network = 'simnet' AND window_days = {WINDOW}"
    for change in ("'elsewhere' AS network", f"toUInt16({WINDOW + 1}) AS window_days"):
        query = f"INSERT INTO alert_scores SELECT * REPLACE ({change}) FROM ({own})"
        client.command(query, parameters={"id": fitted.model_id})
    others = (
        "SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM alert_scores "
        f"WHERE model_id = {{id:String}} AND (network = 'elsewhere' OR window_days = {WINDOW + 1})"
    )
    before = client.query(others, parameters={"id": fitted.model_id}).result_rows
    assert before[0][0] > 0
    assert predict(client, "simnet", DATES[1], WINDOW, fitted.model_id).rows == 2000
    assert client.query(others, parameters={"id": fitted.model_id}).result_rows == before


def test_an_unlabelled_alert_is_scored_and_never_trained_on(client: Any, house: House) -> None:
    query = (
        "SELECT countIf(alert_id NOT IN (SELECT alert_id FROM training_alerts WHERE network = 'simnet' "
        "AND label_strategy = 'address_labels')), count() FROM scoring_alerts "
        "WHERE network = 'simnet' AND (processing_date, address) NOT IN "
        "(SELECT processing_date, address FROM fct_address_labels WHERE network = 'simnet' AND strategy = 'address_labels')"
    )
    absent, unlabelled = client.query(query).result_rows[0]
    assert absent == unlabelled > 1000
    assert client.query("SELECT count() FROM training_alerts WHERE label IS NULL OR label NOT IN (0, 1)").result_rows == [(0,)]


# ---- the user's own -------------------------------------------------------------------------------------------------


class LargeAlerts(LabelStrategy):
    """Combines the base strategy with a rule of its own, as the guide's example does."""

    def __init__(self) -> None:
        self.base_strategy = AddressLabelStrategy()

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        alerts_df = self.base_strategy.derive_labels(alerts_df, data)
        merged = alerts_df.merge(data["features"][["address", "total_volume_usd", "is_new_address"]], on="address", how="left")
        threshold = merged["total_volume_usd"].quantile(0.9)
        mask = (merged["total_volume_usd"] > threshold) & merged["label"].isna()
        merged.loc[mask, "label"] = 1
        merged.loc[mask, "label_source"] = "heuristic"
        return merged

    def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
        return self.base_strategy.validate_labels(alerts_df)

    def get_label_weights(self, alerts_df: pd.DataFrame) -> pd.Series:
        return alerts_df["label_confidence"].fillna(1.0)


class Constant(LabelStrategy):
    """Labels the first rows of each date alike."""

    def __init__(self, rows: int, label: int = 1) -> None:
        self.rows, self.label = rows, label

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        return alerts_df.head(self.rows).assign(label=self.label)


def test_a_strategy_and_a_trainer_after_the_guide_run_end_to_end(client: Any, fitted: TrainingResult) -> None:
    result = train(client, label_strategy=LargeAlerts(), model_trainer=GuideTrainer(rate=1e-6))
    assert result.model == name_of(GuideTrainer) and result.label_strategy.endswith(":LargeAlerts")
    assert result.n_train > fitted.n_train
    scored = predict(client, "simnet", DATES[1], WINDOW, result.model_id, model_trainer=GuideTrainer)
    assert scored.rows == 2000
    registered = client.query(
        "SELECT model_name, label_strategy FROM trained_models FINAL WHERE model_id = {m:String}",
        parameters={"m": result.model_id},
    ).result_rows
    assert registered == [(result.model, result.label_strategy)]


@pytest.mark.parametrize(
    ("strategy", "reason"),
    [
        (Constant(5000), "both classes; there are 4000 labelled rows"),
        (Constant(12), "both classes; there are 24 labelled rows"),
        (Constant(0), "refused"),
    ],
)
def test_too_little_to_train_on_is_refused_with_the_counts(
    client: Any, house: House, strategy: LabelStrategy, reason: str
) -> None:
    with pytest.raises(NotEnoughLabelsError, match=reason):
        train(client, label_strategy=strategy)


def test_a_floor_that_is_not_reached_is_named_with_the_counts(client: Any, fitted: TrainingResult) -> None:
    with pytest.raises(
        NotEnoughLabelsError,
        match=rf"at least 100000 labelled and 10 positive.*{fitted.n_train} labelled.*{fitted.n_positive} positive",
    ):
        train(client, min_labelled=100_000)
    with pytest.raises(NotEnoughLabelsError, match=r"at least 50 labelled and 90000 positive"):
        train(client, min_positive=90_000)


def test_an_unknown_strategy_lists_the_known(client: Any, house: House) -> None:
    with pytest.raises(UsageError, match="'nope'.*address_labels, .*sot_only"):
        train(client, label_strategy="nope")


def test_before_dbt_has_run_it_is_the_warehouse_that_is_not_built(own_call: Callable[..., Called]) -> None:
    assert own_call("init").code == 0
    for command, reason in (
        (("fit",), "There is no table scoring_alerts in the warehouse; run `dbt run` first."),
        (("tune",), "There is no table scoring_alerts"),
        (("predict",), "There is no table scoring_addresses"),
        (("labels", "report"), "run `dbt run` first"),
    ):
        done = own_call(*command)
        assert (done.code, done.out) == (4, "") and reason in done.err, done.err


def guide_labels(**changes: Any) -> pd.DataFrame:
    columns = {
        "processing_date": ["2025-08-01"] * 3, "window_days": [195] * 3, "network": ["guidenet"] * 3, "address": ["0xabc", "0xdef", "0x123"],
        "label": ["scam_address", "mixer", "exchange"], "risk_level": ["high", "critical", "low"], "confidence_score": [0.95, 0.9, 0.85],
        "source": "miner_custom_intelligence",
    }  # fmt: skip
    return pd.DataFrame(columns | changes)


@pytest.mark.parametrize("day", ["2025-08-01", date(2025, 8, 1), pd.Timestamp("2025-08-01"), "2025-08-01T00:00:00", 20250801])
def test_the_guides_insert_accepts_dates_of_any_type(client: Any, day: Any) -> None:
    drop_partition(client, RAW_ADDRESS_LABELS, SnapshotKey("guidenet", date(2025, 8, 1), 195))
    client.insert_df("raw_address_labels", guide_labels(processing_date=[day] * 3))
    rows = client.query(
        "SELECT processing_date, count(), sum(confidence_score) FROM raw_address_labels WHERE network = 'guidenet' GROUP BY ALL"
    ).result_rows
    assert [(row[0], row[1], round(row[2], 2)) for row in rows] == [(date(2025, 8, 1), 3, 2.7)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"processing_date": ["yesterday"] * 3}, "processing_date needs dates such as"),
        ({"processing_date": [20301] * 3}, "processing_date needs dates such as"),
        ({"colour": ["red"] * 3}, "no column colour"),
    ],
)
def test_an_insert_that_cannot_work_gives_the_reason(client: Any, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        client.insert_df("raw_address_labels", guide_labels(**changes))
    with pytest.raises(BadInputError, match="no table"):
        client.insert_df("no_such_table", guide_labels())


# ---- real data ------------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.skipif(not TORUS.is_dir(), reason="the torus snapshot is not beside the repository")
@pytest.mark.timeout(400)
def test_the_real_torus_snapshot_goes_all_the_way(house: House, call: Call, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    day, window = date(2025, 11, 20), 300
    key = ("--network", "torus", "--model-type", "address_scorer", "--json")
    with connect() as client:
        found = counts(client, "torus")
        assert (found["address_labels"], found["raw_features"], found["raw_alerts"]) == (131, 1974, 0)
        transfers = "SELECT sum(tx_count) FROM raw_money_flows FINAL WHERE network = 'torus' AND window_days = {window:UInt16}"
        assert client.query(transfers, parameters={"window": window}).result_rows == [(4144,)]
        choice = FeatureChoice(accepted=("community_id",))  # a code, which is none of the features by default
        data = read_scoring(client, "address_scorer", Selection("torus", day, day, window), choice=choice)
    reachable = {name.removeprefix("extra__") for name in data.feature_names}
    renamed = {
        "is_hub": "is_hub_address", "data_quality_score": "quality_score", "first_activity_timestamp": "first_activity_age_days",
        "last_activity_timestamp": "last_activity_age_days",
    }  # fmt: skip
    schema = pq.read_schema(next(TORUS.glob("output/**/features.parquet")))
    numeric = [
        field.name
        for field in schema
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_boolean(field.type)
    ]
    assert [name for name in numeric if renamed.get(name, name) not in reachable and name != "window_days"] == []
    assert len(data.X) == 1974

    refused = call("fit", *key)
    assert refused.code == 5, refused.err
    assert "labelled rows" in refused.err and "positive" in refused.err

    truth = pd.read_parquet(next(TORUS.glob("input/**/ground_truth.parquet")))
    benign = truth["role"].str.contains("victim|user|counterparty|target|destination")
    listed = label_file(tmp_path / "torus.csv", "torus", truth["address"].tolist(), ~benign.to_numpy())
    frame = pd.read_csv(listed).assign(processing_date=str(day), window_days=window)
    frame.to_csv(listed, index=False)
    added = call("labels", "add", listed, "--json")
    assert added.code == 0, added.err
    assert json.loads(added.out)["added"] == 1357
    run_dbt(["build"])
    trained = call("fit", *key)
    assert trained.code == 0, trained.err
    result = json.loads(trained.out)
    assert result["split"] == "grouped" and result["n_labelled_addresses"] == result["n_train"] >= 1300
    scored = call("predict", "--network", "torus", "--model-id", result["model_id"], "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["rows"] == 1974 and json.loads(scored.out)["table"] == "address_scores"


def test_the_newest_model_is_the_last_one_whatever_the_clock_says(
    house: House, fitted: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect() as client:
        names = [name for (name,) in client.query("SELECT name FROM system.columns WHERE table = 'trained_models'").result_rows]
        changed = {"model_id": "'a day back'", "number": "1000", "created_at": "created_at - INTERVAL 1 DAY"}
        selected = ", ".join(changed.get(name, name) for name in dict.fromkeys(names))
        client.command(
            f"INSERT INTO trained_models ({', '.join(dict.fromkeys(names))}) SELECT {selected} FROM trained_models FINAL "
            "WHERE model_id = {model:String}",
            parameters={"model": fitted.model_id},
        )
        try:
            assert latest_model(client, "simnet", WINDOW).model_id == "a day back"
        finally:
            client.command("DELETE FROM trained_models WHERE model_id = 'a day back'")


def test_a_project_that_was_moved_still_has_its_models(
    house: House, fitted: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(house.folder.parent / "artifacts", tmp_path / "artifacts")
    with connect() as client:
        query = "SELECT model_path FROM trained_models FINAL WHERE model_id = {model:String}"
        stored = client.query(query, parameters={"model": fitted.model_id}).result_rows[0][0]
        assert stored == fitted.model_id
        monkeypatch.setenv("TRAINER_ARTIFACTS", str(tmp_path / "artifacts"))
        assert get_model(client, fitted.model_id)["model_path"] == str(tmp_path / "artifacts" / fitted.model_id)
