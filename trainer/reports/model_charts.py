"""The figures of a model's report: each a chart, a sentence that says what it shows, and its figures as a table."""

from __future__ import annotations

from typing import Any

from trainer.reports import model_tables as tables
from trainer.reports.grain import grains_of
from trainer.reports.model_figures.verdict import DIMENSIONS
from trainer.reports.page import Figure, charts
from trainer.reports.page.palette import BLUE, RED
from trainer.reports.page.table import percent, with_interval

Report = dict[str, Any]
LABELS_SHOWN = 12
CROSS_FITTED = (
    "Here each row's score is calibrated by a map that was fitted to the other folds, as an unseen row's would be. Thresholds "
    "and the other curves use the saved map, fitted to all of these rows, so that their scores differ a little."
)


def labels(report: Report) -> list[Figure]:
    """Return risky and benign labels by source."""
    rows = [
        {"name": row["source"], "kind": kind, "count": row[key]}
        for row in report["labels"][:LABELS_SHOWN]
        for key, kind in (("positive", "risky"), ("negative", "benign"))
    ]
    if not any(row["count"] for row in rows):
        return []
    drawn = charts.stacked_bars(rows, [("risky", RED), ("benign", BLUE)], "labels")
    most = max(report["labels"], key=lambda row: row["positive"] + row["negative"])
    summary = f"Bars of risky and benign labels by source; {most['source']} has the most."
    return [Figure("labels", "Labels by source", summary, drawn)]


def discrimination(report: Report) -> list[Figure]:
    """Return ROC, precision–recall and lift, those that there are."""
    found: list[Figure] = []
    line: list[dict[str, float]]
    curves, chosen = report["curves"], report["chosen"]
    if rows := curves.get("roc"):
        axes = ("false_positive_rate", "false positive rate"), ("true_positive_rate", "true positive rate")
        line = [{axes[0][0]: end, axes[1][0]: end} for end in (0, 1)]
        note = _sentences(report, "auc", "Area under the curve (AUC)", "The dashed line is chance.")
        drawn = charts.curve(rows, *axes, line, _at(rows, chosen))
        summary = f"ROC curve: true positive rate against false positive rate. {note}"
        found.append(Figure("roc", "ROC curve", summary, drawn, tables.curve(report, "roc"), note))
    if rows := curves.get("precision_recall"):
        base = _prevalence(report)
        line = [] if base is None else [{"recall": end, "precision": base} for end in (0, 1)]
        dashed = "" if base is None else f"The dashed line is the share of risky rows, {percent(base)}."
        note = _sentences(report, "average_precision", "Average precision", dashed)
        drawn = charts.curve(rows, ("recall", "recall"), ("precision", "precision"), line, _at(rows, chosen))
        table = tables.curve(report, "precision_recall")
        found.append(Figure("precision-recall", "Precision and recall", f"Precision against recall. {note}", drawn, table, note))
    if rows := curves.get("lift"):
        line = [{"share": end, "lift": 1} for end in (0, 1)]
        drawn = charts.curve(rows, ("share", "share of rows, highest scores first"), ("lift", "lift"), line, y_is_share=False)
        tenth = min(rows, key=lambda row: abs(row["share"] - 0.1))
        note = f"Among the highest {percent(tenth['share'])} of rows, risky ones are {tenth['lift']:.1f} times as frequent "
        note += "as among all, the dashed line."
        found.append(Figure("lift", "Lift", f"Lift against the share of rows. {note}", drawn, tables.curve(report, "lift"), note))
    return found


def _sentences(report: Report, metric: str, name: str, reference: str) -> str:
    """Return a metric with its interval, if it is known, and what a chart's dashed line is."""
    one = report["metrics"].get(metric)
    return " ".join(part for part in (f"{name} {with_interval(one)}." if one else "", reference) if part)


def calibration(report: Report) -> list[Figure]:
    """Return the reliability curve and the scores of each class, those that there are."""
    found, is_calibrated = [], report["model"].get("is_calibrated")
    if rows := report["curves"].get("reliability"):
        summary = (
            "Observed share of risky rows against the mean score, by bins of scores; on the diagonal, scores are probabilities."
        )
        note = "On the dashed line a score is the probability of being risky. Lines are 95 % intervals."
        note += f" {CROSS_FITTED}" if is_calibrated else ""
        table = tables.reliability(report)
        found.append(Figure("reliability", "Reliability", summary, charts.reliability(rows), table, note))
    if rows := report["curves"].get("histogram"):
        summary = "Share of risky rows (upwards) and of benign rows (downwards) by score."
        drawn, table = charts.histogram(rows), tables.histogram(report)
        note = "Scores are calibrated as those of Reliability are." if is_calibrated else ""
        found.append(Figure("histogram", "Scores by class", summary, drawn, table, note))
    return found


def thresholds(report: Report) -> list[Figure]:
    """Return precision, recall and alerts (or what else is scored) a day against the threshold, those that there are."""
    rows, chosen, found = report["thresholds"], report["chosen"], []
    said = f" The chosen threshold is {chosen['threshold']:.4f}." if chosen else ""
    if any(row["precision"] or row["recall"] for row in rows):
        drawn = charts.precision_and_recall(rows, chosen)
        summary = f"Precision and recall against the threshold.{said}"
        note = "Bands are 95 % intervals."
        title, table = "Precision and recall by threshold", tables.precision_and_recall(report)
        found.append(Figure("by-threshold", title, summary, drawn, table, note))
    if any(row["alerts_per_day"] is not None for row in rows):
        what = f"{grains_of(report)[1]} a day"
        drawn, table = charts.alerts_per_day(rows, chosen, what), tables.alerts_per_day(report)
        summary = f"{what.capitalize()} against the threshold.{said}"
        found.append(Figure("alerts-a-day", table.title, summary, drawn, table))
    return found


def breakdown(report: Report, dimension: str) -> list[Figure]:
    """Return the AUC of each group of a dimension; none where no group has one."""
    rows = [row["auc"] | {"name": row["name"]} for row in report["breakdown"][dimension] if row["auc"] is not None]
    if not rows:
        return []
    overall = report["metrics"].get("auc")
    drawn = charts.estimates(rows, "AUC, 95 % interval", overall["value"] if overall else None)
    worst, best = min(rows, key=lambda row: row["value"]), max(rows, key=lambda row: row["value"])
    title = f"AUC by {DIMENSIONS[dimension]}"
    summary = f"{title}: from {worst['value']:.3f} ({worst['name']}) to {best['value']:.3f} ({best['name']})."
    note = "The dashed line is the AUC on all rows." if overall else ""
    return [Figure(f"by-{dimension.replace('_', '-')}", title, summary, drawn, note=note)]


def features(report: Report) -> list[Figure]:
    """Return importance, contributions and families, those that there are."""
    rows, found = report["importance"], []
    if rows:
        title = "Importance and direction"
        summary = (
            f"Bars of the importance of {len(rows)} features; {rows[0]['feature']} has the most, {percent(rows[0]['share'])}."
        )
        found.append(Figure("importance", title, summary, charts.importance(rows)))
        if (drawn := charts.contributions(rows)) is not None:
            summary = "Contributions to the score by feature, one point per row, coloured by the value of the feature."
            note = "A point is a row: right of 0 the feature raised its score."
            found.append(Figure("contributions", "Contributions by value", summary, drawn, tables.contributions(report), note))
    if families := report["families"]:
        bars = charts.bars(
            [{"name": row["family"], "value": row["share"]} for row in families], "share of the total contribution"
        )
        summary = f"Importance by family of features; {families[0]['family']} has {percent(families[0]['share'])}."
        found.append(Figure("families", "Importance by family", summary, bars, tables.families(report)))
    return found


def comparison(found: dict[str, Any]) -> list[Figure]:
    """Return the differences of each candidate from the baseline."""
    rows = [
        entry["difference"]["auc"] | {"name": entry["candidate"]} for entry in found["entries"] if entry["difference"].get("auc")
    ]
    if not rows:
        return []
    baseline = found["entries"][0]["candidate"]
    summary = f"Differences of AUC from the baseline {baseline}, with simultaneous 95 % intervals, for {len(rows)} candidates."
    return [Figure("differences", "Difference from the baseline", summary, charts.forest(rows, "AUC − baseline"))]


def _at(rows: list[dict[str, float]], chosen: Report | None) -> dict[str, Any] | None:
    """Return the point of a curve that is nearest to the chosen threshold."""
    if chosen is None:
        return None
    nearest = min(rows, key=lambda row: abs((row["threshold"] if row["threshold"] is not None else 2) - chosen["threshold"]))
    return nearest | {"threshold": chosen["threshold"]}


def _prevalence(report: Report) -> float | None:
    bins = report["curves"].get("histogram") or []
    positive = sum(row["positive"] for row in bins)
    rows = positive + sum(row["negative"] for row in bins)
    return positive / rows if rows else None
