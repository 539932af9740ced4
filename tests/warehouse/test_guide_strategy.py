"""A label strategy written as the miner's guide shows, with nothing but its import lines changed, goes all the way."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.warehouse import DATES, ROOT, WINDOW, Called, House
from trainer import ModelTraining, connect
from trainer.data.labelling import read_labelled
from trainer.data.selection import Selection
from trainer.warehouse.schema import RAW_DERIVED_VOTES

GUIDE = ROOT.parent / "shared" / "guide" / "miner_customization_guide.md"
FILE = "# packages/training/strategies/custom_label_strategy.py"
THEIRS = "from packages.training.strategies import LabelStrategy, AddressLabelStrategy"
OURS = "from trainer import LabelStrategy, AddressLabelStrategy"
SIMNET = Selection("simnet", *DATES, WINDOW)
OWN_LIST = Path("path/to/proprietary_labels.csv")

# As the guide's class in everything that meets the trainer: a base strategy, suffixes, a merge by address, a quantile.
WRITTEN_LIKE_IT = """
import pandas as pd
from loguru import logger
from trainer import AddressLabelStrategy, LabelStrategy


class CustomLabelStrategy(LabelStrategy):
    def __init__(self):
        self.base = AddressLabelStrategy()

    def derive_labels(self, alerts_df, data):
        logger.info("Deriving labels")
        own = pd.read_csv("path/to/proprietary_labels.csv")[["address", "label", "confidence"]]
        both = self.base.derive_labels(alerts_df, data).merge(own, on="address", how="left", suffixes=("_sot", "_prop"))
        both["label"] = both["label_prop"].fillna(both["label_sot"])
        both["label_confidence"] = both["confidence"].fillna(both["label_confidence"])
        columns = data["features"][["address", "total_volume_usd", "is_new_address"]]
        both = both.merge(columns, on="address", how="left")
        is_large = both["total_volume_usd"] > both["total_volume_usd"].quantile(0.9)
        suspicious = (both["is_new_address"] == True) & is_large & both["label"].isna()
        both.loc[suspicious, ["label", "label_source"]] = [1, "heuristic"]
        return both

    def validate_labels(self, alerts_df):
        return self.base.validate_labels(alerts_df)

    def get_label_weights(self, alerts_df):
        return alerts_df["label_confidence"].fillna(1.0)
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
def module(request: pytest.FixtureRequest, house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module with the class, in the working directory, where its own list of labels is, too."""
    source = WRITTEN_LIKE_IT if request.param == "written_like_it" else guides_own()
    name = f"labels_{request.param}"
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    truth = pd.read_parquet(house.simnet.truth, columns=["address"]).sort_values("address")["address"]
    own = pd.DataFrame({"address": truth.iloc[::7], "confidence": 0.25}).assign(label=lambda frame: np.arange(len(frame)) % 2)
    OWN_LIST.parent.mkdir(parents=True)
    own.to_csv(OWN_LIST, index=False)
    return name


def expected() -> pd.DataFrame:
    """Return label and weight of every alert, worked out apart from any strategy: one's own list, gold, then the heuristic."""
    gold = (
        "SELECT processing_date, address, label, label_confidence AS gold_confidence FROM fct_address_labels "
        "WHERE network = 'simnet' AND strategy = 'address_labels'"
    )
    features = (
        "SELECT processing_date, address, total_volume_usd AS volume, is_new_address AS is_new FROM fct_address_features "
        "WHERE network = 'simnet'"
    )
    alerts = "SELECT processing_date, alert_id, address FROM scoring_alerts WHERE network = 'simnet'"
    with connect() as client:
        rows = client.query_df(alerts)
        for other in (gold, features):
            rows = rows.merge(client.query_df(other), on=["processing_date", "address"], how="left")
    rows = rows.merge(pd.read_csv(OWN_LIST), on="address", how="left", suffixes=("", "_own"))
    rows["y"] = rows["label_own"].fillna(rows["label"])
    rows["weight"] = rows["confidence"].fillna(rows["gold_confidence"]).fillna(1.0)
    threshold = rows.groupby("processing_date")["volume"].transform(lambda volume: volume.quantile(0.9))
    rows.loc[rows["y"].isna() & (rows["is_new"] == 1) & (rows["volume"] > threshold), "y"] = 1
    return rows[rows["y"].notna()].sort_values(["processing_date", "alert_id"]).reset_index(drop=True)


@pytest.mark.timeout(180)
def test_its_labels_are_exactly_y_and_its_weights_exactly_the_sample_weights(module: str) -> None:
    wanted = expected()
    strategy: Any = importlib.import_module(module).CustomLabelStrategy()
    with connect() as client:
        found = read_labelled(client, "alert_scorer", SIMNET, strategy)
        result = ModelTraining("simnet", *DATES, client, window_days=WINDOW, label_strategy=strategy).run()
    assert found.keys["alert_id"].to_pylist() == wanted["alert_id"].tolist()
    assert found.y.tolist() == wanted["y"].tolist()
    assert found.weight.tolist() == wanted["weight"].astype(np.float32).tolist()
    assert {0.25, 1.0} < set(found.weight.tolist()), "the test has no use without labels of each kind"
    assert (result.n_train, result.n_positive) == (len(wanted), int(wanted["y"].sum()))
    assert result.label_strategy == f"{module}:CustomLabelStrategy" and result.metrics["auc"]["value"] > 0


@pytest.mark.timeout(240)
def test_it_trains_and_votes_from_the_command_line(module: str, call: Callable[..., Called]) -> None:
    wanted = expected()
    fitted = call("fit", "--label-strategy", f"{module}:CustomLabelStrategy", "--network", "simnet", "--json")
    assert fitted.code == 0, fitted.err
    result = json.loads(fitted.out)
    assert (result["n_train"], result["n_positive"]) == (len(wanted), int(wanted["y"].sum()))
    derived = call("labels", "derive", "--strategy", f"{module}:CustomLabelStrategy", "--network", "simnet", "--json")
    assert derived.code == 0, derived.err
    counts = json.loads(derived.out)
    by_address = wanted.groupby(["processing_date", "address"])["y"].max()
    assert (counts["labelled"], counts["votes"], counts["risky"]) == (len(wanted), len(by_address), int(by_address.sum()))
    with connect() as client:
        client.command(f"TRUNCATE TABLE {RAW_DERIVED_VOTES.name}")
