"""A snapshot's tables as DataFrames, read when a label strategy asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from trainer.keys import WHERE_SNAPSHOT
from trainer.warehouse import require_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.keys import SnapshotKey
    from trainer.warehouse import Client

# Name → the relation it is read from. Decimals are cast in SQL by staging, so that a frame holds floats.
FRAMES = {
    "alerts": "stg_alerts",
    "features": "fct_address_features",
    "clusters": "stg_clusters",
    "money_flows": "stg_money_flows",
    "address_labels": "fct_applied_labels",
    "custom_labels": "fct_applied_labels",
    "label_votes": "int_label_votes",
    "labels": "fct_address_labels",
}
# Derived votes are hidden from Python strategies: a strategy that runs again must not read its own votes.
_CONDITIONS = {
    "address_labels": " AND rule_id = 'sot'",
    "custom_labels": " AND rule_id = 'custom'",
    "label_votes": " AND kind != 'derived'",
}
# The strategies of dbt whose labels do not depend on derived votes.
GOLD_STRATEGIES = ("address_labels", "sot_only")


class SnapshotFrames(Mapping[str, "pd.DataFrame"]):
    """The tables of one snapshot by name; each is read at its first use and then kept.

    With `underived`, `labels` has only strategies that use gold labels alone; the others depend on derived votes.
    """

    def __init__(self, client: Client, key: SnapshotKey, *, underived: bool = False) -> None:
        self._client = client
        self.key = key
        self._conditions = _CONDITIONS | ({"labels": f" AND strategy IN {GOLD_STRATEGIES}"} if underived else {})
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in FRAMES:
            raise KeyError(f"There is no table '{name}'; there are: {', '.join(FRAMES)}.")
        if name not in self._read:
            require_table(self._client, FRAMES[name])
            query = f"SELECT * FROM {FRAMES[name]} WHERE {WHERE_SNAPSHOT}{self._conditions.get(name, '')}"
            self._read[name] = _plain(self._client.query_df(query, parameters=self.key.parameters))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(FRAMES)

    def __len__(self) -> int:
        return len(FRAMES)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with dates as datetime.date, so that frames read here can be merged with each other."""
    import pandas as pd

    if "processing_date" in frame.columns and pd.api.types.is_datetime64_any_dtype(frame["processing_date"]):
        frame["processing_date"] = frame["processing_date"].dt.date
    return frame
