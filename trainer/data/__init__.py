"""Reads feature matrices and labels from the warehouse."""

from __future__ import annotations

from trainer.data.dataset import Dataset, Feature, absent_features, labelled_addresses, more_labels, read_scoring, read_training
from trainer.data.feature_choice import FeatureChoice
from trainer.data.frames import SnapshotFrames
from trainer.data.labelling import GOLD_STRATEGY, ask, gold_labels, read_labelled, snapshot_rows
from trainer.data.selection import ALERT_RANKER, GRAINS, ID_COLUMNS, Selection, as_date, resolve_selection, scoring_table

__all__ = [
    "ALERT_RANKER",
    "GOLD_STRATEGY",
    "GRAINS",
    "ID_COLUMNS",
    "Dataset",
    "Feature",
    "FeatureChoice",
    "Selection",
    "SnapshotFrames",
    "absent_features",
    "as_date",
    "ask",
    "gold_labels",
    "labelled_addresses",
    "more_labels",
    "read_labelled",
    "read_scoring",
    "read_training",
    "resolve_selection",
    "scoring_table",
    "snapshot_rows",
]
