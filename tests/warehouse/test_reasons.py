"""Reasons on a real engine: what moves a score, who speaks of an address, and what is written beside the scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.support.dbt import run_dbt
from tests.support.trainers import GuideTrainer
from tests.support.warehouse import DATES, WINDOW, Called
from trainer import ModelTraining, TrainingResult, connect, explain, predict
from trainer.errors import ArtifactError, BadInputError, UsageError
from trainer.models import LightGBMRanker, LightGBMTrainer
from trainer.simulate import SimulationSummary
from trainer.training import Explanation
from trainer.warehouse import ADDRESS_LABELS, drop_partitions

Call = Callable[..., Called]
HOSTILE = "<script>alert(1)</script>[red]\x1b[31m\u202e"
SOURCE = "watch\x07list"
LABELLED_ON = int(datetime(2025, 8, 17, 12, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def light(house: Any) -> TrainingResult:
    with connect() as client:
        trainer = LightGBMTrainer({"n_estimators": 30})
        return ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=trainer).run()


def assert_adds_up(one: Explanation) -> None:
    total = one.base + sum(reason.contribution for reason in one.contributions) + one.others
    assert total == pytest.approx(one.raw, abs=1e-6)
    assert sum(one.others_by_family.values()) == pytest.approx(one.others, abs=1e-9)
    assert 1 / (1 + np.exp(-one.raw)) == pytest.approx(one.uncalibrated, abs=1e-6)


def test_the_highest_alerts_are_explained(client: Any, light: TrainingResult) -> None:
    predict(client, "simnet", DATES[1], WINDOW, light.model_id)
    query = """
        SELECT alert_id, address, score FROM scored_alerts
        WHERE model_id = {m:String} AND network = 'simnet' AND processing_date = {d:Date} ORDER BY score_rank LIMIT 5
    """
    written = client.query(query, parameters={"m": light.model_id, "d": DATES[1]}).result_rows
    found = explain(client, light.model_id, top=5, network="simnet")
    assert [(one.alert_id, one.address) for one in found] == [row[:2] for row in written]
    assert [one.score for one in found] == pytest.approx([row[2] for row in written])
    assert [one.rank for one in found] == [1, 2, 3, 4, 5]
    for one in found:
        assert_adds_up(one)
        assert all(reason.description and reason.family for reason in one.contributions)
        assert all(0 <= reason.percentile <= 100 for reason in one.contributions if reason.percentile is not None)
    sizes = [abs(reason.contribution) for reason in found[0].contributions]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == 10
    assert len(found.frame) == 50
    known = client.query(
        "SELECT DISTINCT address, toFloat64(label_target) FROM training_alerts WHERE network = 'simnet' "
        "AND label_strategy = 'address_labels' AND processing_date = {d:Date}", parameters={"d": DATES[1]},
    ).result_rows  # fmt: skip
    every = explain(client, light.model_id, top=300, network="simnet")
    assert {one.learned_label is None for one in every} == {True, False}
    assert all(one.learned_label == dict(known)[one.address] for one in every if one.address in dict(known))
    again = explain(client, light.model_id, [one.alert_id for one in found], network="simnet")
    assert [json.dumps(one.as_dict()) for one in again] == [json.dumps(one.as_dict()) for one in found]


def test_a_calibrated_model_states_both_scores(client: Any, fitted: TrainingResult, light: TrainingResult) -> None:
    assert fitted.calibration["method"] != "none"
    (one,) = explain(client, fitted.model_id, top=1, network="simnet")
    assert one.is_calibrated and one.score != pytest.approx(one.uncalibrated, abs=1e-9)
    assert_adds_up(one)
    said = " ".join(one.sentences())
    assert f"{one.score:.4f}" in said and f"{one.uncalibrated:.4f}" in said


def test_what_is_written_is_what_is_explained(client: Any, call: Call, light: TrainingResult) -> None:
    key = ("--network", "simnet", "--model-id", light.model_id)
    done = call("predict", *key, "--explain", "--top", 7, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["explained"] == 7
    query = "SELECT alert_id, explain_json FROM alert_scores WHERE model_id = {m:String} AND processing_date = {d:Date}"
    rows = dict(client.query(query, parameters={"m": light.model_id, "d": DATES[1]}).result_rows)
    written = {alert: json.loads(text) for alert, text in rows.items() if text}
    assert len(rows) == 2000 and len(written) == 7
    found = explain(client, light.model_id, list(written), network="simnet")
    assert {one.alert_id: json.loads(json.dumps(one.as_dict())) for one in found} == written
    assert all(one["version"] == 1 for one in written.values())
    assert call("predict", *key).code == 0
    assert set(dict(client.query(query, parameters={"m": light.model_id, "d": DATES[1]}).result_rows).values()) == {""}
    assert call("predict", *key, "--top", 7).code == UsageError.exit_code


# ---- labels and flows -----------------------------------------------------------------------------------------------


@pytest.fixture
def watched(light: TrainingResult) -> Iterator[tuple[str, str, str]]:
    """An alert, its address and a counterparty of it that a hostile list labels risky on 17 August."""
    with connect() as client:
        query = """
            SELECT alerts.alert_id, flows.from_address, flows.to_address
            FROM stg_alerts AS alerts INNER JOIN stg_money_flows AS flows
                ON flows.network = alerts.network AND flows.processing_date = alerts.processing_date
                AND flows.from_address = alerts.address
            WHERE alerts.network = 'simnet' AND alerts.processing_date = {d:Date} AND flows.to_address NOT IN (
                SELECT address FROM int_label_votes WHERE network = 'simnet' AND kind = 'gold'
            ) AND flows.to_address NOT IN (SELECT address FROM stg_alerts WHERE network = 'simnet')
            ORDER BY alerts.alert_id, flows.volume_usd DESC LIMIT 1
        """
        ((alert, address, counterparty),) = client.query(query, parameters={"d": DATES[1]}).result_rows
        label = {
            "network": "simnet", "processing_date": DATES[1], "window_days": WINDOW, "address": counterparty, "label": HOSTILE,
            "risk_level": "critical", "confidence_score": 0.9, "source": SOURCE, "created_timestamp": LABELLED_ON,
        }  # fmt: skip
        before = client.query_df("SELECT * FROM address_labels FINAL WHERE network = 'simnet'")
        client.insert(ADDRESS_LABELS.name, [list(label.values())], column_names=list(label))
    run_dbt(["run", "--select", "+fct_address_labels"])
    yield alert, address, counterparty
    with connect() as client:
        drop_partitions(client, ADDRESS_LABELS, "network = {n:String}", {"n": "simnet"})
        client.insert_df(ADDRESS_LABELS.name, before)
    run_dbt(["run", "--select", "+fct_address_labels"])


def test_a_label_of_a_counterparty_is_quoted_with_its_source_and_date(
    call: Call, watched: tuple[str, str, str], light: Any
) -> None:
    alert, address, counterparty = watched
    with connect() as client:
        (one,) = explain(client, light.model_id, [alert], network="simnet")
    assert one.address == address
    (vote,) = [vote for vote in one.votes if vote.address == counterparty and vote.kind == "gold"]
    assert (vote.vote, vote.is_counterparty, vote.source, vote.day, vote.evidence) == (1, True, SOURCE, "2025-08-17", HOSTILE)
    assert vote.confidence == pytest.approx(0.9)
    flows = [flow for flow in one.flows if (flow.counterparty, flow.direction) == (counterparty, "out")]
    assert flows and flows[0].volume_usd and flows[0].tx_count
    said = " ".join(one.sentences())
    assert "2025-08-17" in said and "labelled risky" in said and "90 %" in said
    assert not any(letter in said for letter in "\x1b\x07\u202e")
    page = one._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    done = call("explain", alert, "--network", "simnet", "--model-id", light.model_id)
    assert done.code == 0 and "\x1b" not in done.out and counterparty in done.out.replace("\n    ", "")
    done = call("explain", alert, "--network", "simnet", "--model-id", light.model_id, "--json")
    assert json.loads(done.out)["explanations"] == [json.loads(json.dumps(one.as_dict()))]


def test_an_unknown_id_is_bad_input(call: Call, light: TrainingResult) -> None:
    done = call("explain", "no such\nalert", "--network", "simnet")
    assert done.code == BadInputError.exit_code and done.out == ""
    assert "no alert 'no such\\nalert'" in done.err
    assert call("explain", "x", "--model-id", "none-1").code == ArtifactError.exit_code


# ---- other model types, other trainers --------------------------------------------------------------------------------


def test_senseless_arguments_are_refused(client: Any, light: TrainingResult) -> None:
    for senseless in ({"top": 0}, {"reasons": -1}, {"ids": "alert_1"}):
        with pytest.raises(UsageError, match="ids is a list of ids"):
            explain(client, light.model_id, network="simnet", **senseless)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["address_scorer", "cluster_scorer", "alert_ranker"])
def test_every_model_type_has_reasons(client: Any, minenet: SimulationSummary, kind: str) -> None:
    trainer: Any = LightGBMTrainer({"n_estimators": 20})
    if kind == "alert_ranker":
        trainer = LightGBMRanker({"n_estimators": 20})
    options = {"model_type": kind, "model_trainer": trainer, "min_labelled": 30, "min_positive": 5}
    model = ModelTraining("minenet", *DATES, client, window_days=WINDOW, **options).run()
    predict(client, "minenet", DATES[1], WINDOW, model.model_id, explain=True, top=3)
    table = {"address_scorer": "address_scores", "cluster_scorer": "cluster_scores", "alert_ranker": "alert_rankings"}[kind]
    query = f"SELECT explain_json FROM {table} WHERE model_id = {{m:String}} AND explain_json != ''"
    written = [json.loads(row[0]) for row in client.query(query, parameters={"m": model.model_id}).result_rows]
    assert len(written) == 3
    found = explain(client, model.model_id, top=3, network="minenet")
    assert {one.alert_id for one in found} == {one["alert_id"] for one in written}
    for one in found:
        total = one.base + sum(reason.contribution for reason in one.contributions) + one.others
        assert total == pytest.approx(one.raw, abs=1e-6)
        assert one.sentences() and one.unit == ("ranking score" if kind == "alert_ranker" else "log-odds")
        assert one.flows and isinstance(one.address, list if kind == "cluster_scorer" else str)


def test_a_trainer_of_ones_own_is_explained_by_its_predictions(client: Any, minenet: SimulationSummary) -> None:
    trainer = GuideTrainer()
    options = {"model_trainer": trainer, "features": ("alert_*", "flow_in_*")}
    model = ModelTraining("minenet", *DATES, client, window_days=WINDOW, **options).run()
    how = {"network": "minenet", "model_trainer": GuideTrainer}
    (one,) = explain(client, model.model_id, top=1, **how)
    assert_adds_up(replace(one, uncalibrated=1 / (1 + np.exp(-one.raw))))
    assert "estimated" in one.method
    with pytest.raises(UsageError, match="add the method to the class"):
        predict(client, "minenet", DATES[1], WINDOW, model.model_id, model_trainer=GuideTrainer, explain=True)
