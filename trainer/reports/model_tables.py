"""The tables of a model's report, from its plain values."""

from __future__ import annotations

from typing import Any

from trainer.reports.grain import grains_of
from trainer.reports.model_figures.verdict import DIMENSIONS
from trainer.reports.page.charts.features import PARTS, fifth
from trainer.reports.page.table import (
    MISSING,
    Table,
    count,
    decimal,
    estimate,
    number,
    plain,
    share,
    share_estimate,
    table,
    text,
    with_interval,
)

METRICS = {
    "auc": "AUC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "log_loss": "log loss",
}
FACTS = {"n_train": "labelled rows", "n_positive": "risky rows", "n_test": "unseen gold rows", "n_features": "features"}
CURVES: dict[str, tuple[str, list[tuple[str, str, int]]]] = {
    "roc": ("ROC curve", [("threshold", "", 4), ("false_positive_rate", "", 4), ("true_positive_rate", "", 4)]),
    "precision_recall": ("Precision and recall", [("threshold", "", 4), ("recall", "", 4), ("precision", "", 4)]),
    "lift": ("Lift", [("share", "share of rows", 4), ("lift", "", 3)]),
}


def labels(report: dict[str, Any]) -> Table:
    """Return the labels by source."""
    columns = [text("source"), count("positive", "risky"), count("negative", "benign"), decimal("mean_weight", digits=2)]
    return table("labels", "Labels by source", "Labels that the model was trained on.", columns, report["labels"])


def folds(report: dict[str, Any]) -> Table:
    """Return the held-out parts of the split."""
    columns = [text("fold"), count("rows"), count("positive", "risky"), text("first_date", "from"), text("last_date", "to")]
    return table("folds", "Held-out rows by fold", "", columns, report["split"].get("folds", []))


def metrics(report: dict[str, Any]) -> Table:
    """Return every metric with its interval."""
    rows = [{"metric": METRICS.get(name, name.replace("_", " "))} | one for name, one in report["metrics"].items()]
    columns = [text("metric"), *(decimal(name, digits=4) for name in ("value", "low", "high"))]
    return table("metrics", "Metrics on unseen gold rows", "Low and high end a 95 % interval.", columns, rows)


def networks(report: dict[str, Any]) -> Table:
    """Return the metrics of each of several networks, and those of a model of the others; without rows for one network."""
    columns = [
        text("network"),
        count("n_train", "trained on"),
        count("n_positive", "risky"),
        count("n_test", "unseen gold rows"),
        estimate("auc", "AUC", 3),
        estimate("average_precision", "average precision", 3),
        estimate("left_out_auc", "AUC, left out", 3),
    ]
    rows = [{"network": name} | _of_network(one) for name, one in (report["model"].get("by_network") or {}).items()]
    if all(row["left_out_auc"] is None for row in rows):
        columns.pop()
    note = (
        "Left out: a model of the other networks, on the same unseen rows. That is what to expect on a network that the model "
        "was not trained on."
    )
    return table("by-network", "Metrics by network", note if len(columns) == 7 else "", columns, rows)


def _of_network(one: dict[str, Any]) -> dict[str, Any]:
    left_out = (one.get("left_out") or {}).get("metrics") or {}
    found = {name: one[name] for name in ("n_train", "n_positive", "n_test")}
    found |= {name: one["metrics"].get(name) for name in ("auc", "average_precision")}
    return found | {"left_out_auc": left_out.get("auc")}


def breakdown(report: dict[str, Any], dimension: str) -> Table:
    """Return AUC and average precision of each group of a dimension."""
    columns = [
        text("name", DIMENSIONS[dimension]),
        count("rows"),
        count("positive", "risky"),
        estimate("auc", "AUC", 3),
        estimate("average_precision", "average precision", 3),
    ]
    rows = report["breakdown"][dimension]
    if any(row.get("reason") for row in rows):
        columns.append(("not measured because", False, lambda row: row.get("reason") or MISSING))
    title = f"Metrics by {DIMENSIONS[dimension]}"
    return table(f"by-{dimension.replace('_', '-')}", title, "", columns, rows)


def curve(report: dict[str, Any], name: str) -> Table:
    """Return the points of a curve."""
    title, parts = CURVES[name]
    columns = [decimal(key, header, digits) for key, header, digits in parts]
    return table(name.replace("_", "-"), title, "", columns, report["curves"][name])


def reliability(report: dict[str, Any]) -> Table:
    """Return predicted and observed shares by bin of scores."""
    columns = [decimal("mean_score"), decimal("observed", "share of risky rows"), decimal("low"), decimal("high"), count("rows")]
    return table("reliability", "Reliability", "", columns, report["curves"]["reliability"])


def histogram(report: dict[str, Any]) -> Table:
    """Return the rows of each class by bin of scores."""
    columns = [decimal("low", "score from"), decimal("high", "to"), count("positive", "risky"), count("negative", "benign")]
    return table("histogram", "Scores by class", "", columns, report["curves"]["histogram"])


def precision_and_recall(report: dict[str, Any]) -> Table:
    """Return precision and recall of each threshold."""
    columns = [decimal("threshold", digits=4), share_estimate("precision"), share_estimate("recall")]
    return table("by-threshold", "Precision and recall by threshold", "", columns, report["thresholds"])


def alerts_per_day(report: dict[str, Any]) -> Table:
    """Return how many alerts, or other rows, a day reach each threshold."""
    _, grains = grains_of(report)
    columns = [
        decimal("threshold", digits=4),
        decimal("alerts_per_day", f"{grains} a day", 1),
        share("share_of_alerts", f"share of {grains}"),
    ]
    return table("alerts-a-day", f"{grains.capitalize()} a day by threshold", "", columns, report["thresholds"])


def chosen(report: dict[str, Any]) -> Table:
    """Return the threshold kept with the model; without rows if there is none."""
    columns = [
        text("rule", "chosen by"),
        decimal("threshold", digits=4),
        share_estimate("precision"),
        share_estimate("recall"),
        decimal("alerts_per_day", f"{grains_of(report)[1]} a day", 1),
    ]
    return table("chosen", "Chosen threshold", "", columns, [report["chosen"]] if report["chosen"] else [])


def importance(report: dict[str, Any]) -> Table:
    """Return the most important features."""
    columns = [
        text("feature"),
        text("family"),
        share("share"),
        decimal("mean_abs", "mean absolute contribution", 4),
        text("direction", "higher values"),
        text("description"),
    ]
    rows = [row | {"direction": row["direction"].removeprefix("higher ")} for row in report["importance"]]
    return table("importance", "The most important features", "", columns, rows)


def contributions(report: dict[str, Any]) -> Table:
    """Return the mean contribution of each feature by fifths of its value."""
    rows = [{"feature": row["feature"]} | _by_fifth(row["points"]) for row in report["importance"]]
    columns = [text("feature"), *(decimal(part, digits=3) for part in PARTS)]
    return table("contributions", "Mean contribution by fifths of the value", "", columns, rows)


def _by_fifth(points: list[dict[str, Any]]) -> dict[str, float | None]:
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for point in points:
        if point["percentile"] is not None:
            found[fifth(point["percentile"])].append(point["contribution"])
    return {part: sum(values) / len(values) if values else None for part, values in found.items()}


def families(report: dict[str, Any]) -> Table:
    """Return the share of each family of features."""
    return table("families", "Importance by family", "", [text("family"), share("share")], report["families"])


def comparison(found: dict[str, Any]) -> Table:
    """Return the leaderboard of a comparison."""
    columns = [
        text("candidate"),
        ("AUC", True, lambda row: with_interval(row["metrics"].get("auc"), 4)),
        ("average precision", True, lambda row: with_interval(row["metrics"].get("average_precision"), 4)),
        ("AUC − baseline", True, lambda row: with_interval(row["difference"].get("auc"), 4, "+")),
        count("n_train", "trained on"),
        ("s to fit", True, lambda row: number(row["seconds"].get("fit"), 1)),
        text("problem"),
    ]
    rows = [entry | {"problem": entry["problem"] or None} for entry in found["entries"]]
    if all(row["problem"] is None for row in rows):
        columns.pop()
    note = "The first is the baseline. Intervals of differences are simultaneous: one without 0 is a real difference."
    return table("comparison", "Leaderboard", note, columns, rows)


def facts(report: dict[str, Any], name: str, title: str, keys: list[str]) -> Table:
    """Return facts of the model, those that there are."""
    model = report["model"]
    rows = [{"fact": FACTS.get(key, key.replace("_", " ")), "value": model[key]} for key in keys if model.get(key) is not None]
    return table(name, title, "", [text("fact"), ("value", False, lambda row: _shown(row["value"]))], rows)


def settings(report: dict[str, Any], key: str, title: str) -> Table:
    """Return a dictionary of the model, such as its parameters or versions, as a table."""
    rows = [{"name": name, "value": value} for name, value in (report["model"].get(key) or {}).items()]
    return table(key, title, "", [text("name"), ("value", False, lambda row: _shown(row["value"]))], rows)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(one)}" for key, one in value.items()) or MISSING
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or MISSING
    return plain(value)
