"""Saved models for tests, and changes to them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from trainer.data.dataset import Dataset
from trainer.registry import features_meta


def described(data: Dataset, model: str = "xgboost", **changes: Any) -> dict[str, Any]:
    metrics = {"auc": {"value": 0.5, "low": 0.4, "high": 0.6}}
    return {
        "model_id": "m-1", "model": model, "model_type": "alert_scorer", "features": features_meta(data.features),
        "label_strategy": "address_labels", "network": "simnet", "window_days": 90, "start_date": date(2025, 8, 1),
        "end_date": date(2025, 9, 1), "created_at": datetime(2025, 9, 2, tzinfo=UTC), "seed": 0, "split": "forward", "n_train": 200,
        "n_test": 100, "n_positive": 50, "graded_on": "gold", "metrics": metrics, "data_fingerprint": data.fingerprint(), "medians": None,
    } | changes  # fmt: skip


def edit(folder: Path, **changes: Any) -> None:
    """Change model.json together with its checksum, as a deliberate manipulation would."""
    content = json.loads((folder / "model.json").read_text())["content"] | changes
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    (folder / "model.json").write_text(json.dumps({"content": content, "sha256": digest}))
