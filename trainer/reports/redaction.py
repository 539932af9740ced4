"""Takes addresses out of a model's report, for readers who may not see them."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[address]"
# Hexadecimal by nature, and no address.
_KEPT = {"data_fingerprint", "file_sha256", "git_commit", "model_id"}
_LONG = re.compile(r"(?<![A-Za-z0-9_])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}(?![A-Za-z0-9_])")
# What may stand in a sentence that is kept: words, names of features, dates and numbers. Some networks' addresses are short
# (0.0.12345, name.near) or shortened (0x12ab…cd34), so all else is taken for one.
_HARMLESS = re.compile(
    r"""[A-Za-z]{1,24} (['’-][A-Za-z]{1,24})*   # words
    | [a-z]+(_[a-z0-9]+)+                       # names of features
    | \d{4}-\d{2}-\d{2}                         # dates
    | [+−-]?[$€]?(\d{1,12}|\d{1,3}(,\d{3})+)(\.\d{1,12})?(e-?\d+)?[%×kMB]?
    | \d{1,3}(st|nd|rd|th|d|h|s)                # 99th, 30d
    | [^\w.…]{1,3}""",
    re.VERBOSE,
)
_EDGES = "()[]{}\"'“”‘’,;:!?."


def without_addresses(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report (plain values) without addresses, identifiers of alerts and sentences that may name one."""
    alerts = report["top_alerts"]
    known = {str(row[key]) for row in alerts for key in ("address", "alert_id") if row.get(key)}
    kept = [
        {
            "alert_id": "",
            "address": "",
            "score": row["score"],
            "sentences": [one for one in row["sentences"] if _is_harmless(one, known)],
        }
        for row in alerts
    ]
    return {key: kept if key == "top_alerts" else _hidden(value, known) for key, value in report.items()}


def _is_harmless(sentence: str, known: set[str]) -> bool:
    words = (word.strip(_EDGES) for word in sentence.split())
    return not any(one in sentence for one in known) and all(_HARMLESS.fullmatch(word) for word in words if word)


def _hidden(value: Any, known: set[str]) -> Any:
    if isinstance(value, dict):
        return {_hidden(key, known): one if key in _KEPT else _hidden(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one, known) for one in value]
    if not isinstance(value, str):
        return value
    for one in known:
        value = value.replace(one, HIDDEN)
    return _LONG.sub(HIDDEN, value)
