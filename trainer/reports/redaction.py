"""Takes addresses out of a model's report, for readers who may not see them."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[address]"
# Of a model and of what trained it, not of the data; some are hexadecimal by nature.
_KEPT = {
    *("model_id", "model", "model_type", "label_strategy", "created_at", "versions"),
    *("data_fingerprint", "file_sha256", "git_commit"),
}
# What one name may consist of, however its parts are joined: an address is hidden together with what is joined to it.
_RUN = re.compile(r"[^\s,;|=<>()\[\]{}\"'“”‘’`]+")
_ENDS = ".:!?/"
_ADDRESS = re.compile(
    r"""0[xX][0-9a-fA-F]                                       # hexadecimal of any length
    | \d{10}                                                   # numbers of accounts
    | (?<![0-9.])\d+\.\d+\.\d                                  # 0.0.12345
    | [^\W_][\w-]*\.[^\W\d_]{2}                                # name.near
    | …|\.\.|\*\*                                              # shortened
    | [^\W\d_]{25}                                             # no word is as long
    """,
    re.VERBOSE,
)
_PIECE = re.compile(r"[^\W_]{8,}")
_WORD = re.compile(r"[^\W\d_]+|\d+|[a-z]{3,12}\d{1,4}([a-z]{3,12})?")  # volume90days
_LONG_NUMBER = re.compile(r"\d{1,3}(,\d{3}){4,}")


def without_addresses(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report (plain values) without addresses and identifiers of alerts.

    Of an alert's sentences only those are kept that are made of features (`card_sentences`): what is said of labels,
    counterparties and flows comes from files, and any of it may be an address. In all other texts, names that look like an
    address are replaced, and so are the addresses and identifiers of the alerts.
    """
    alerts = report["top_alerts"]
    names = {part for row in alerts for key in ("address", "alert_id") for part in str(row.get(key) or "").split(", ")}
    # Numbers as short as 12 identify nobody, and stand everywhere.
    known = [re.escape(name) for name in sorted(names, key=len, reverse=True) if name and not re.fullmatch(r"\d{1,4}", name)]
    pattern = re.compile(rf"(?<![^\W_])(?:{'|'.join(known)})(?![^\W_])") if known else None
    kept = [
        {
            "alert_id": "",
            "address": "",
            "score": row["score"],
            "sentences": _hidden(row.get("card_sentences", []), pattern),
            "card_sentences": [],
        }
        for row in alerts
    ]
    shown = report | {"top_alerts": kept}
    if report.get("comparison"):
        shown["comparison"] = {key: value for key, value in report["comparison"].items() if key != "folder"}  # on this machine
    return {key: kept if key == "top_alerts" else _hidden(value, pattern) for key, value in shown.items()}


def _hidden(value: Any, known: re.Pattern[str] | None) -> Any:
    if isinstance(value, dict):
        return {key: one if key in _KEPT else _hidden(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one, known) for one in value]
    if not isinstance(value, str):
        return value
    if known is not None:
        value = known.sub(HIDDEN, value)
    return _RUN.sub(_hidden_run, _LONG_NUMBER.sub(HIDDEN, value))


def _hidden_run(found: re.Match[str]) -> str:
    run = found[0].rstrip(_ENDS)
    is_address = _ADDRESS.search(run) or any(not _WORD.fullmatch(piece) for piece in _PIECE.findall(run))
    return HIDDEN + found[0][len(run) :] if is_address else found[0]
