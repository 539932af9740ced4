"""`trainer compare` on a built warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import compare, connect
from trainer.data.dataset import read_scoring, read_training
from trainer.data.labelling import labels_of
from trainer.data.selection import Selection
from trainer.labels import WarehouseLabelStrategy, read_truth

Call = Callable[..., Called]
FAST = ("--model", "logistic", "--model", "lightgbm,n_estimators=15,num_leaves=7")


class FewerRisky(WarehouseLabelStrategy):
    """A strategy in Python: gold labels, of which it leaves out one risky row of two."""

    def __init__(self) -> None:
        super().__init__("address_labels")

    def derive_labels(self, alerts_df: pd.DataFrame, data: object) -> pd.DataFrame:
        labelled = super().derive_labels(alerts_df, data)  # type: ignore[arg-type]
        risky = labelled.index[labelled["label"] == 1]
        labelled.loc[risky[::2], "label"] = np.nan
        return labelled


def test_on_coin_flips_no_difference_is_real_and_a_second_call_changes_nothing(house: House, call: Call) -> None:
    wanted = (
        "compare",
        "--network",
        "coins",
        *FAST,
        "--model",
        "single_feature",
        "--feature-set",
        "all",
        "--feature-set",
        "!*_score",
    )
    first = call(*wanted, "--json")
    assert first.code == 0, first.err
    found = json.loads(first.out)
    assert len(found["entries"]) == 6 and len(found["sentences"]) == 1 and "no difference" in found["sentences"][0]
    intervals = [entry["difference"]["auc"] for entry in found["entries"][1:]]
    assert all(one["low"] < 0 < one["high"] for one in intervals)
    folder = Path(found["folder"])
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    assert len(before) == 6
    assert json.loads(call(*wanted, "--json").out) == found
    assert {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")} == before
    printed = call(*wanted)
    assert printed.code == 0 and "On gold labels of unseen addresses" in printed.out and found["sentences"][0] in printed.out


def test_strategies_of_dbt_and_of_ones_own_on_the_same_rows_with_hidden_truth(house: House, tmp_path: Path) -> None:
    with connect() as client:
        found = compare(
            client,
            "simnet",
            label_strategies=["address_labels", FewerRisky(), "label_model"],
            models=["logistic"],
            truth=read_truth(house.simnet.truth),
            out=tmp_path,
        )
        gold = read_training(client, "alert_scorer", Selection("simnet", *DATES, WINDOW), "address_labels")
    address, own, model = found.entries
    assert (
        address.n_train == len(gold.y) and own.strategy.endswith(":FewerRisky") and own.n_train < address.n_train < model.n_train
    )
    assert {len(found.predictions(entry.candidate)) for entry in found.entries} == {2 * 2000}
    assert all(set(entry.truth) == set(entry.metrics) for entry in found.entries) and len(found.sentences) == 2


@pytest.mark.parametrize("strategy", ["address_labels", "label_model"])
def test_labels_of_all_rows_are_those_that_are_trained_on(house: House, strategy: str) -> None:
    selection = Selection("simnet", *DATES, WINDOW)
    with connect() as client:
        rows, training = (
            read_scoring(client, "alert_scorer", selection),
            read_training(client, "alert_scorer", selection, strategy),
        )
        y, weight = labels_of(client, rows, selection, strategy)
    labelled = ~np.isnan(y)
    assert y[labelled].tobytes() == training.y.tobytes() and weight[labelled].tobytes() == training.weight.tobytes()
    assert rows.keys["alert_id"].to_numpy()[labelled].tolist() == training.keys["alert_id"].to_pylist()


def test_what_cannot_be_compared_is_a_sentence(house: House, call: Call) -> None:
    for code, why, *options in (
        (2, "There is only address_labels / logistic to compare", "--model", "logistic"),
        (2, "No candidate is 'x'", "--baseline", "x"),
        (2, "matches none of the", "--feature-set", "nothing_*"),
        (2, "Probabilities are compared, which an alert_ranker does not yield", "--model-type", "alert_ranker"),
        (2, "There is no label strategy 'nobody'", "--label-strategy", "nobody"),
        (3, "There is no file", "--truth", "absent.parquet"),
    ):
        done = call("compare", "--network", "coins", *options)
        assert done.code == code and why in done.err and len(done.err.strip().splitlines()) == 1, done
