"""The figures of a model's report on a real engine, and the threshold that is kept with a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.support.artifacts import edit
from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import ModelTraining, TrainingResult, connect, explain, predict
from trainer.cli.demo_lines import alert_lines, truth_lines
from trainer.errors import ArtifactError, NotEnoughLabelsError, UsageError
from trainer.labels import read_truth
from trainer.labels.strategies import WarehouseLabelStrategy
from trainer.models import ConstantTrainer
from trainer.models.boosting.xgboost import XGBoostTrainer
from trainer.registry import artifact, list_models, read_meta, read_out_of_fold
from trainer.reports.model_figures import model_report
from trainer.reports.model_figures.verdict import verdict_of
from trainer.reports.model_report import ModelReport
from trainer.simulate import SimulationSummary
from trainer.training import against_truth, choose_threshold, compare

Call = Callable[..., Called]


def quick() -> XGBoostTrainer:
    return XGBoostTrainer({"n_estimators": 30})


def trained(client: Any, network: str = "simnet", **options: Any) -> TrainingResult:
    usual = {"window_days": WINDOW, "model_trainer": quick()}
    return ModelTraining(network, *DATES, client, **(usual | options)).run()


@pytest.fixture(scope="module")
def model(house: House) -> TrainingResult:
    with connect() as client:
        return trained(client)


@pytest.fixture
def report(client: Any, model: TrainingResult) -> ModelReport:
    return model_report(client, model.model_id)


def gold(result: TrainingResult) -> pd.DataFrame:
    """The unseen gold rows that fit kept."""
    folder = Path(result.artifact)
    table = read_out_of_fold(folder, artifact.load(folder).meta)
    assert table is not None
    frame = table.to_pandas()
    return frame[frame["gold"].notna() & (frame["fold"] > 0)]


class Twelve(WarehouseLabelStrategy):
    """Gold labels, but only twelve positive alerts a snapshot and six times as many negative ones."""

    def __init__(self) -> None:
        super().__init__("address_labels")

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        frame = super().derive_labels(alerts_df, data)
        first = frame["address"].map(frame.drop_duplicates("address").reset_index().set_index("address")["index"])
        one_per_address = first == frame.index
        for label, count in ((1, 12), (0, 72)):
            of_class = (frame["label"] == label) & one_per_address
            frame.loc[(frame["label"] == label) & ~(of_class & (of_class.cumsum() <= count)), "label"] = np.nan
        return frame


class Unsure(WarehouseLabelStrategy):
    """Labels of rules only, where there is no gold label."""

    def __init__(self) -> None:
        super().__init__("weighted_vote")

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        frame, labels = super().derive_labels(alerts_df, data), data["labels"]
        known = labels.loc[labels["strategy"] == "address_labels", "address"]
        frame.loc[frame["address"].isin(known), "label"] = np.nan
        return frame


# ---- what fit keeps -------------------------------------------------------------------------------------------------


def test_fit_keeps_the_predictions_that_its_metrics_are_of(client: Any, model: TrainingResult) -> None:
    rows = gold(model)
    assert len(rows) == model.n_test
    assert roc_auc_score(rows["gold"], rows["raw"]) == pytest.approx(model.metrics["auc"]["value"], abs=1e-9)
    assert ((rows["calibrated"] - rows["gold"]) ** 2).mean() == pytest.approx(model.metrics["brier"]["value"], abs=1e-6)
    truth = client.query_df(
        "SELECT alert_id AS id, typology_type, severity FROM stg_alerts WHERE network = 'simnet' AND processing_date = '2025-09-01'"
    ).set_index("id")
    assert (truth.loc[rows["id"], "typology_type"].to_numpy() == rows["typology"].to_numpy()).all()
    assert (truth.loc[rows["id"], "severity"].to_numpy() == rows["severity"].to_numpy()).all()
    labels = client.query_df(
        "SELECT alert_id AS id, label_source FROM training_alerts WHERE network = 'simnet' AND processing_date = '2025-09-01' "
        "AND label_strategy = 'address_labels'"
    ).set_index("id")
    assert (labels.loc[rows["id"], "label_source"].to_numpy() == rows["label_source"].to_numpy()).all()


# ---- the report -----------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_kept_rows(report: ModelReport, model: TrainingResult) -> None:
    rows = gold(model)
    assert report.metrics == model.metrics
    assert {one["name"] for one in report.breakdown["typology"]} == set(rows["typology"])
    for one in report.breakdown["typology"]:
        of = rows[rows["typology"] == one["name"]]
        assert (one["rows"], one["positive"]) == (len(of), int(of["gold"].sum()))
        if one["auc"] is not None:
            assert one["auc"]["value"] == pytest.approx(roc_auc_score(of["gold"], of["raw"]), abs=1e-9)
            assert one["average_precision"]["value"] == pytest.approx(average_precision_score(of["gold"], of["raw"]), abs=1e-9)
    levels = ["low", "medium", "high", "critical"]
    assert [one["name"] for one in report.breakdown["severity"]] == [one for one in levels if one in _names(report, "severity")]
    assert sum(one["positive"] + one["negative"] for one in report.labels) == model.n_train
    assert sum(one["rows"] for one in report.split["folds"]) == len(rows)
    assert [one["name"] for one in report.breakdown["processing_date"]] == ["2025-09-01"]


def _names(report: ModelReport, dimension: str) -> set[str]:
    return {one["name"] for one in report.breakdown[dimension]}


def test_thresholds_count_the_alerts_of_the_newest_snapshot(client: Any, report: ModelReport, model: TrainingResult) -> None:
    rows = report.thresholds
    assert [one["threshold"] for one in rows] == sorted(one["threshold"] for one in rows)
    assert rows[0]["share_of_alerts"] == 1.0 and rows[0]["alerts_per_day"] == pytest.approx(2000 / WINDOW)
    kept = gold(model)
    scores = artifact.load(Path(model.artifact)).meta.calibration.apply(kept["raw"].to_numpy())  # type: ignore[union-attr]
    for one in rows[::10]:
        assert one["precision"]["value"] == pytest.approx(kept["gold"][scores >= one["threshold"]].mean(), abs=1e-6)
        assert one["precision"]["low"] < one["precision"]["high"] and one["recall"]["low"] < one["recall"]["high"]


def test_the_report_is_plain_and_says_what_it_is_about(report: ModelReport, model: TrainingResult) -> None:
    said = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert said["notes"] == [] and said["model"]["model_id"] == model.model_id
    assert f"{model.metrics['auc']['value']:.3f}" in said["verdict"][0] and "better than chance" in said["verdict"][0]
    assert f"on {model.n_test} rows" in said["verdict"][1]
    assert "the saved model is trained on all labelled rows, these included" in said["verdict"][1]
    assert "label_model expects" in said["verdict"][-1]
    assert len(said["importance"]) == 20 and sum(one["share"] for one in said["families"]) == pytest.approx(1)
    assert {one["direction"] for one in said["importance"]} <= {"higher raises", "higher lowers", "mixed"}
    scores = [one["score"] for one in said["top_alerts"]]
    assert len(scores) == 20 and scores == sorted(scores, reverse=True) and all(one["sentences"] for one in said["top_alerts"])


def test_the_newest_comparison_of_its_strategy_and_trainer_is_in_it(
    client: Any, model: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert model_report(client, model.model_id).comparison is None
    found = compare(client, "simnet", label_strategies=["address_labels", "sot_only"], models=[("xgboost", quick())])
    broken = Path(found.folder).with_name("broken")
    broken.mkdir()
    (broken / "leaderboard.json").write_text("[" * 100_000)
    comparison = model_report(client, model.model_id).comparison
    assert comparison is not None and comparison["entries"][0]["candidate"] == "address_labels / xgboost"


def test_twelve_positives_have_a_report_that_says_how_little_they_say(client: Any, house: House) -> None:
    few = trained(client, label_strategy=Twelve(), min_positive=10)
    report = model_report(client, few.model_id)
    assert sum(one["positive"] for one in report.split["folds"]) == 12
    assert any("So few risky addresses say little" in sentence for sentence in report.verdict)
    assert "it needs 20 of the rarer class" in report.model["calibration"]
    assert report.thresholds and all(one["precision"]["high"] > one["precision"]["low"] for one in report.thresholds)


def test_a_constant_model_is_said_to_tell_nothing_whatever_its_pooled_auc(client: Any, house: House) -> None:
    constant = trained(client, model_trainer=ConstantTrainer())
    said = " ".join(model_report(client, constant.model_id).verdict)
    assert "gives every row the same score, so it tells no risky alert from a benign one" in said
    assert f"Its AUC is {constant.metrics['auc']['value']:.3f}" in said
    assert "of pairs" not in said and "weakest" not in said


@pytest.mark.parametrize(("low", "clear"), [(0.80, False), (0.86, True)])
def test_the_weakest_group_is_clearly_so_only_where_no_intervals_overlap(model: TrainingResult, low: float, clear: bool) -> None:
    meta = read_meta(Path(model.artifact)).model_copy(update={"metrics": {"auc": {"value": 0.9, "low": low, "high": 0.95}}})
    groups = [
        {"name": name, "rows": 90, "positive": 40, "auc": {"value": value, "low": value - 0.1, "high": value + 0.08}}
        for name, value in (("mixer", 0.72), ("scam", 0.9))
    ]
    (said,) = (one for one in verdict_of(meta, None, {"typology": groups}, None) if "weakest on typology mixer" in one)
    assert ("not clearly" not in said) == clear and ("the intervals overlap" in said) != clear
    assert "widened because it is the weakest of 2 groups" in said


def test_without_gold_the_report_says_so(client: Any, house: House) -> None:
    result = trained(client, label_strategy=Unsure())
    report = model_report(client, result.model_id)
    assert (report.metrics, report.breakdown, report.curves, report.thresholds) == ({}, {}, {}, [])
    assert "quality is not known" in report.verdict[0] and any("lack gold labels" in note for note in report.notes)
    assert report.labels and report.importance and report.top_alerts
    with pytest.raises(ArtifactError, match="no gold labels of both classes"):
        choose_threshold(client, result.model_id, min_precision=0.5)
    chosen = choose_threshold(client, result.model_id, alert_budget=3)
    assert chosen.precision is None and chosen.alerts_per_day <= 3
    assert model_report(client, result.model_id).chosen == chosen.model_dump(mode="json")


@pytest.mark.parametrize(
    ("model_type", "dimensions"),
    [
        ("address_scorer", {"label_source", "processing_date", "cluster_size"}),
        ("cluster_scorer", {"label_source", "processing_date", "cluster_size", "severity", "typology"}),
        ("alert_ranker", {"label_source", "processing_date", "cluster_size", "severity", "typology"}),
    ],
)
def test_every_model_type_has_a_report(client: Any, minenet: SimulationSummary, model_type: str, dimensions: set[str]) -> None:
    result = trained(client, "minenet", model_type=model_type, min_labelled=30, min_positive=5)
    report = model_report(client, result.model_id)
    assert set(report.breakdown) == dimensions
    assert report.metrics == result.metrics and report.thresholds and report.top_alerts
    json.dumps(report.as_dict(), allow_nan=False)
    if model_type == "alert_ranker":
        with pytest.raises(UsageError, match="only order rows"):
            choose_threshold(client, result.model_id, min_precision=0.5)
        chosen = choose_threshold(client, result.model_id, alert_budget=1)
        assert (chosen.precision, chosen.recall) == (None, None) and 0 < chosen.alerts_per_day <= 1
        assert all(one["precision"] is one["recall"] is None for one in report.thresholds)
        assert any("precision and recall by threshold are missing" in note for note in report.notes)
        assert any("their precision is not known" in one for one in model_report(client, result.model_id).verdict)


def test_without_calibration_the_report_says_that_thresholds_mix_models(client: Any, house: House) -> None:
    report = model_report(client, trained(client, calibrate=False).model_id)
    assert any("those of unseen gold rows are of the models of the folds" in note for note in report.notes)


def test_a_model_saved_before_has_the_report_of_what_it_kept(client: Any, house: House) -> None:
    result = trained(client)
    folder = Path(result.artifact)
    (folder / "out_of_fold.parquet").unlink()
    content = json.loads((folder / "model.json").read_text())["content"]
    edit(folder, **content)
    document = json.loads((folder / "model.json").read_text())
    for name in ("out_of_fold_sha256", "chosen"):
        del document["content"][name]
    (folder / "model.json").write_text(json.dumps(document))
    edit(folder)
    report = model_report(client, result.model_id)
    assert report.metrics == result.metrics and report.importance and not report.labels and not report.curves
    assert any("saved by an earlier version" in note for note in report.notes)
    with pytest.raises(ArtifactError, match="train it again"):
        choose_threshold(client, result.model_id, min_precision=0.5)


# ---- hidden truth ---------------------------------------------------------------------------------------------------


def test_hidden_truth_is_told_on_alerts_without_gold_and_without_any_label(
    client: Any, model: TrainingResult, house: House
) -> None:
    scored = predict(client, "simnet", DATES[1], WINDOW, model.model_id)
    without_gold, unspoken = against_truth(client, scored, "address_labels", read_truth(house.simnet.truth))
    illicit = pd.read_parquet(house.simnet.truth).set_index("address")["is_illicit"]
    alerts = client.query_df(
        "SELECT address, score FROM scored_alerts WHERE network = 'simnet' AND model_id = {model:String}",
        parameters={"model": model.model_id},
    )
    labels = client.query_df("SELECT address, strategy FROM fct_address_labels WHERE network = 'simnet'")
    for row, known in ((without_gold, labels[labels["strategy"] == "address_labels"]), (unspoken, labels)):
        rest = alerts[~alerts["address"].isin(known["address"])]
        truth = rest["address"].map(illicit)
        assert row.alerts == len(rest) and row.illicit_share == pytest.approx(truth.mean())
        assert row.auc["value"] == pytest.approx(roc_auc_score(truth, rest["score"]))
        assert row.mean_score == pytest.approx(rest["score"].mean()) and 0 < row.ece < 1
    assert 0 < unspoken.alerts < without_gold.alerts < scored.rows
    said = "\n".join(truth_lines([without_gold, unspoken]))
    assert f"{unspoken.auc['value']:.4f}" in said and f"{without_gold.alerts:,} alerts" in said


def test_the_highest_scores_are_shown_with_reasons_and_what_speaks_of_them(client: Any, model: TrainingResult) -> None:
    explained = explain(client, model.model_id, top=5, network="simnet", window_days=WINDOW)
    said = "\n".join(alert_lines(explained))
    assert all(one.alert_id in said for one in explained)
    assert said.count("raises the odds") >= 5 and any(one.votes for one in explained)
    assert ("says risky" in said) or ("labels it risky" in said)


# ---- thresholds -----------------------------------------------------------------------------------------------------


def test_fit_keeps_a_threshold_that_predict_counts_with(call: Call, house: House) -> None:
    fit = ("fit", "--network", "simnet", "--param", 'hyperparameters={"n_estimators": 30}')
    done = call(*fit, "--alert-budget", 2, "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)
    kept = read_meta(Path(result["artifact"])).chosen
    assert kept is not None and result["threshold"] == kept.model_dump(mode="json")
    assert 1.5 < kept.alerts_per_day <= 2 and kept.precision is not None and kept.note is None
    scored = json.loads(call("predict", "--network", "simnet", "--model-id", result["model_id"], "--json").out)
    assert scored["n_at_or_above"] > kept.alerts_per_day * WINDOW and scored["threshold"] == kept.threshold
    said = call("predict", "--network", "simnet", "--model-id", result["model_id"]).out
    assert f"{scored['n_at_or_above']} at or above the threshold" in said


def test_alerts_a_day_are_counted_as_if_the_model_had_seen_no_row(client: Any, house: House) -> None:
    result = trained(client, model_trainer=XGBoostTrainer({"n_estimators": 300, "max_depth": 8}))
    chosen = choose_threshold(client, result.model_id, alert_budget=2)
    folder = Path(result.artifact)
    loaded = artifact.load(folder)
    predict(client, "simnet", DATES[1], WINDOW, result.model_id)
    written = client.query_df(
        "SELECT alert_id AS id, score FROM alert_scores FINAL WHERE model_id = {model:String}",
        parameters={"model": result.model_id},
    ).set_index("id")["score"]
    unseen, seen = gold(result).set_index("id"), written.copy()
    assert loaded.meta.calibration is not None and len(unseen) > 100
    written[unseen.index] = loaded.meta.calibration.apply(unseen["raw"].to_numpy())
    above = written[written >= chosen.threshold]
    assert chosen.alerts_per_day == pytest.approx(len(above) / WINDOW) and chosen.alerts_per_day <= 2
    assert chosen.labelled_per_day == pytest.approx(above.index.isin(unseen.index).sum() / WINDOW)
    assert (seen >= chosen.threshold).sum() > 1.2 * len(above)  # what the model remembers would have filled the budget
    report = model_report(client, result.model_id)
    (row,) = (one for one in report.thresholds if one["threshold"] == chosen.threshold)
    assert row["alerts_per_day"] == chosen.alerts_per_day
    said = f"{chosen.alerts_per_day:.1f} alerts a day, of which {chosen.labelled_per_day:.1f} a day have a gold label already"
    assert any(said in sentence for sentence in report.verdict)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        (
            {"min_precision": 1.0, "model_trainer": XGBoostTrainer({"n_estimators": 1, "max_depth": 1})},
            NotEnoughLabelsError,
            "kept",
        ),
        ({"alert_budget": 5, "model_trainer": ConstantTrainer()}, UsageError, "not kept.*no threshold keeps to 5 a day"),
        ({"min_precision": 0.5, "alert_budget": 3}, UsageError, "give one of the two"),
    ],
)
def test_a_rule_that_no_threshold_follows_leaves_no_model_behind(
    client: Any, house: House, tmp_path: Path, options: dict[str, Any], error: type[Exception], match: str
) -> None:
    before = [one["model_id"] for one in list_models(client)]
    with pytest.raises(error, match=match):
        trained(client, artifacts=tmp_path, **options)
    assert [one["model_id"] for one in list_models(client)] == before and not list(tmp_path.iterdir())


def test_a_least_precision_of_a_ranker_is_refused_before_anything_is_read(client: Any) -> None:
    with pytest.raises(UsageError, match="only order rows"):
        ModelTraining("nowhere", *DATES, client, "alert_ranker", min_precision=0.5).run()


def test_a_rule_that_rules_nothing_out_says_so(call: Call, client: Any, model: TrainingResult) -> None:
    fit = ("fit", "--network", "simnet", "--param", 'hyperparameters={"n_estimators": 30}', "--json")
    done = call(*fit, "--alert-budget", 50)
    chosen, every = json.loads(done.out)["threshold"], f"only {2000 / WINDOW:.1f}"
    assert every in chosen["rule"] and chosen["alerts_per_day"] == pytest.approx(2000 / WINDOW)
    assert f"{every} alerts a day, no more than the budget of 50: every alert is at or above" in " ".join(done.err.split())
    assert chosen["note"] in model_report(client, json.loads(done.out)["model_id"]).verdict
    loose = choose_threshold(client, model.model_id, min_precision=0.01)
    assert "which all of them together reach" in loose.rule and loose.note and "leaves none out" in loose.note
    assert choose_threshold(client, model.model_id, min_precision=0.7).note is None
