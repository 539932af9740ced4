"""The registered models as a table: how each is graded, what it was trained on, and the parameters in which they differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from trainer.errors import UsageError
from trainer.reports.page.table import MISSING, Column, Table, count, table, text, with_interval

Row = dict[str, Any]
CREATED = "created"
LOWER_IS_BETTER = ("brier", "log_loss")
SORTS = (CREATED, "auc", "average_precision", *LOWER_IS_BETTER, "labels")
SHOWN_PARAMETERS = 60  # characters


def sorted_models(models: Sequence[Row], by: str = CREATED) -> list[Row]:
    """Return models, given the newest first, sorted by one of SORTS: the newest, the best or those with most labels first.

    Raises:
        UsageError: there is no such order.
    """
    if by not in SORTS:
        raise UsageError(f"--sort '{by}' is none of {', '.join(SORTS)}.")
    if by == CREATED:
        return list(models)
    if by == "labels":
        return sorted(models, key=lambda one: -one["num_samples"])
    sign = 1 if by in LOWER_IS_BETTER else -1
    graded = sorted((one for one in models if by in one["metrics"]), key=lambda one: sign * one["metrics"][by]["value"])
    return graded + [one for one in models if by not in one["metrics"]]


def model_table(models: Sequence[Row]) -> Table:
    """Return a table with a row per model, in the order given; a model's `problem` says why `latest` does not mean it."""
    differing = differing_options(models)
    columns: list[Column] = [
        text("model_id", "model"),
        text("model_type", "type"),
        ("snapshots", False, lambda row: f"{row['network']} {row['window_days']}"),
        ("AUC", True, lambda row: with_interval(row["metrics"].get("auc"), 3)),
        ("avg. precision", True, lambda row: _value(row, "average_precision")),
        count("num_samples", "labels"),
        text("label_strategy"),
        ("parameters", False, lambda row: _shown(row, differing)),
        ("created", False, lambda row: f"{row['created_at']:%Y-%m-%d %H:%M}"),
    ]
    if any(row["problem"] for row in models):
        columns.append(("passed over by latest", False, lambda row: row["problem"] or MISSING))
    note = (
        "AUC and average precision on unseen rows with a gold label, AUC with its 95 % interval; labels are labelled rows; "
        "parameters are those in which listed models of one kind differ."
    )
    return replace(table("models", "Models", note, columns, list(models)), unbroken=("model",))


def differing_options(models: Sequence[Row]) -> dict[str, list[str]]:
    """Return trainer → the names of the parameters in which its models differ."""
    options: dict[str, list[Row]] = {}
    for model in models:
        options.setdefault(model["model_name"], []).append(_parameters(model))
    return {
        name: [key for key in dict.fromkeys(key for one in of for key in one) if len({_text(one.get(key)) for one in of}) > 1]
        for name, of in options.items()
    }


def _parameters(model: Row) -> Row:
    """Return a model's parameters by the names that `fit --param` takes."""
    options = dict(model["options"])
    return options | (options.pop("hyperparameters", None) or {})


def _value(row: Row, metric: str) -> str:
    found = row["metrics"].get(metric)
    return MISSING if found is None else f"{found['value']:.3f}"


def _shown(row: Row, differing: dict[str, list[str]]) -> str:
    parameters = _parameters(row)
    shown = ", ".join(f"{name}={_text(parameters[name])}" for name in differing[row["model_name"]] if name in parameters)
    if not shown and differing[row["model_name"]]:
        return "defaults"
    return (shown if len(shown) <= SHOWN_PARAMETERS else f"{shown[: SHOWN_PARAMETERS - 1]}…") or MISSING


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
