"""Readers of label lists, one file per format, registered by entry point (group `trainer.label_formats`)."""

from __future__ import annotations

from trainer.labels.formats.base import LabelFormat
from trainer.labels.formats.detect import AUTO, ENTRY_POINT_GROUP, choose, formats, read_labels

__all__ = ["AUTO", "ENTRY_POINT_GROUP", "LabelFormat", "choose", "formats", "read_labels"]
