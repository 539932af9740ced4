"""Label lists in and out of the warehouse, label strategies, the taxonomy of publishers' categories."""

from __future__ import annotations

from trainer.labels.add import LabelsAdded, add_labels, remove_labels
from trainer.labels.strategies import AddressLabelStrategy, LabelStrategy, WarehouseLabelStrategy
from trainer.labels.truth import Truth, read_truth

__all__ = [
    "AddressLabelStrategy",
    "LabelStrategy",
    "LabelsAdded",
    "Truth",
    "WarehouseLabelStrategy",
    "add_labels",
    "read_truth",
    "remove_labels",
]
