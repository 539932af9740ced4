"""Formats a label report as tables of text, for the terminal and for the HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainer.reports.page.table import MISSING, Table, count, decimal, percent, plain, share, table, text

if TYPE_CHECKING:
    from trainer.labels import LabelSource
    from trainer.reports.label_report import LabelReport, Rows

CONFLICT_KINDS = {"opinion": "risky or benign", "name": "category of risk"}
"""What the labels of an address disagree about: `kind_of_conflict` of `fct_label_conflicts` → text."""


def interval(row: dict[str, Any], name: str) -> str:
    """Return the share `name` of a row with its 95 % interval (`name`_low, `name`_high) in per cent, or a dash for None."""
    if row.get(name) is None:
        return MISSING
    low, high = max(0.0, row[f"{name}_low"]), row[f"{name}_high"]  # rounding may leave -1e-17
    return f"{100 * row[name]:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def tables(report: LabelReport) -> list[Table]:
    """Return the tables of a report that have rows, in reading order."""
    candidates = [
        _rules(report),
        _related(report),
        _learned(report.learned),
        _strategies(report.strategies),
        _sources(report.sources),
        _counts(report.conflict_counts),
        _conflicts(report.conflicts),
        _drift(report.drift),
        _models(report.models),
        _truth(report.truth or []),
        _truth_scores(report.truth_scores or []),
    ]
    return [one for one in candidates if one.rows]


def _rules(report: LabelReport) -> Table:
    columns = [
        text("rule_id"),
        text("kind"),
        text("polarity"),
        count("votes"),
        share("coverage"),
        share("overlap"),
        share("conflict"),
        ("accuracy on gold", True, lambda row: interval(row, "accuracy")),
        count("graded_votes", "graded"),
        ("prior", True, lambda row: f"{100 * row['prior_accuracy']:.0f} %"),
        ("related features", True, lambda row: f"{len(row['features_sharing_columns'])}"),
    ]
    note = (
        "Coverage is a share of the snapshot's addresses; overlap and conflict are shares of the rule's own. Heuristics are "
        "graded on gold labels, each kind of gold on the other; 95 % intervals in brackets. Related features are named below."
    )
    if silent := silent_rules(report):
        note += f" Without a vote in this snapshot: {', '.join(map(plain, silent))}."
    return table("rules", "Rules", note, columns, [row for row in report.rules if row["votes"]])


def _related(report: LabelReport) -> Table:
    columns = [text("rule_id"), ("related features", False, lambda row: ", ".join(row["features_sharing_columns"]))]
    note = "Features that share columns with a rule: a model can relearn the rule from them."
    rows = [row for row in report.rules if row["votes"] and row["features_sharing_columns"]]
    return table("related-features", "Related features", note, columns, rows)


def silent_rules(report: LabelReport) -> list[str]:
    """Return the rules that have no vote in the snapshot: they are named, and have no rows and bars of their own."""
    return [row["rule_id"] for row in report.rules if not row["votes"]]


def _learned(rows: Rows) -> Table:
    columns = [
        text("voice"),
        ("vote", False, lambda row: "risky" if row["vote"] else "benign"),
        ("confidence from", True, lambda row: f"{row['confidence_from']:.2f}"),
        count("votes"),
        ("prior", True, lambda row: f"{100 * row['prior_accuracy']:.0f} %"),
        ("learned accuracy", True, lambda row: interval(row, "accuracy")),
    ]
    note = (
        "Estimated share of correct votes, per voice (a lineage, publisher or rule), vote and confidence step, from all votes "
        "and gold labels. A prior below 50 % counts as 50 %, because no vote is taken for its opposite; of a voice's confidence "
        "steps, the higher have the higher prior."
    )
    return table("learned", "Accuracies learned by the label model", note, columns, rows)


def _strategies(rows: Rows) -> Table:
    columns = [
        text("strategy"),
        count("labels"),
        count("risky_labels", "risky"),
        count("benign_labels", "benign"),
        share("risky_share"),
        share("conflict_share", "in conflict"),
        ("mean confidence", True, lambda row: f"{row['mean_confidence']:.2f}"),
    ]
    return table("strategies", "Strategies", "The labels of each strategy, from the same votes.", columns, rows)


def _closest(row: dict[str, Any]) -> str:
    if row["closest_source"] is None:
        return MISSING
    return f"{row['closest_source']} ({percent(row['closest_contained_share'])} contained, Jaccard {row['closest_jaccard']:.2f})"


def _edition(row: dict[str, Any]) -> str:
    return MISSING if row["edition_date"] is None else f"{row['edition_date']} ({row['edition_age_days']:,} days)"


def _matched(row: dict[str, Any]) -> str:
    fewest, most = min(row["matched"].values(), default=0), max(row["matched"].values(), default=0)
    return f"{most:,}" if fewest == most else f"{fewest:,}–{most:,}"


def _levels(row: dict[str, Any]) -> str:
    levels = [f"{row['by_risk_level'][level]:,} {level}" for level in sorted(row["by_risk_level"])]
    return ", ".join(levels + ([f"{row['unmapped']:,} unknown words"] if row["unmapped"] else [])) or MISSING


def source_table(sources: Sequence[LabelSource]) -> Table:
    """Return the table of all sources of labels, for `labels sources`."""
    columns = [
        text("source"),
        text("kind"),
        count("labels"),
        count("addresses"),
        ("risk", False, _levels),
        count("delisted"),
        ("edition", False, lambda row: plain(row["edition"])),
        count("age_days", "age, days"),
        ("matched in", True, lambda row: f"{len(row['matched'])}"),
        ("addresses matched", True, _matched),
        share("decay"),
    ]
    note = (
        "Risk: labels by risk level; unknown words have none in the seed label_taxonomy. Delisted: standing labels that ended. "
        "Matched in: number of snapshots, as dbt built them last, with labels of the source. Addresses matched: how many of its "
        "addresses occur in one of them; --json has each snapshot. Decay: share of the matched addresses that the newest "
        "snapshot lost against the first."
    )
    return table("label_sources", "Sources of labels", note, columns, [one.as_dict() for one in sources])


def _sources(rows: Rows) -> Table:
    columns = [
        text("source"),
        text("lineage"),
        count("trust"),
        count("labels"),
        count("risky_labels", "risky"),
        count("benign_labels", "benign"),
        count("abstaining_labels", "abstain"),
        ("mean confidence", True, lambda row: f"{row['mean_confidence']:.2f}"),
        share("shared_share", "also held by others"),
        ("agreement", True, lambda row: interval(row, "agreement")),
        count("compared_votes", "compared"),
        ("closest source", False, _closest),
        count("matched_addresses", "in the snapshot"),
        count("unmapped_labels", "unknown words"),
        ("newest label", False, lambda row: str(row["newest_label_at"].date()) if row["newest_label_at"] else MISSING),
        ("edition", False, _edition),
    ]
    note = (
        "Agreement is with the strongest label of another lineage. If another source holds nearly all labels of a source, one is "
        "probably a copy of the other: give both the same lineage in the seed label_sources, and they count as one voice. "
        "Unknown words have no risk level in the seed label_taxonomy."
    )
    if old := [row["source"] for row in rows if row["is_old"]]:
        note += f" Older than the var label_max_age_days at the date of the snapshot: {', '.join(map(plain, old))}."
    return table("sources", "Publishers", note, columns, rows)


def _counts(rows: Rows) -> Table:
    columns = [
        ("conflict about", False, lambda row: CONFLICT_KINDS[row["kind_of_conflict"]]),
        ("between", False, lambda row: "gold labels" if row["is_among_gold"] else "rules, or rules and gold labels"),
        count("addresses"),
    ]
    return table("conflict_counts", "Conflicts", "Addresses with conflicting votes.", columns, rows)


def _conflicts(rows: Rows) -> Table:
    decided = {1: "risky", 0: "benign", None: MISSING}
    columns = [
        text("address"),
        ("conflict about", False, lambda row: CONFLICT_KINDS[row["kind_of_conflict"]]),
        ("votes", False, lambda row: "; ".join(row["opinions"])),
        (
            "decision",
            False,
            lambda row: f"{decided[row['decided_label']]}, by {row['decided_source']}" if row["decided_source"] else MISSING,
        ),
    ]
    note = f"The first {len(rows)}, conflicts between gold labels first; all are in fct_label_conflicts."
    return table("conflicts", "Conflicting votes", note, columns, rows)


def _drift(rows: Rows) -> Table:
    columns = [
        ("step", False, lambda row: f"{row['previous_date']} → {row['next_date']}"),
        ("labels of", False, lambda row: f"{row['drift_of']} {row['name']}"),
        count("kept"),
        count("gained"),
        count("lost"),
        count("flipped"),
        ("risky share", True, lambda row: f"{percent(row['risky_share_before'])} → {percent(row['risky_share_after'])}"),
    ]
    return table("drift", "Drift", "Changes in the labels from one processing date to the next.", columns, rows)


def _auc(row: dict[str, Any]) -> str:
    auc = row["auc"]
    return MISSING if auc is None else f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"


def _models(rows: Rows) -> Table:
    columns = [
        text("label_strategy"),
        text("model"),
        text("model_id"),
        ("AUC on gold", True, _auc),
        count("graded_rows"),
        count("training_rows"),
        ("created", False, lambda row: f"{row['created_at']:%Y-%m-%d %H:%M}"),
    ]
    note = "Graded on gold labels of held-out addresses, whatever the model was trained on; a dash where there were none."
    return table("models", "Models trained on each strategy", note, columns, rows)


def _truth(rows: Rows) -> Table:
    columns = [
        text("strategy"),
        count("labels"),
        share("coverage"),
        ("accuracy", True, lambda row: interval(row, "accuracy")),
        decimal("auc", "AUC of p_risky"),
    ]
    note = "Coverage is a share of the addresses in the ground truth."
    return table("truth", "Labels against ground truth", note, columns, rows)


def _truth_scores(rows: Rows) -> Table:
    columns = [
        text("label_strategy"),
        text("model_id"),
        count("alerts"),
        decimal("auc", "AUC"),
    ]
    note = "The alerts of the snapshot, each with the ground truth of its address; training addresses are included."
    return table("truth_scores", "Scores against ground truth", note, columns, rows)
