"""Reads feature matrices and labels from the warehouse."""

from __future__ import annotations

from trainer.data.advice import MIN_LABELLED, MIN_POSITIVE, too_few_labels_hint
from trainer.data.coverage import labelled_addresses, labelled_networks
from trainer.data.dataset import Dataset, ScoringRows, read_scoring, read_training, scoring_rows
from trainer.data.feature import Feature, absent_features
from trainer.data.feature_choice import FeatureChoice
from trainer.data.frames import SnapshotFrames
from trainer.data.labelling import GOLD_STRATEGY, gold_labels, label_snapshot, labels_of, read_labelled, snapshot_rows
from trainer.data.selection import Selection, as_date, available, only_window, resolve_selection, scoring_dates, shared_dates
from trainer.data.slices import Slice, read_slice, slices_of
from trainer.data.snapshots import NETWORK

__all__ = [
    "GOLD_STRATEGY",
    "MIN_LABELLED",
    "MIN_POSITIVE",
    "NETWORK",
    "Dataset",
    "Feature",
    "FeatureChoice",
    "ScoringRows",
    "Selection",
    "Slice",
    "SnapshotFrames",
    "absent_features",
    "as_date",
    "available",
    "gold_labels",
    "label_snapshot",
    "labelled_addresses",
    "labelled_networks",
    "labels_of",
    "only_window",
    "read_labelled",
    "read_scoring",
    "read_slice",
    "read_training",
    "resolve_selection",
    "scoring_dates",
    "scoring_rows",
    "shared_dates",
    "slices_of",
    "snapshot_rows",
    "too_few_labels_hint",
]
