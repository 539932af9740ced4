"""Which addresses a model was trained on, and with which label: their scores repeat in part what the model was told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trainer.registry import get_model, read_out_of_fold

if TYPE_CHECKING:
    from trainer.registry import ModelMeta
    from trainer.warehouse import Client


def learned_labels(client: Client, meta: ModelMeta) -> dict[str, float]:
    """Return address → the label that the model was trained on, on the last date that has one.

    It is empty for models of clusters, and for models that were saved by an earlier version.

    Raises:
        ArtifactError: the file that has them was altered.
    """
    table = read_out_of_fold(Path(get_model(client, meta.model_id)["model_path"]), meta)
    if table is None:
        return {}
    by_date = table.sort_by("processing_date")
    pairs = zip(by_date["address"].to_pylist(), by_date["label"].to_pylist(), strict=True)
    return {address: label for address, label in pairs if address is not None}
