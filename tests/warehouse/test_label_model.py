"""The label model on simulated votes with known truth, from the raw tables through `dbt run` to the published tables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = 20_000

# In a child process, because a process can open one embedded warehouse. One network is `copies` without its copies.
CHILD = f"""
import dataclasses, json, sys
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
import numpy as np
import compare_label_models as compare
from sklearn.metrics import roc_auc_score

drawn = [compare.simulate(kind, 1, {ADDRESSES}) for kind in compare.KINDS[:3]]
copies = drawn[1]
alone = dataclasses.replace(copies, network="copies_taken_out", votes=np.delete(copies.votes, [1, 2], axis=1),
                            rules=[rule for rule in copies.rules if rule not in compare.COPIES])
apart = np.full(({ADDRESSES}, 2), -1, dtype=np.int8)
apart[:100, 0], apart[100:300, 1] = 1, 0
apart = compare.Scenario("apart", "apart", np.zeros({ADDRESSES}, dtype=np.int8), apart, ["rule_00", "rule_01"])
learned = compare.ours([*drawn, alone, apart])
found = {{}}
for scenario in drawn:
    proba, accuracy = learned[scenario.network]
    voted = (scenario.votes >= 0).any(axis=1)
    found[scenario.kind] = {{"auc": roc_auc_score(scenario.risky[voted], proba[voted]),
                           "majority": roc_auc_score(scenario.risky[voted], (np.where(scenario.votes < 0, 0.5, scenario.votes)[voted]).mean(axis=1)),
                           "error": float(abs(accuracy - scenario.accuracy).max())}}
with_copies, without = learned[copies.network][0], learned["copies_taken_out"][0]
found["copies_differ"] = float(np.nanmax(abs(with_copies - without)))
proba, accuracy = learned["apart"]
found["apart"] = {{"accuracy": accuracy.tolist(), "risky": sorted(set(proba[:100].tolist())), "benign": sorted(set(proba[100:300].tolist())),
                 "unlabelled": bool(np.isnan(proba[300:]).all())}}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", ["independent", "copies", "one-sided"])
def test_accuracies_are_learned_from_votes_alone(found: dict[str, Any], kind: str) -> None:
    assert found[kind]["error"] < 0.05
    assert found[kind]["auc"] > found[kind]["majority"] + 0.005


def test_a_declared_copy_adds_nothing(found: dict[str, Any]) -> None:
    assert found["copies_differ"] < 1e-5


def test_without_overlap_the_priors_come_back(found: dict[str, Any]) -> None:
    apart = found["apart"]
    assert apart["unlabelled"]
    assert apart["accuracy"] == pytest.approx([0.65, 0.65], abs=0.03)
    assert len(apart["risky"]) == len(apart["benign"]) == 1
    assert apart["risky"][0] == pytest.approx(0.65, abs=0.05)
