"""`trainer report` on a real engine: the page says what the JSON says, and a card has no address of the warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import trainer
from tests.support.pages import ReadPage
from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import ModelTraining, TrainingResult, connect
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.simulate import SimulationSummary
from trainer.training import compare

Call = Callable[..., Called]


@pytest.fixture(scope="module")
def model(house: House) -> TrainingResult:
    """A model, and a comparison that has its strategy and trainer."""
    with connect() as client:
        trained = ModelTraining("simnet", *DATES, client, window_days=WINDOW, model_trainer=XGBoostTrainer()).run()
        compare(client, "simnet", *DATES, WINDOW, models=["xgboost", "logistic"])
    return trained


def test_the_page_says_what_the_json_says(model: TrainingResult, call: Call) -> None:
    done = call("report", model.model_id, "--alert-budget", 5, "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["html"] == str(Path(model.artifact) / "report.html")
    page = ReadPage(Path(report["html"]).read_text(encoding="utf-8"))
    assert len(page.charts) >= 15 and all(len(chart) > 10 for chart in page.charts)
    for sentence in report["verdict"] + report["notes"] + report["comparison"]["sentences"]:
        assert sentence in page.text
    auc = report["metrics"]["auc"]
    assert page.tables["metrics"][1] == ["AUC", *(f"{auc[part]:.4f}" for part in ("value", "low", "high"))]
    shown = [(row[0], row[1], row[2]) for row in page.tables["by-typology"][1:]]
    assert shown == [(row["name"], f"{row['rows']:,}", f"{row['positive']:,}") for row in report["breakdown"]["typology"]]
    assert page.tables["chosen"][1][1] == f"{report['chosen']['threshold']:.4f}"
    assert [row[0] for row in page.tables["importance"][1:]] == [row["feature"] for row in report["importance"]]
    assert [row[0] for row in page.tables["comparison"][1:]] == [one["candidate"] for one in report["comparison"]["entries"]]
    for alert in report["top_alerts"]:
        assert {alert["alert_id"], alert["address"], *alert["sentences"]} <= set(page.lines)


def test_a_card_has_no_address_and_no_alert_of_the_warehouse(house: House, model: TrainingResult, call: Call) -> None:
    done = call("report", "--card", model.model_id, "--json")
    assert done.code == 0 and json.loads(done.out)["html"] == str(Path(model.artifact) / "card.html")
    card = (Path(model.artifact) / "card.html").read_text(encoding="utf-8") + done.out
    with connect() as client:
        alerts = client.query_df("SELECT alert_id, address FROM raw_alerts WHERE network = 'simnet'")
    world: SimulationSummary = house.simnet
    addresses = set(pd.read_parquet(world.truth, columns=["address"])["address"]) | set(alerts["address"])
    assert len(addresses) > 1000
    # cut short, too, as a sentence might have it
    found = {name for name in {one[:10] for one in addresses} | set(alerts["alert_id"]) if name in card}
    assert found == set()
    assert "this raises the odds" in card


def test_a_notebook_gets_the_report_of_the_newest_model(model: TrainingResult) -> None:
    with connect() as client:
        report = trainer.report(client, network="simnet")
    assert report.model["model_id"] == model.model_id and report._repr_html_().startswith("<iframe sandbox")


def test_a_page_is_not_written_over_a_link_or_for_a_model_that_is_not_there(
    model: TrainingResult, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "page.html").symlink_to(tmp_path / "other")
    done = call("report", model.model_id, "--out", tmp_path / "page.html")
    assert (done.code, done.out) == (3, "") and "is a link, a folder or a device" in done.err
    assert not (tmp_path / "other").exists()
    assert call("report", "absent").code == 6


def test_a_page_that_cannot_be_written_keeps_the_threshold_and_other_models(
    model: TrainingResult, call: Call, tmp_path: Path
) -> None:
    kept = Path(model.artifact) / "model.json"
    other = tmp_path / "model.json"
    other.write_bytes(kept.read_bytes())
    before = kept.read_bytes()
    for out in (tmp_path / "absent" / "x.html", other, kept):
        done = call("report", model.model_id, "--alert-budget", 7, "--out", out)
        assert (done.code, done.out) == (3, "") and len(done.err.splitlines()) == 1
        assert kept.read_bytes() == other.read_bytes() == before
