"""What can be modelled: the grain of a model type and the tables it reads and writes."""

from __future__ import annotations

LABEL_COLUMNS = ("label_strategy", "label", "label_confidence", "label_target", "label_weight", "label_source")
