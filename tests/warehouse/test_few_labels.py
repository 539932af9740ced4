"""Without gold of both classes there are no metrics: the default strategy is refused, the label model trains without them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, TORUS, WINDOW, Called
from trainer.simulate import SimulationSummary, simulate
from trainer.training.fit import NO_GOLD

BUILD = ["run", "--select", "+training_alerts", "+scoring_alerts"]
KEY = ("--network", "bare", "--processing-date", DATES[0], "--window-days", WINDOW)


@dataclass(frozen=True)
class Bare:
    """A network without a label, in a warehouse of its own."""

    world: SimulationSummary
    trainer: Callable[..., Called]


@pytest.fixture
def bare(tmp_path: Path, own_call: Callable[..., Called]) -> Bare:
    world = simulate(tmp_path / "bare", alerts=1200, dates=DATES[:1], window_days=WINDOW, network="bare", seed=3)
    shutil.rmtree(world.labels.parent)
    loaded = own_call("ingest", world.root / "snapshots")
    assert loaded.code == 0, loaded.err
    run_dbt(BUILD)
    return Bare(world, own_call)


def trains_ungraded(trainer: Callable[..., Called]) -> None:
    fitted = trainer("fit", "--label-strategy", "label_model", "--json")
    assert fitted.code == 0, fitted.err
    result = json.loads(fitted.out)
    assert (result["graded_on"], result["metrics"], result["n_test"]) == (NO_GOLD, {}, 0)
    assert result["n_train"] >= 50 and result["n_positive"] >= 10
    shown = trainer("fit", "--label-strategy", "label_model")
    assert NO_GOLD in shown.out and "auc" not in shown.out
    scored = trainer("predict", "--model-id", result["model_id"], "--json")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out)["rows"] == 1200
    assert 0 <= json.loads(scored.out)["score_min"] < json.loads(scored.out)["score_max"] <= 1
    listed = trainer("models", "list", "--json")
    assert listed.code == 0 and json.loads(listed.out)["models"][0]["test_auc"] is None


@pytest.mark.timeout(400)
def test_without_gold_of_both_classes_only_the_label_model_trains_and_there_are_no_metrics(bare: Bare, tmp_path: Path) -> None:
    refused = bare.trainer("fit")
    assert (refused.code, refused.out) == (5, ""), refused.err
    for said in ("(0 labelled, 0 positive)", "`trainer labels add`", "with `--label-strategy label_model`"):
        assert said in refused.err
    unknown = bare.trainer("fit", "--label-strategy", "nope")
    assert unknown.code == 2
    assert "address_labels, custom_priority, label_model, sot_only, weighted_vote" in unknown.err
    trains_ungraded(bare.trainer)

    listed = tmp_path / "thieves.csv"
    guilty = (
        pd.read_parquet(bare.world.truth, columns=["address", "is_illicit"]).query("is_illicit")["address"].sort_values().head(30)
    )
    guilty.to_frame().assign(risk_level="high", confidence_score=0.9, source="desk").to_csv(listed, index=False)
    added = bare.trainer("labels", "add", listed, *KEY)
    assert added.code == 0, added.err
    run_dbt(BUILD)
    refused = bare.trainer("fit")
    assert (refused.code, refused.out) == (5, ""), refused.err
    for said in ("needs both classes", "positive (", "`trainer labels add`", "with `--label-strategy label_model`"):
        assert said in refused.err
    trains_ungraded(bare.trainer)


@pytest.mark.shared
@pytest.mark.skipif(not TORUS.is_dir(), reason=f"the Torus snapshot is not at {TORUS}")
@pytest.mark.timeout(400)
def test_what_is_advised_on_the_torus_snapshot_trains(own_call: Callable[..., Called]) -> None:
    loaded = own_call("ingest", TORUS)
    assert loaded.code == 0, loaded.err
    assert "raw_money_flows  3022 from 4144 rows" in loaded.out
    run_dbt(["run", "--select", "+training_addresses", "+scoring_addresses"])
    model = ("fit", "--model-type", "address_scorer", "--model", "logistic")
    for strategy in ("address_labels", "label_model"):
        refused = own_call(*model, "--label-strategy", strategy)
        assert refused.code == 5 and "5 positive (5 addresses)" in refused.err
        ways = re.findall(r"`(--[^`]+)`", refused.err)
        assert len(ways) >= 2 and "--min-positive 5" in ways and f"--label-strategy {strategy}" not in ways
        for way in ways:
            mine = () if "--label-strategy" in way else ("--label-strategy", strategy)
            fitted = own_call(*model, *mine, *way.split(), "--json")
            assert fitted.code == 0, (way, fitted.err)
            if strategy == "address_labels":
                metrics = json.loads(fitted.out)["metrics"]
                assert all(one["low"] < one["high"] for one in metrics.values()), way
                assert metrics["auc"]["low"] < 0.9, way  # five positive addresses
    hopeless = own_call(*model, "--min-labelled", 5000)
    assert hopeless.code == 5 and "--label-strategy" not in hopeless.err and "--min-labelled 68" in hopeless.err
