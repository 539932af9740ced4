"""What commands print: data to stdout, messages to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trainer.cli.terminal import Verbatim, encodable, folded, width_of
from trainer.model_types import CODE_OF_EXPORT

if TYPE_CHECKING:
    from trainer.registry import ModelChoice


def say(text: str) -> None:
    """Print a message to stderr on a line of its own: a name with a line break must not look like a line of ours."""
    print(text.replace("\n", "\\n"), file=sys.stderr)


def say_left_out(columns: dict[str, float]) -> None:
    """Name the features that agree with gold labels like an answer; `columns` has their agreement."""
    for name, agreement in columns.items():
        say(f"{name} is left out: it agrees with gold labels like an answer ({agreement:.4f}); --accept-column {name} keeps it")


def say_choice(choice: ModelChoice) -> None:
    """Say which model `latest` is, which newer ones were passed over, and whether another is clearly better."""
    for sentence in [choice.why, *choice.warnings]:
        if sentence:
            say(sentence)


def say_withheld(features: dict[str, str]) -> None:
    """Name the features that no model uses unless they are named, but for the codes that docs/data.md lists."""
    for name, why in features.items():
        if why != CODE_OF_EXPORT:
            say(f"{name} is left out: {why}; --accept-column {name} keeps it")


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `1 label`, `2,000 labels`."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


def emit(result: dict[str, Any], as_json: bool, lines: list[str]) -> None:
    """Print a result to stdout: one JSON object, or lines for people, folded at the width of the terminal."""
    if as_json:
        print(json.dumps(result, default=str))
        return
    width = width_of(sys.stdout)
    print("\n".join(_laid_out(line, width) for line in lines))


def _laid_out(line: str, width: int | None) -> str:
    one = line.replace("\n", "\\n")
    return one if isinstance(line, Verbatim) else folded(encodable(one, sys.stdout), width)


def metric_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Return one aligned line per metric, with its 95 % interval."""
    return [f"  {name:<18} {one['value']:.4f}  [{one['low']:.4f}, {one['high']:.4f}]" for name, one in metrics.items()]


def calibration_lines(report: dict[str, Any]) -> list[str]:
    """Return the effect of calibration: ECE and Brier score before and after, and the reliability curve after."""
    if report["method"] == "none":
        ece = "" if report["ece_before"] is None else f" (ECE {report['ece_before']:.4f})"
        return [f"  not calibrated{ece}: {report['reason']}"]
    change = ", ".join(f"{name} {report[f'{key}_before']:.4f} → {report[f'{key}_after']:.4f}" for name, key in _CHANGES)
    curve = [
        f"  {one['mean_predicted']:9.3f}  {one['fraction_risky']:6.3f}  {one['count']:6d}  "
        f"{_strip(one['mean_predicted'], one['fraction_risky'])}".rstrip()
        for one in report["reliability"]["after"]
    ]
    return [
        f"  calibrated by {report['method']} on {report['n']} unseen rows: {change}",
        "  predicted   risky    rows",
        *curve,
        LEGEND,
    ]


def threshold_lines(chosen: dict[str, Any] | None) -> list[str]:
    """Return the threshold kept with a model, if there is one, with its precision and recall."""
    if chosen is None:
        return []
    rates = [
        f", {name} {chosen[name]['value']:.4f} [{chosen[name]['low']:.4f}, {chosen[name]['high']:.4f}]"
        for name in ("precision", "recall")
        if chosen[name] is not None
    ]
    return [
        f"  threshold {chosen['threshold']:.4f} ({chosen['rule']}): {chosen['alerts_per_day']:.1f} alerts a day{''.join(rates)}"
    ]


_CURVE_COLUMNS = 31  # before the strip, and after it
LEGEND = "  o: mean score, x: share of risky rows, 8: both, on a scale from 0 to 1"
_CHANGES = (("ECE", "ece"), ("Brier", "brier"))


def _strip(mean_predicted: float, fraction_risky: float) -> str:
    """Draw a bin of the reliability curve: o is the mean prediction, x the fraction of risky rows, 8 both."""
    width = max(10, min(40, (width_of(sys.stdout) or 80) - _CURVE_COLUMNS))
    marks = [" "] * (width + 1)
    predicted, risky = round(mean_predicted * width), round(fraction_risky * width)
    marks[predicted], marks[risky] = "o", "x" if risky != predicted else "8"
    return "".join(marks)
