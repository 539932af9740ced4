"""What the demo prints of hidden truth and of the highest scores."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from trainer.cli.output import counted
from trainer.cli.terminal import width_of

if TYPE_CHECKING:
    from trainer.training import AgainstTruth, Explanation, Explanations

WIDTH = 130  # of lines in a pipe
TABLE_WIDTH = 76
REASONS = 3
CLEAR_GAP = 0.05  # between mean score and share of illicit alerts


def truth_lines(rows: list[AgainstTruth]) -> list[str]:
    """Return how scores do against the hidden truth, a table for each set of alerts, and what that says of calibration."""
    from trainer.training import SETS

    lines = ["", "Against the hidden truth, which only this table reads, on alerts of the scored snapshot:"]
    for name, what in SETS.items():
        of_set = [row for row in rows if row.name == name]
        if not of_set:
            continue
        first = of_set[0]
        lines += [
            f"  {name}: {what}",
            f"    {counted(first.alerts, 'alert')} of {first.addresses} addresses, {first.illicit_share:.1%} of them illicit",
            *(_table(of_set) if (width_of(sys.stdout) or TABLE_WIDTH) >= TABLE_WIDTH else map(_sentence, of_set)),
        ]
    return lines + _on_calibration(rows)


def _table(rows: list[AgainstTruth]) -> list[str]:
    header = f"    {'label strategy':<16}{'AUC':>7}  {'95 % interval':<18}{'mean score':>10}{'Brier':>9}{'ECE':>9}"
    return [header, *map(_row, rows)]


def _sentence(row: AgainstTruth) -> str:
    return f"    {row.label_strategy}: AUC {row.auc}, mean score {row.mean_score:.1%}, Brier {row.brier:.4f}, ECE {row.ece:.4f}"


def _row(row: AgainstTruth) -> str:
    interval = f"[{row.auc['low']:.4f}, {row.auc['high']:.4f}]"
    return (
        f"    {row.label_strategy:<16}{row.auc['value']:>7.4f}  {interval:<18}{row.mean_score:>10.1%}{row.brier['value']:>9.4f}"
        f"{row.ece:>9.4f}"
    )


def _on_calibration(rows: list[AgainstTruth]) -> list[str]:
    """Say where scores, calibrated on gold labels, are too high or too low where there are none."""
    gaps = [row.mean_score - row.illicit_share for row in rows]
    if max(map(abs, gaps), default=0.0) < CLEAR_GAP:
        return ["  Mean scores are close to the share of illicit alerts: calibration on gold labels holds without them, too."]
    way = "too high" if min(gaps) > 0 else "too low" if max(gaps) < 0 else "off"
    smallest, largest = (round(100 * of(map(abs, gaps))) for of in (min, max))
    return [
        f"  Scores are calibrated on alerts with a gold label. On those without, the mean score is {way},",
        f"  by {smallest} to {largest} percentage points: labelled addresses are no sample of all.",
    ]


def alert_lines(explained: Explanations) -> list[str]:
    """Return the highest scores with the largest reasons and the votes of labels and rules."""
    lines, first = ["", f"The {len(explained)} highest scores, and why (`trainer explain ID` tells all):"], dict[str, int]()
    for one in explained:
        same = first.setdefault(str(one.address), one.rank)
        lines += _alert(one) if same == one.rank else [_name(one), f"      the same address as number {same}"]
    return lines


def _alert(one: Explanation) -> list[str]:
    from trainer.reports import folded
    from trainer.training import RAISES, SPEAKS

    sections = one.sections()
    said = sections.get(RAISES, [])[:REASONS] + sections.get(SPEAKS, [])[:1]
    return [_name(one), *(line for text in said for line in folded(text, width_of(sys.stdout) or WIDTH, "      "))]


def _name(one: Explanation) -> str:
    return f"  {one.rank:>2}. {one.score:.4f}  {one.alert_id} on {one.address} ({', '.join(one.typologies)})"
