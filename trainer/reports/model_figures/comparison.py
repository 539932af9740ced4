"""Finds the newest comparison that a model takes part in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trainer.registry import ModelMeta
from trainer.settings import artifacts_dir
from trainer.training import COMPARISONS, LEADERBOARD

MAX_BYTES = 16 * 1024 * 1024


def comparison_of(meta: ModelMeta) -> dict[str, Any] | None:
    """Return leaderboard.json of the newest comparison on a model's snapshots that has its strategy and trainer, None without."""
    files = sorted((artifacts_dir() / COMPARISONS).glob(f"*/{LEADERBOARD}"), key=_changed, reverse=True)
    return next((found for found in map(_read, files) if found is not None and _has(found, meta)), None)


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # removed meanwhile
        return 0.0


def _read(file: Path) -> dict[str, Any] | None:
    """Return the content of a leaderboard; None for a file that is none, which is not this model's problem."""
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("entries"), list) else None


def _has(found: dict[str, Any], meta: ModelMeta) -> bool:
    same = {
        "network": meta.network,
        "window_days": meta.window_days,
        "model_type": meta.model_type,
        "start_date": str(meta.start_date),
        "end_date": str(meta.end_date),
    }
    entries = (one for one in found["entries"] if isinstance(one, dict))
    return all(found.get(name) == value for name, value in same.items()) and any(
        # A model that was given with parameters is shown as `lightgbm,n_estimators=50`.
        one.get("strategy") == meta.label_strategy and str(one.get("model")).partition(",")[0] == meta.model
        for one in entries
    )
