"""Renders a model's report as one self-contained HTML page, or as a model card without addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainer.reports import model_charts, model_tables
from trainer.reports.grain import grains_of
from trainer.reports.model_figures.verdict import DIMENSIONS
from trainer.reports.page import MISSING, Entry, Page, Section, Table, plain, render
from trainer.reports.page.table import percent, with_interval
from trainer.reports.redaction import without_addresses

if TYPE_CHECKING:
    from trainer.reports.model_report import ModelReport

Report = dict[str, Any]
KEY_METRICS = ("auc", "average_precision", "brier")
FACTS = ["model_id", "model", "model_type", "label_strategy", "network", "window_days", "start_date", "end_date", "created_at"]
COUNTS = ["seed", "n_train", "n_positive", "n_test", "n_features", "calibration"]
FINGERPRINTS = ["data_fingerprint", "file_sha256", "git_commit"]


def model_page(report: ModelReport, card: bool = False) -> str:
    """Return the page as HTML. All texts are escaped, so that no name in the data can inject markup.

    Args:
        card: render a model card: the same page without addresses and identifiers of alerts.
    """
    values = _printable(report.as_dict())
    if card:
        values = without_addresses(values)
    model = values["model"]
    what = "Model card" if card else "Report"
    lead = _lead(model)
    sections = [
        _training(values),
        _metrics(values),
        _curves(values),
        _thresholds(values),
        _features(values),
        _alerts(values, card),
        _comparison(values),
        _facts(values),
    ]
    title = f"{what}: {model.get('model_id', 'model')}"
    return render(Page(title, lead, [one for one in sections if one], values["verdict"], _key_figures(values)))


def _lead(model: Report) -> str:
    strategy, network = model.get("label_strategy", "unknown"), model.get("network", "unknown")
    dates = " to ".join(sorted({str(model[key]) for key in ("start_date", "end_date") if model.get(key)}))
    days = model.get("window_days", MISSING)
    return (
        f"{model.get('model', 'A model')}, trained on {strategy} labels of {network}, {dates or MISSING}, a window of {days} "
        "days. Intervals are 95 % confidence intervals."
    )


def _printable(value: Any) -> Any:
    """Return plain values with control characters replaced in every text: they may reorder what a reader sees."""
    if isinstance(value, dict):
        return {plain(key): _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return plain(value) if isinstance(value, str) else value


def _key_figures(report: Report) -> list[tuple[str, str, str]]:
    found = []
    for name in KEY_METRICS:
        if one := report["metrics"].get(name):
            value, _, interval = with_interval(one).partition(" ")
            found.append((model_tables.METRICS[name], value, interval))
    for name, key in (("rows trained on", "n_train"), ("of them risky", "n_positive"), ("unseen rows", "n_test")):
        if report["model"].get(key) is not None:
            found.append((name, f"{report['model'][key]:,}", ""))
    return found


def _training(report: Report) -> Section:
    model, split = report["model"], report["split"]
    notes = [" ".join(_sentence(split[key]) for key in ("description", "why") if split.get(key))]
    if model.get("n_train") and model.get("n_positive") is not None:
        balance = percent(model["n_positive"] / model["n_train"])
        notes.insert(0, f"{model['n_train']:,} labelled rows, {model['n_positive']:,} of them risky ({balance}).")
    tables = _with_rows([model_tables.labels(report), model_tables.folds(report)])
    return Section("training", "What it was trained on", [one for one in notes if one], model_charts.labels(report), tables)


def _metrics(report: Report) -> Section:
    parts: list[Section] = []
    for dimension, rows in report["breakdown"].items():
        if rows:
            title = f"By {DIMENSIONS[dimension]}"
            name = f"metrics-{len(parts) + 1}"
            figures = model_charts.breakdown(report, dimension)
            parts.append(Section(name, title, figures=figures, tables=[model_tables.breakdown(report, dimension)]))
    notes = [] if report["metrics"] else ["There are no metrics: the unseen gold rows lack a class, or there are none."]
    return Section(
        "metrics", "Metrics", notes, tables=_with_rows([model_tables.metrics(report), model_tables.networks(report)]), parts=parts
    )


def _curves(report: Report) -> Section:
    figures = model_charts.discrimination(report) + model_charts.calibration(report)
    notes = ["All curves are drawn on unseen gold rows."] if figures else ["There are no curves without metrics."]
    return Section("curves", "Curves", notes, figures)


def _thresholds(report: Report) -> Section:
    notes = []
    if not report["thresholds"]:
        notes = ["There is no table of thresholds without unseen gold rows of both classes."]
    elif report["chosen"] is None:
        notes = ["No threshold is kept with the model; `trainer report` with --alert-budget or --min-precision chooses one."]
    tables = _with_rows([model_tables.chosen(report)])
    return Section("thresholds", "Thresholds", notes, model_charts.thresholds(report), tables)


def _features(report: Report) -> Section:
    notes = [report["importance_method"]] if report["importance_method"] else []
    if not report["importance"]:
        notes.append("There are no contributions of features to show.")
    tables = _with_rows([model_tables.importance(report)])
    return Section("features", "What the model leans on", notes, model_charts.features(report), tables)


def _alerts(report: Report, card: bool) -> Section:
    (grain, grains), notes = grains_of(report), []
    if not report["top_alerts"]:
        notes = [f"There are no scored {grains} to show."]
    elif card:
        notes = ["Addresses and identifiers are left out; labels, rules and flows are counted."]
    entries = [
        Entry(
            grain.capitalize() if card else row["alert_id"],
            f"{row['score']:.4f}",
            row["sentences"],
            "" if card or row["address"] == row["alert_id"] else row["address"],
        )
        for row in report["top_alerts"]
    ]
    return Section("highest", f"The highest {grains}", notes, entries=entries)


def _comparison(report: Report) -> Section | None:
    found = report["comparison"]
    if found is None:
        return None
    notes = [*found["sentences"], f"{found['n_gold']:,} gold rows, {found['n_gold_positive']:,} of them risky: {found['split']}"]
    return Section("comparison", "Comparison", notes, model_charts.comparison(found), [model_tables.comparison(found)])


def _facts(report: Report) -> Section:
    tables = [
        model_tables.facts(report, "model", "Model", FACTS + COUNTS),
        model_tables.settings(report, "parameters", "Parameters"),
        model_tables.settings(report, "versions", "Versions"),
        model_tables.facts(report, "fingerprints", "Fingerprints", FINGERPRINTS),
    ]
    parts = [Section("missing", "What is missing from this report", report["notes"])] if report["notes"] else []
    return Section("facts", "Parameters, versions, fingerprints", tables=_with_rows(tables), parts=parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _with_rows(tables: list[Table]) -> list[Table]:
    return [one for one in tables if one.rows]
