"""Label strategies: how a row gets its label.

dbt computes the built-in strategies side by side in `fct_address_labels`; here they are only names. A user's own strategy
subclasses `LabelStrategy`, as in the miner's guide, and the labels it returns are trained on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class LabelStrategy(ABC):
    """Derives a label for each row of a frame of alerts or addresses."""

    @abstractmethod
    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return `alerts_df` with `label` (1, 0 or missing) and, optionally, `label_confidence` and `label_source`.

        Args:
            alerts_df: (n rows) one row per alert or address: network, processing_date, window_days, address, and for alerts
                alert_id.
            data: the snapshot's tables as DataFrames by name, each read on first access; see `trainer.data.frames.FRAMES`.
        """

    def validate_labels(self, alerts_df: pd.DataFrame) -> bool:
        """Return whether the labels can be trained on; raise an exception to give the reason if not."""
        return "label" in alerts_df.columns and bool(alerts_df["label"].notna().any())

    def get_label_weights(self, alerts_df: pd.DataFrame) -> pd.Series:
        """Return the sample weights (n,): each row's label confidence, 1 where it has none."""
        import pandas as pd

        if "label_confidence" not in alerts_df.columns:
            return pd.Series(1.0, index=alerts_df.index)
        return alerts_df["label_confidence"].astype(float).fillna(1.0)


class WarehouseLabelStrategy(LabelStrategy):
    """A strategy computed by dbt; `name` is its value in `fct_address_labels.strategy`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def derive_labels(self, alerts_df: pd.DataFrame, data: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Join the strategy's labels to the rows by snapshot and address; the label is missing where there is none."""
        labels = data["labels"]
        labels = labels[labels["strategy"] == self.name]
        key = ["network", "processing_date", "window_days", "address"]
        columns = [*key, "label", "label_confidence", "label_source"]
        return alerts_df.merge(labels[columns], on=key, how="left", validate="many_to_one")


class AddressLabelStrategy(WarehouseLabelStrategy):
    """SOT and custom labels together: the highest confidence wins, ties go to the more trusted source."""

    default_name: ClassVar[str] = "address_labels"

    def __init__(self) -> None:
        super().__init__(self.default_name)
