"""Loads snapshot folders into the raw tables: detects their shape, conforms their columns, ingests each as a whole."""

from __future__ import annotations

from trainer.snapshots.ingest import Ingested, ingest
from trainer.snapshots.plans import Pending, load_name, pending
from trainer.snapshots.reader import find_folders
from trainer.snapshots.remote import snapshots_at

__all__ = [
    "Ingested",
    "Pending",
    "find_folders",
    "ingest",
    "load_name",
    "pending",
    "snapshots_at",
]
