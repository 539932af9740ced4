"""Explanations in words, percentiles, and contributions that do not add up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trainer.data import Feature
from trainer.errors import ArtifactError, UsageError
from trainer.models import LOG_ODDS, Contributions, ModelTrainer
from trainer.training.reasons import Explanation, Explanations, Flow, Reason, Vote, contributions_of
from trainer.training.reasons.catalogue import Meaning, Percentiles, _meaning

REASON = Reason("total_in_usd", 1234.5, "USD", 97.0, float(np.log(2.5)), "address", "Volume received")
ONE = Explanation(
    alert_id="a1", address="0xa", grain="alert", model_id="m", network="n", processing_date="2025-08-01", window_days=90,
    score=0.9, uncalibrated=0.8, is_calibrated=True, rank=2, rows=2000, ties=1, raw=1.386, base=0.0, unit=LOG_ODDS, method="By hand.",
    error=0.0, contributions=[REASON], others=-0.5, other_count=9, others_by_family={"flows": -0.6, "alert": 0.1},
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {},
            "Volume received: 1,234 USD (higher than 97 % of the snapshot's alerts); this multiplies the odds of being risky by 2.5.",
        ),
        ({"value": None, "percentile": None}, "Volume received: not known; this"),
        ({"value": 0.25, "unit": "ratio", "percentile": 3.0}, "Volume received: 25 % (lower than 97 % of"),
        ({"value": 1.0, "unit": "flag"}, "Volume received: yes; this"),
        ({"value": 4.0, "unit": "level"}, "Volume received: critical ("),
        ({"value": 1.0, "unit": "days"}, "Volume received: 1 day ("),
        ({"value": 7.0, "unit": "hour"}, "Volume received: 07:00 UTC ("),
        ({"feature": "x_zscore", "value": -0.5, "unit": "score"}, "Volume received: 0.5 standard deviations below the mean ("),
        ({"contribution": float(np.log(1.2))}, "raises the odds of being risky by 20 %."),
        ({"contribution": float(np.log(0.75))}, "lowers the odds of being risky by 25 %."),
        ({"contribution": 0.001}, "hardly changes the odds."),
        ({"contribution": 1e6}, "multiplies the odds of being risky by "),
    ],
)
def test_a_reason_is_one_sentence(change: dict[str, Any], said: str) -> None:
    (sentence,) = [one for one in replace(ONE, contributions=[replace(REASON, **change)]).sentences() if one.startswith("Volume")]
    assert said in sentence


def test_the_rest_is_told_by_family() -> None:
    said = " ".join(ONE.sentences())
    assert "other 9 features say, taken together, lowers the odds of being risky by 39 %" in said
    assert "its flows and counterparties × 0.55, the alert itself × 1.1" in said


def test_a_shared_score_a_label_that_was_learned_and_an_idle_model_are_said() -> None:
    said = " ".join(replace(ONE, ties=3, learned_label=1.0).sentences())
    assert "(a score that 3 share)" in said and "trained on a label of its address (risky)" in said
    assert "share)" not in " ".join(ONE.sentences()) and "trained on" not in " ".join(ONE.sentences())
    idle = replace(ONE, contributions=[replace(REASON, contribution=0.0)], others=0.0, others_by_family={})
    assert any(sentence.startswith("No feature moves the score") for sentence in idle.sentences())


def test_text_from_files_is_neutralised_and_cut() -> None:
    hostile = "<b>\x1b[2J\u202e\n" + "x" * 10_000
    vote = Vote(hostile, True, 1, "gold", "sot", hostile, "2025-08-01", 0.9, hostile, "")
    flow = Flow("0xa", hostile, "in", None, None, None, None)
    bad = replace(REASON, description=hostile, unit=hostile)
    found = replace(ONE, alert_id=hostile, network=hostile, typologies=[hostile], votes=[vote], flows=[flow], contributions=[bad])
    for sentence in [*found.sentences(), *found.sections()]:
        assert sentence.isprintable() and len(sentence) < 1000
    page = Explanations([found])._repr_html_()
    assert "<b>\N{REPLACEMENT CHARACTER}" not in page and "&lt;b&gt;" in page
    assert found.as_dict()["votes"][0]["evidence"] == hostile, "the JSON keeps texts as they are"


def test_percentiles_count_half_of_the_ties_and_leave_missing_values_out() -> None:
    X = np.array([[1, np.nan], [2, np.nan], [2, np.nan], [np.nan, np.nan], [5, np.nan]], dtype=np.float32)
    found = Percentiles(X).of(X)
    assert found[[0, 1, 2, 4], 0] == pytest.approx([12.5, 50, 50, 87.5])
    assert np.isnan(found[3, 0]) and np.isnan(found[:, 1]).all()


@pytest.mark.parametrize(
    ("feature", "family", "unit", "description"),
    [
        (Feature("degree_in", "degree_in"), "address", "count", "Distinct senders"),
        (Feature("degree_in_zscore", "degree_in_zscore"), "population", "score", "Distinct senders, compared with the snapshot's addresses"),
        (Feature("share", "share"), "flows", "ratio", "Share below “Distinct senders”"),
        (Feature("alert_tag__mixing", "alert_tags", "mixing", is_set=True), "alert", "flag", "The alert is tagged “mixing”"),
        (Feature("custom__x", "custom_features", "x"), "custom", "", "x (a feature of your own)"),
        (Feature("custom__declared", "custom_features", "declared"), "own", "ratio", "Senders per recipient"),
        (Feature("un_known", "un_known"), "", "", "Un known"),
    ],
)  # fmt: skip
def test_every_feature_is_described(feature: Feature, family: str, unit: str, description: str) -> None:
    known = {
        "degree_in": Meaning("address", "count", "Distinct senders"),
        "degree_in_zscore": Meaning("population", "score", "Standard score of log(1 + degree_in)"),
        "share": Meaning("flows", "ratio", "Share below degree_in"),
        "declared": Meaning("own", "ratio", "Senders per recipient"),
    }
    assert _meaning(feature, known) == Meaning(family, unit, description)


class Own(ModelTrainer):
    """A trainer whose contributions are what a test says."""

    accepts_missing = True

    def __init__(self, found: Any = None) -> None:
        self.found = found

    def train(self, X: pd.DataFrame, y: pd.Series, sample_weights: pd.Series | None = None) -> Any:
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.full(len(X), 0.5)

    def contributions(self, X: pd.DataFrame, background: pd.DataFrame) -> Contributions:
        return self.found

    def save(self, path: str) -> None: ...

    def load(self, path: str) -> None: ...


@pytest.mark.parametrize(
    ("values", "raw", "message"),
    [
        (np.zeros((2, 2)), np.array([0.0, 1e-5]), "do not add up"),
        (np.full((2, 2), np.nan), np.zeros(2), "do not add up"),
        (np.zeros((2, 3)), np.zeros(2), r"returned \(2, 3\) values"),
    ],
)
def test_contributions_of_ones_own_are_checked(values: np.ndarray, raw: np.ndarray, message: str) -> None:
    found = Contributions(values, 0.0, raw, LOG_ODDS, "own", 0.0)
    meta = SimpleNamespace(features=[Feature("a", "a"), Feature("b", "b")], medians=None, model_id="m")
    loaded: Any = SimpleNamespace(meta=meta, trainer=Own(found))
    with pytest.raises(UsageError, match=message):
        contributions_of(loaded, pd.DataFrame(np.zeros((2, 2)), columns=["a", "b"]))
    with pytest.raises(ArtifactError, match="in their order"):
        contributions_of(loaded, pd.DataFrame(np.zeros((2, 2)), columns=["b", "a"]))
