"""The label model on votes whose truth is known, from raw tables through `dbt run` to what it publishes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.support.dbt import run_dbt
from tests.support.scripts import script
from trainer import connect
from trainer.warehouse.schema import create_tables

ADDRESSES = 20_000


def run(program: str, *arguments: str) -> None:
    """Replace the child processes of the comparison by calls in this process."""
    if program == "dbt":
        run_dbt(arguments)
    else:
        assert arguments == ("init",)
        with connect() as client:
            create_tables(client)


@pytest.fixture(scope="module")
def learned(warehouse: Path) -> dict[str, Any]:
    """Estimates of the label model for four networks; `copies_taken_out` is `copies` without its copied rules."""
    compare = script("compare_label_models")
    drawn = [compare.simulate(kind, 1, ADDRESSES) for kind in compare.KINDS[:3]]
    copies = drawn[1]
    votes = np.delete(copies.votes, [1, 2], axis=1)
    rules = [rule for rule in copies.rules if rule not in compare.COPIES]
    alone = replace(copies, network="copies_taken_out", votes=votes, rules=rules)
    votes = np.full((ADDRESSES, 2), -1, dtype=np.int8)
    votes[:100, 0], votes[100:300, 1] = 1, 0
    apart = compare.Scenario("apart", "apart", np.zeros(ADDRESSES, dtype=np.int8), votes, ["rule_00", "rule_01"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", "set by the comparison, and set back here")
        patch.setattr(compare, "_run", run)
        estimates = compare.ours([*drawn, alone, apart])
    learned: dict[str, Any] = {}
    for scenario in drawn:
        proba, accuracy = estimates[scenario.network]
        voted = (scenario.votes >= 0).any(axis=1)
        majority = np.where(scenario.votes < 0, 0.5, scenario.votes)[voted].mean(axis=1)
        learned[scenario.kind] = {
            "auc": roc_auc_score(scenario.risky[voted], proba[voted]),
            "majority": roc_auc_score(scenario.risky[voted], majority),
            "error": float(abs(accuracy - scenario.accuracy).max()),
        }
    learned["copies_differ"] = float(np.nanmax(abs(estimates[copies.network][0] - estimates["copies_taken_out"][0])))
    proba, accuracy = estimates["apart"]
    risky, benign = sorted(set(proba[:100].tolist())), sorted(set(proba[100:300].tolist()))
    unlabelled = bool(np.isnan(proba[300:]).all())
    return learned | {"apart": {"accuracy": accuracy.tolist(), "risky": risky, "benign": benign, "unlabelled": unlabelled}}


@pytest.mark.parametrize("kind", ["independent", "copies", "one-sided"])
def test_accuracies_are_learned_from_votes_alone(learned: dict[str, Any], kind: str) -> None:
    assert learned[kind]["error"] < 0.05
    assert learned[kind]["auc"] > learned[kind]["majority"] + 0.005


def test_a_declared_copy_adds_nothing(learned: dict[str, Any]) -> None:
    assert learned["copies_differ"] < 1e-5


def test_without_overlap_the_priors_come_back(learned: dict[str, Any]) -> None:
    apart = learned["apart"]
    assert apart["unlabelled"]
    assert apart["accuracy"] == pytest.approx([0.65, 0.65], abs=0.03)
    assert len(apart["risky"]) == len(apart["benign"]) == 1
    assert apart["risky"][0] == pytest.approx(0.65, abs=0.05)
