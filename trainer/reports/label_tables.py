"""Says a label report in words and figures: one list of tables, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.reports.label_report import LabelReport, Rows

NOTHING = "–"
Cell = Callable[[dict[str, Any]], str]


@dataclass(frozen=True)
class Table:
    """A table of text; `numeric` says which columns hold figures, `note` what a reader should know."""

    name: str
    title: str
    note: str
    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: list[tuple[str, ...]]


def plain(value: Any) -> str:
    """Return text that only shows: publishers' words may hold control characters, which would drive a terminal."""
    text = NOTHING if value is None else str(value)
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def percent(value: float | None) -> str:
    """Return a share as a percentage with one digit, or a dash."""
    return NOTHING if value is None else f"{100 * value:.1f} %"


def interval(row: dict[str, Any], name: str) -> str:
    """Return a share with its 95 % interval, or a dash."""
    if row.get(name) is None:
        return NOTHING
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{100 * row[name]:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def tables(report: LabelReport) -> list[Table]:
    """Return the tables of a report in the order they are read in; those with nothing to say are left out."""
    found = [
        _rules(report),
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
    return [table for table in found if table.rows]


def _table(name: str, title: str, note: str, columns: Sequence[tuple[str, bool, Cell]], rows: Rows) -> Table:
    cells = [tuple(plain(cell(row)) for _, _, cell in columns) for row in rows]
    return Table(
        name, title, note, tuple(header for header, _, _ in columns), tuple(is_numeric for _, is_numeric, _ in columns), cells
    )


def _text(key: str) -> tuple[str, bool, Cell]:
    return key.replace("_", " "), False, lambda row: plain(row[key])


def _count(key: str, header: str = "") -> tuple[str, bool, Cell]:
    return header or key.replace("_", " "), True, lambda row: NOTHING if row[key] is None else f"{row[key]:,}"


def _share(key: str, header: str = "") -> tuple[str, bool, Cell]:
    return header or key.replace("_", " "), True, lambda row: percent(row[key])


def _rules(report: LabelReport) -> Table:
    columns = [
        _text("rule_id"),
        _text("kind"),
        _text("polarity"),
        _count("votes"),
        _share("coverage"),
        _share("overlap"),
        _share("conflict"),
        ("accuracy on gold", True, lambda row: interval(row, "accuracy")),
        _count("graded_votes", "graded"),
        ("prior", True, lambda row: f"{100 * row['prior_accuracy']:.0f} %"),
        ("shares columns with", False, lambda row: ", ".join(row["features_sharing_columns"]) or NOTHING),
    ]
    note = (
        "Coverage is of the snapshot's addresses, overlap and conflict of the rule's own. Gold grades the heuristics, each kind "
        "of gold the other; in brackets the 95 % interval. A model can learn a rule back from features that share its columns."
    )
    return _table("rules", "Rules", note, columns, report.rules)


def _learned(rows: Rows) -> Table:
    columns = [
        _text("voice"),
        ("says", False, lambda row: "risky" if row["vote"] else "benign"),
        ("confidence from", True, lambda row: f"{row['confidence_from']:.2f}"),
        _count("votes"),
        ("prior", True, lambda row: f"{100 * row['prior_accuracy']:.0f} %"),
        ("learned accuracy", True, lambda row: interval(row, "accuracy")),
    ]
    note = "Of a voice's votes of one kind and about one confidence, the share that is right, learned from all votes and gold."
    return _table("learned", "What the label model learned", note, columns, rows)


def _strategies(rows: Rows) -> Table:
    columns = [
        _text("strategy"),
        _count("labels"),
        _count("risky_labels", "risky"),
        _count("benign_labels", "benign"),
        _share("risky_share"),
        _share("conflict_share", "in conflict"),
        ("mean confidence", True, lambda row: f"{row['mean_confidence']:.2f}"),
    ]
    return _table("strategies", "Strategies", "What each strategy makes of the votes.", columns, rows)


def _closest(row: dict[str, Any]) -> str:
    if row["closest_source"] is None:
        return NOTHING
    return f"{row['closest_source']} ({percent(row['closest_contained_share'])} held there, Jaccard {row['closest_jaccard']:.2f})"


def _sources(rows: Rows) -> Table:
    columns = [
        _text("source"),
        _text("lineage"),
        _count("trust"),
        _count("labels"),
        _count("risky_labels", "risky"),
        _count("benign_labels", "benign"),
        _count("abstaining_labels", "abstain"),
        ("mean confidence", True, lambda row: f"{row['mean_confidence']:.2f}"),
        _share("shared_share", "known to others"),
        ("agreement", True, lambda row: interval(row, "agreement")),
        _count("compared_votes", "compared"),
        ("closest other", False, _closest),
        ("newest label", False, lambda row: str(row["newest_label_at"].date()) if row["newest_label_at"] else NOTHING),
    ]
    note = (
        "Agreement is with the strongest label of another lineage. A source nearly all of whose labels another holds is likely a "
        "copy: give both one lineage in the seed label_sources, and they are heard once."
    )
    return _table("sources", "Publishers", note, columns, rows)


_KINDS = {"opinion": "risky or benign", "name": "risky, but what"}


def _counts(rows: Rows) -> Table:
    columns = [
        ("disagreement", False, lambda row: _KINDS[row["kind_of_conflict"]]),
        ("between", False, lambda row: "gold labels" if row["is_among_gold"] else "rules, or a rule and gold"),
        _count("addresses"),
    ]
    return _table("conflict_counts", "Conflicts", "Addresses on which voices disagree.", columns, rows)


def _conflicts(rows: Rows) -> Table:
    decided = {1: "risky", 0: "benign", None: NOTHING}
    columns = [
        _text("address"),
        ("about", False, lambda row: _KINDS[row["kind_of_conflict"]]),
        ("who says what", False, lambda row: "; ".join(row["opinions"])),
        (
            "decided",
            False,
            lambda row: f"{decided[row['decided_label']]}, by {row['decided_source']}" if row["decided_source"] else NOTHING,
        ),
    ]
    note = f"The first {len(rows)}, those among gold labels first; all are in fct_label_conflicts."
    return _table("conflicts", "Who says what", note, columns, rows)


def _drift(rows: Rows) -> Table:
    columns = [
        ("step", False, lambda row: f"{row['previous_date']} → {row['next_date']}"),
        ("of", False, lambda row: f"{row['drift_of']} {row['name']}"),
        _count("kept"),
        _count("gained"),
        _count("lost"),
        _count("flipped"),
        ("risky share", True, lambda row: f"{percent(row['risky_share_before'])} → {percent(row['risky_share_after'])}"),
    ]
    return _table("drift", "Drift", "What became of the labels from one processing date to the next.", columns, rows)


def _auc(row: dict[str, Any]) -> str:
    found = row["auc"]
    return NOTHING if found is None else f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def _models(rows: Rows) -> Table:
    columns = [
        _text("label_strategy"),
        _text("model"),
        _text("model_id"),
        ("AUC on gold", True, _auc),
        _count("graded_rows"),
        _count("training_rows"),
        ("created", False, lambda row: f"{row['created_at']:%Y-%m-%d %H:%M}"),
    ]
    note = "Graded on gold labels of addresses the model has not seen, whatever it was trained on; a dash where there were none."
    return _table("models", "Models trained on each strategy", note, columns, rows)


def _truth(rows: Rows) -> Table:
    columns = [
        _text("strategy"),
        _count("labels"),
        _share("coverage"),
        ("accuracy", True, lambda row: interval(row, "accuracy")),
        ("AUC of p_risky", True, lambda row: NOTHING if row["auc"] is None else f"{row['auc']:.3f}"),
    ]
    return _table("truth", "Labels against the truth", "Coverage is of the addresses of the truth.", columns, rows)


def _truth_scores(rows: Rows) -> Table:
    columns = [
        _text("label_strategy"),
        _text("model_id"),
        _count("alerts"),
        ("AUC", True, lambda row: NOTHING if row["auc"] is None else f"{row['auc']:.3f}"),
    ]
    note = "Alerts of the snapshot, each with the truth of its address; training addresses among them."
    return _table("truth_scores", "Scores against the truth", note, columns, rows)
