"""No label among the features that a user brings: the AUC does not move when the answer is among their columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.support.dbt import dbt, run_dbt
from tests.support.standing import rows
from tests.support.warehouse import DATES, WINDOW, Called
from trainer import connect
from trainer.features.add import add_features
from trainer.labels.add import add_labels
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest

Call = Callable[..., Called]
RISKY = ("high", "critical")
FIT = ("--param", "n_estimators=20", "--no-calibration", "--json")


def with_answers(features: pd.DataFrame, gold: pd.Series) -> pd.DataFrame:
    """Return a table of features with the gold label in many disguises, and two honest columns."""
    random = np.random.default_rng(0)
    label = features["address"].map(gold)
    noise = pd.Series(random.normal(size=len(features)), features.index)
    return features.assign(
        label=label.fillna(0),
        riskLevel=label.fillna(0),
        foo=label.fillna(pd.Series(random.integers(0, 2, len(features)), features.index)),
        upside_down=1 - label,
        only_where_risky=label.where(label == 1),
        codes=np.where(label == 1, random.choice([3, 7], len(features)), random.choice([1, 5, 9], len(features))),
        shifted=label * 100 + noise,
        noise=noise,
        honest=label.fillna(0.5) + noise,
    )


@pytest.fixture(scope="module")
def worlds(own_house: Path) -> pd.Series:
    """Two networks that differ in their columns only; the gold label of each address."""
    options: dict[str, Any] = {"alerts": 1000, "dates": DATES[:1], "window_days": WINDOW, "seed": 3}
    for network in ("plain", "answers"):
        world = simulate(own_house / network, network=network, **options)
        lists = [pd.read_parquet(world.labels), pd.read_csv(world.custom_labels)]
        gold = pd.concat(lists).drop_duplicates("address").set_index("address")["risk_level"].isin(RISKY).astype(float)
        if network == "answers":
            (folder,) = (world.root / "snapshots").glob("*/*/*")
            (folder / "META.json").unlink()
            features = pd.read_parquet(folder / "features.parquet")
            with_answers(features, gold).to_parquet(folder / "features.parquet")
            own = features[["address"]].assign(bar=features["address"].map(gold))
            own.to_csv(own_house / "own.csv", index=False)
        with connect() as client:
            ingest(client, world.root)
            add_labels(client, world.custom_labels)
            if network == "answers":
                add_features(client, own_house / "own.csv", network, DATES[0], WINDOW)
    run_dbt(["run"])
    return gold


def test_every_disguise_of_the_label_is_found_and_honest_columns_are_kept(worlds: pd.Series) -> None:
    found = dict(rows("SELECT column_name, is_answer FROM fct_answer_columns WHERE network = 'answers'"))
    assert found == dict.fromkeys(("foo", "upside_down", "only_where_risky", "codes", "shifted", "bar"), 1) | {
        "noise": 0,
        "honest": 0,
    }


def test_the_agreement_is_the_auc_on_gold_labels(worlds: pd.Series) -> None:
    labelled = rows(
        "SELECT label, extra_features['honest'], extra_features['noise'] FROM fct_address_features AS features "
        "JOIN fct_address_labels AS labels USING (network, processing_date, window_days, address) "
        "WHERE network = 'answers' AND strategy = 'address_labels'"
    )
    agreement = dict(rows("SELECT column_name, agreement FROM fct_answer_columns WHERE network = 'answers'"))
    for position, name in ((1, "honest"), (2, "noise")):
        auc = roc_auc_score([row[0] for row in labelled], [row[position] for row in labelled])
        assert agreement[name] == pytest.approx(max(auc, 1 - auc), abs=1e-9)


def test_the_auc_does_not_move_when_the_answer_is_among_the_columns(worlds: pd.Series, call: Call) -> None:
    plain = json.loads(call("fit", "--network", "plain", *FIT).out)
    done = call("fit", "--network", "answers", "--exclude", "extra__noise", "--exclude", "extra__honest", *FIT)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["metrics"]["auc"], told["n_features"]) == (plain["metrics"]["auc"], plain["n_features"])
    left_out = {"custom__bar", *(f"extra__{name}" for name in ("foo", "upside_down", "only_where_risky", "codes", "shifted"))}
    assert told["left_out_columns"].keys() == left_out and plain["left_out_columns"] == {}
    assert all(f"{name} is left out: it agrees with gold labels like an answer" in done.err for name in left_out)
    accepted = json.loads(call("fit", "--network", "answers", "--accept-column", "foo", *FIT).out)
    assert accepted["left_out_columns"].keys() == left_out - {"extra__foo"}
    assert accepted["metrics"]["auc"]["value"] > 0.99 > plain["metrics"]["auc"]["value"] + 0.1


def test_a_choice_of_answers_alone_is_refused(worlds: pd.Series, call: Call) -> None:
    done = call("fit", "--network", "answers", "--features", "extra__foo", *FIT)
    assert done.code == 2 and "--accept-column" in done.err and "extra__foo" in done.err


def test_dbt_test_warns_of_them(worlds: pd.Series) -> None:
    ended = dbt("test", "--select", "a_brought_column_is_no_answer")
    assert [(one.status, one.failures) for one in ended.result if one.node.resource_type == "test"] == [("warn", 6)]


def test_few_labels_prove_nothing(worlds: pd.Series) -> None:
    options = ("--vars", json.dumps({"answer_min_labels": 100_000}))
    ended = dbt("show", "--select", "fct_answer_columns", *options)
    assert ended.success and len(ended.result.results[0].agate_table.rows) == 0
