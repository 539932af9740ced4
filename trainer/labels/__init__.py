"""Adds and removes label lists, and holds label strategies, the taxonomy of publishers' categories and ground truth."""

from __future__ import annotations

from trainer.labels.add import AddOptions, add_labels, check_labels
from trainer.labels.added import LabelsAdded
from trainer.labels.folder import list_files
from trainer.labels.formats.base import CATEGORY, PUBLISHER_COLUMNS, LabelFormat
from trainer.labels.matches import labels_of_other_snapshots, labels_of_snapshot
from trainer.labels.remove import remove_labels
from trainer.labels.sources import LabelSource, label_sources
from trainer.labels.strategies import AddressLabelStrategy, LabelStrategy, WarehouseLabelStrategy
from trainer.labels.truth import Truth, read_truth

__all__ = [
    "CATEGORY",
    "PUBLISHER_COLUMNS",
    "AddOptions",
    "AddressLabelStrategy",
    "LabelFormat",
    "LabelSource",
    "LabelStrategy",
    "LabelsAdded",
    "Truth",
    "WarehouseLabelStrategy",
    "add_labels",
    "check_labels",
    "label_sources",
    "labels_of_other_snapshots",
    "labels_of_snapshot",
    "list_files",
    "read_truth",
    "remove_labels",
]
