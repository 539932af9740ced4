"""What a model's report calls the rows that the model scores."""

from __future__ import annotations

from typing import Any

from trainer.model_types import MODEL_TYPES, plural


def grains_of(report: dict[str, Any]) -> tuple[str, str]:
    """Return what one row and several rows are: `address`, `addresses`; `row`, `rows` for a model type that is not known."""
    kind = MODEL_TYPES.get(str(report["model"].get("model_type")))
    grain = "row" if kind is None else kind.grain
    return grain, plural(grain)
