"""Regression tests: what once went wrong, each in its shortest form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.snapshots import ADDRESSES, loaded, tables, write
from tests.support.trainers import GuideTrainer
from tests.support.warehouse import DATES, WINDOW, Called, House, content
from trainer import LabelStrategy, ModelTraining, TrainingResult, XGBoostTrainer, connect, predict
from trainer.errors import ArtifactError, BadInputError
from trainer.training.fit import GOLD, NO_GOLD

Call = Callable[..., Called]


def test_two_spellings_of_one_address_are_one_row(house: House, call: Call, tmp_path: Path) -> None:
    frames = tables()
    spelled = frames["features"].assign(
        address="0x" + frames["features"]["address"].str[2:].str.replace("0", "A", n=1).str.upper()
    )
    frames["features"] = pd.concat([spelled, spelled.assign(address=spelled["address"].str.lower())])
    done = call("ingest", write(tmp_path, frames, "spelling"))
    assert "6 rows rejected: repeated (address)" in done.err
    assert loaded("spelling")["raw_features"] == 6


def test_a_sum_too_large_for_its_column_is_missing_and_not_negative(house: House, call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "torus" / "2025-08-01" / "90"
    folder.mkdir(parents=True)
    transfers = {"from_address": ["a"] * 3, "to_address": ["b"] * 3, "amount_usd": [9e19] * 3, "amount": [1.0, 2.0, 3.5]}
    pd.DataFrame(transfers | {"block_timestamp": [1] * 3, "asset_symbol": ["X"] * 3}).to_parquet(folder / "transfers.parquet")
    assert call("ingest", folder).code == 0
    with connect() as client:
        query = "SELECT amount_usd_sum, toFloat64(amount_sum), tx_count FROM raw_money_flows WHERE network = 'torus' AND window_days = 90"
        assert client.query(query).result_rows == [(None, 6.5, 3)]


def test_a_meta_file_of_another_snapshot_is_refused(house: House, call: Call, tmp_path: Path) -> None:
    folder = write(tmp_path, tables(), "metanet")
    (folder / "META.json").write_text(json.dumps({"network": "other", "processing_date": "2025-08-01", "window_days": 90}))
    done = call("ingest", folder)
    assert done.code == 3
    assert "its META.json says other" in done.err
    assert loaded("metanet") == {}


def test_an_empty_file_without_the_columns_removes_nothing(house: House, call: Call, tmp_path: Path) -> None:
    assert call("ingest", write(tmp_path / "good", tables(), "emptied")).code == 0
    before = loaded("emptied")
    done = call("ingest", write(tmp_path / "bad", tables() | {"features": pd.DataFrame({"foo": []})}, "emptied"))
    assert done.code == 3
    assert "no column 'address'" in done.err
    assert loaded("emptied") == before


def test_a_folder_of_no_known_shape_is_named_and_not_passed_over(house: House, call: Call, tmp_path: Path) -> None:
    write(tmp_path, tables(), "fine")
    odd = write(tmp_path, tables() | {"patterns": pd.DataFrame({"x": [1]})}, "odd")
    done = call("ingest", tmp_path / "snapshots")
    assert done.code == 3
    assert str(odd) in done.err
    assert loaded("fine") == {}


def test_labels_before_init_leave_a_warehouse_dbt_can_run_in(own_call: Call, tmp_path: Path) -> None:
    row = {"address": ADDRESSES[0], "risk_level": "high", "network": "n", "processing_date": "2025-08-01", "window_days": 90}
    pd.DataFrame([row]).to_csv(tmp_path / "own.csv", index=False)
    assert own_call("labels", "add", tmp_path / "own.csv").code == 0
    run_dbt(["run"])


def test_an_invalid_confidence_abstains(house: House, client: Any) -> None:
    rows = {"processing_date": [DATES[0]] * 3, "window_days": [WINDOW] * 3, "network": ["odd"] * 3, "address": ["x", "y", "z"]}
    frame = pd.DataFrame(rows | {"risk_level": ["high"] * 3, "confidence_score": [5.0, np.nan, 0.5], "source": "me"})
    client.insert_df("raw_address_labels", frame)
    seen = client.query("SELECT address FROM stg_custom_address_labels WHERE network = 'odd'").result_rows
    client.command("DELETE FROM raw_address_labels WHERE network = 'odd'")
    assert seen == [("z",)]


def test_dates_beyond_the_existing_ones_are_cut_to_them(fitted: TrainingResult, client: Any) -> None:
    wide = ModelTraining("simnet", "1900-01-01", "2100-01-01", client, window_days=WINDOW).run()
    assert (wide.n_train, wide.as_dict()["metrics"]) == (fitted.n_train, fitted.as_dict()["metrics"])
    with pytest.raises(BadInputError, match="there are some from 2025-08-01 to 2025-09-01"):
        ModelTraining("simnet", "2024-01-01", "2024-02-01", client, window_days=WINDOW).run()


class LargeVolume(LabelStrategy):
    """Labels by a feature, which any model can then predict."""

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        volumes = alerts_df.merge(data["features"][["address", "total_volume_usd"]], on="address", how="left")["total_volume_usd"]
        return alerts_df.assign(label=(volumes > volumes.median()).astype(int).to_numpy())


def test_a_strategy_is_graded_on_gold_and_not_on_its_own_labels(fitted: TrainingResult, client: Any) -> None:
    result = ModelTraining("simnet", *DATES, client, window_days=WINDOW, label_strategy=LargeVolume()).run()
    assert result.graded_on == GOLD
    assert result.n_train > fitted.n_train > result.n_test
    assert result.metrics["auc"]["value"] < 0.9, "its own labels are as good as known from one feature"


def test_without_gold_there_is_no_number(house: House, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.data.labelling.GOLD_STRATEGY", "none of them")
    result = ModelTraining("simnet", *DATES, client, window_days=WINDOW, label_strategy=LargeVolume()).run()
    assert (result.graded_on, result.metrics, result.n_test) == (NO_GOLD, {}, 0)


class Halved(XGBoostTrainer):
    """XGBoost, but less sure of itself."""

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(super().predict(X)) / 2


def test_a_trainer_is_built_again_with_its_options_and_as_itself(fitted: TrainingResult, client: Any) -> None:
    own = ModelTraining(
        "simnet", *DATES, client, window_days=WINDOW, model_trainer=Halved({"n_estimators": 4}), calibrate=False
    ).run()
    with pytest.raises(ArtifactError, match="no installed plug-in"):
        predict(client, "simnet", DATES[1], WINDOW, own.model_id)
    with pytest.raises(ArtifactError, match="not by"):
        predict(client, "simnet", DATES[1], WINDOW, own.model_id, model_trainer=GuideTrainer)
    assert predict(client, "simnet", DATES[1], WINDOW, own.model_id, model_trainer=Halved).score_max <= 0.5


def test_building_again_gives_every_feature_to_the_last_bit(house: House) -> None:
    def seen() -> dict[str, tuple[int, int]]:
        with connect() as client:
            relations = ("int_features__flows", "int_features__population", "scoring_alerts", "scoring_addresses")
            return {name: content(client, name, "simnet", but="") for name in relations[2:]} | {
                name: tuple(client.query(f"SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM {name}").result_rows[0])
                for name in relations[:2]
            }

    features = ["run", "--select", "+scoring_alerts", "+scoring_addresses"]
    run_dbt(features)  # other tests have loaded more since the house was built
    before = seen()
    run_dbt(features)
    assert seen() == before


def test_an_unknown_network_lists_the_known(house: House, call: Call) -> None:
    done = call("predict", "--network", "nowhere")
    assert done.code == 3
    assert "--network simnet" in done.err
