"""Collects the label report of a snapshot: the audits that dbt builds, the trained models and, if given, ground truth."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, NotBuiltError
from trainer.keys import WHERE_SNAPSHOT
from trainer.registry import registry
from trainer.shown import Shown
from trainer.warehouse import one_build, require_table

if TYPE_CHECKING:
    from trainer.labels import Truth
    from trainer.warehouse import Client

Rows = list[dict[str, Any]]
SHOWN_CONFLICTS = 50
AUDITS = (
    "int_label_votes",
    "fct_address_labels",
    "fct_label_rule_summary",
    "fct_label_conflicts",
    "fct_label_source_summary",
    "int_label_source_pairs",
    "fct_label_drift",
    "fct_label_rule_accuracy",
)
_KEYS = ("network", "processing_date", "window_days")


@dataclass(frozen=True, repr=False)
class LabelReport(Shown):
    """The label audits of one snapshot, each a list of rows; shares and accuracies are in [0, 1], None where undefined.

    Attributes:
        rules: coverage, overlap, conflict and accuracy per rule (`fct_label_rule_summary`).
        learned: accuracy per voice, vote and confidence step, as learned by the label model (`fct_label_rule_accuracy`).
        strategies: label counts per label strategy.
        sources, overlaps: publishers (`fct_label_source_summary`) and pairs of them (`int_label_source_pairs`).
        conflict_counts, conflicts: conflicting addresses by kind, and the first SHOWN_CONFLICTS of them, gold labels first.
        drift: every step of the snapshot's network and window up to its date (`fct_label_drift`).
        models: the trained models of the network and window.
        truth, truth_scores: labels and scores graded against ground truth; None if none was given.
    """

    network: str
    processing_date: date
    window_days: int
    rules: Rows
    learned: Rows
    strategies: Rows
    sources: Rows
    overlaps: Rows
    conflict_counts: Rows
    conflicts: Rows
    drift: Rows
    models: Rows
    truth: Rows | None = None
    truth_scores: Rows | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        snapshot = f"{self.network} {self.processing_date} {self.window_days}"
        return {"snapshot": snapshot} | {name: len(getattr(self, name)) for name in ("rules", "strategies", "sources", "models")}

    def _repr_html_(self) -> str:
        """Return the page of the report in a frame of its own, so that the notebook's style and the page's stay apart."""
        from trainer.reports.label_page import label_page
        from trainer.reports.page import framed

        return framed("Report of labels", label_page(self))


def label_report(
    client: Client,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    truth: Truth | None = None,
) -> LabelReport:
    """Read the audits of a snapshot.

    Args:
        network, window_days: may be omitted if the warehouse has labels of only one.
        processing_date: the last date with labels if omitted.
        truth: ground truth to grade labels and scores against.

    Raises:
        NotBuiltError: dbt has not run, or nothing is labelled.
        BadInputError: several snapshots match (the message lists them), or none of the matching ones has labels.
    """
    with one_build(client):
        return _read(client, _snapshot(client, network, processing_date, window_days), truth)


def _read(client: Client, key: dict[str, Any], truth: Truth | None) -> LabelReport:
    models = _models(client, key)
    return LabelReport(
        **key,
        rules=_audit(client, "fct_label_rule_summary", key, "kind = 'gold' DESC, rule_id"),
        learned=_audit(client, "fct_label_rule_accuracy", key, "voice, vote, confidence_step"),
        strategies=_strategies(client, key),
        sources=_audit(client, "fct_label_source_summary", key, "labels DESC, source"),
        overlaps=_audit(client, "int_label_source_pairs", key, "source, other_source"),
        conflict_counts=_conflict_counts(client, key),
        conflicts=_audit(
            client,
            "fct_label_conflicts",
            key,
            f"is_among_gold DESC, kind_of_conflict DESC, voice_count DESC, address LIMIT {SHOWN_CONFLICTS}",
        ),
        drift=_drift(client, key),
        models=models,
        truth=None if truth is None else truth.of_labels(client, key),
        truth_scores=None if truth is None else truth.of_scores(client, key, models),
    )


def _snapshot(client: Client, network: str | None, day: date | None, window_days: int | None) -> dict[str, Any]:
    for table in AUDITS:
        require_table(client, table, "is_old" if table == "fct_label_source_summary" else "")
    query = (
        "SELECT network, window_days, arraySort(groupUniqArray(processing_date)) AS days FROM int_label_votes "
        "GROUP BY network, window_days ORDER BY network, window_days"
    )
    labelled = client.query(query).result_rows
    if not labelled:
        raise NotBuiltError("There are no labels (0 votes); run `trainer ingest` or `trainer labels add`, then `dbt run`.")
    matching = [row for row in labelled if network in (None, row[0]) and window_days in (None, row[1])]
    matching = [row for row in matching if day is None or day in row[2]]
    if len(matching) != 1:
        choices = "; ".join(
            f"--network {name} --window-days {window} (--processing-date {', '.join(map(str, days))})"
            for name, window, days in matching or labelled
        )
        problem = "Several snapshots match; give one of" if matching else "That snapshot has no labels; snapshots with labels"
        raise BadInputError(f"{problem}: {choices}.")
    ((name, window, days),) = matching
    return {"network": name, "processing_date": day or days[-1], "window_days": window}


def _rows(client: Client, query: str, parameters: dict[str, Any]) -> Rows:
    result = client.query(query, parameters=parameters)
    return [{name: value for name, value in row.items() if name not in _KEYS} for row in result.named_results()]


def _audit(client: Client, model: str, key: dict[str, Any], order: str) -> Rows:
    return _rows(client, f"SELECT * FROM {model} WHERE {WHERE_SNAPSHOT} ORDER BY {order}", key)


def _strategies(client: Client, key: dict[str, Any]) -> Rows:
    # Summed as integers (millionths), so that the result does not depend on the order of the rows.
    query = f"""
        SELECT strategy, count() AS labels, countIf(label = 1) AS risky_labels, labels - risky_labels AS benign_labels,
            risky_labels / labels AS risky_share, countIf(is_conflict) / labels AS conflict_share,
            sum(toInt64(round(label_confidence * 1000000))) / labels / 1000000 AS mean_confidence
        FROM fct_address_labels WHERE {WHERE_SNAPSHOT} GROUP BY strategy ORDER BY strategy
    """
    return _rows(client, query, key)


def _conflict_counts(client: Client, key: dict[str, Any]) -> Rows:
    query = f"""
        SELECT kind_of_conflict, is_among_gold, count() AS addresses FROM fct_label_conflicts
        WHERE {WHERE_SNAPSHOT} GROUP BY kind_of_conflict, is_among_gold ORDER BY is_among_gold DESC, kind_of_conflict DESC
    """
    return _rows(client, query, key)


def _drift(client: Client, key: dict[str, Any]) -> Rows:
    query = """
        SELECT previous_date, processing_date AS next_date, * EXCEPT (previous_date, processing_date) FROM fct_label_drift
        WHERE network = {network:String} AND window_days = {window_days:UInt32} AND processing_date <= {processing_date:Date}
        ORDER BY next_date, drift_of DESC, name
    """
    return _rows(client, query, key)


def _models(client: Client, key: dict[str, Any]) -> Rows:
    """Return the models of the network and window, by strategy and descending AUC."""
    models = [
        {
            "label_strategy": model["label_strategy"],
            "model": model["model_name"],
            "model_type": model["model_type"],
            "model_id": model["model_id"],
            "auc": model["metrics"].get("auc"),
            "graded_rows": _graded_rows(Path(model["model_path"])),
            "training_rows": model["num_samples"],
            "created_at": model["created_at"],
        }
        for model in registry.list_models(client)
        if (model["network"], model["window_days"]) == (key["network"], key["window_days"])
    ]
    return sorted(models, key=lambda one: (one["label_strategy"], -one["auc"]["value"] if one["auc"] else 0, one["model_id"]))


def _graded_rows(folder: Path) -> int | None:
    """Return how many rows a model was graded on, from its files (the registry has no such column); None if they are gone."""
    try:
        return int(json.loads((folder / "model.json").read_text(encoding="utf-8"))["content"]["n_test"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
