"""Puts the labels of a user's own `LabelStrategy` on the rows that can be scored: what it returns is what is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.data.dataset import EVERYTHING, Dataset, read_scoring
from trainer.data.feature_choice import FeatureChoice
from trainer.data.frames import SnapshotFrames
from trainer.data.selection import GRAINS, ID_COLUMNS, MEMBERS, WHERE, Selection
from trainer.errors import BadInputError, NotEnoughLabelsError
from trainer.keys import SnapshotKey
from trainer.labels import LabelStrategy

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

GOLD_STRATEGY = "address_labels"


def read_labelled(
    client: Client, model_type: str, selection: Selection, strategy: LabelStrategy, choice: FeatureChoice = EVERYTHING
) -> Dataset:
    """Return the rows a Python strategy labels, with its labels as y, its weights as weight and the chosen features.

    The strategy is asked once per processing date, with that snapshot's tables, so that no date sees another.

    Raises:
        BadInputError: it returns rows twice, loses the key, or labels with something other than 0 and 1.
        NotEnoughLabelsError: its `validate_labels` says no, or it labels nothing.
    """
    data = read_scoring(client, model_type, selection, choice=choice)
    y = np.full(len(data.X), np.nan, dtype=np.float32)
    weight = np.zeros(len(data.X), dtype=np.float32)
    for key, rows in snapshot_rows(data, selection):
        answer = ask(strategy, data.keys.take(pa.array(rows)), model_type, SnapshotFrames(client, key))
        y[rows], weight[rows] = answer["label"], answer["weight"]
    labelled = np.flatnonzero(~np.isnan(y))
    if not labelled.size:
        raise NotEnoughLabelsError(f"{type(strategy).__name__} labels none of the {len(y)} rows.")
    return Dataset(
        np.asfortranarray(data.X[labelled]), y[labelled], weight[labelled], data.keys.take(pa.array(labelled)), data.features
    )


def snapshot_rows(data: Dataset, selection: Selection) -> Iterator[tuple[SnapshotKey, np.ndarray]]:
    """Yield each snapshot of a selection with the positions of its rows in `data`."""
    dates = data.dates
    for day in np.unique(dates):
        yield SnapshotKey(selection.network, day.astype(object), selection.window_days), np.flatnonzero(dates == day)


def ask(strategy: LabelStrategy, keys: pa.Table, model_type: str, frames: SnapshotFrames) -> pd.DataFrame:
    """Return what a strategy says of the rows of one snapshot, in their order.

    The columns are `label` (NaN abstains), `weight`, and its `label_confidence` and `label_source`, missing where it gives none.

    Raises:
        BadInputError: it returns rows twice, loses the key, or labels with something other than 0 and 1.
        NotEnoughLabelsError: its `validate_labels` says no.
    """
    identifier = ID_COLUMNS[GRAINS[model_type]]
    asked = _rows_frame(keys, frames.key)
    derived = strategy.derive_labels(asked.copy(), frames)
    _require_frame(strategy, derived)
    _validate(strategy, derived)
    return _aligned(strategy, derived, asked[identifier], identifier)


def gold_labels(client: Client, data: Dataset, selection: Selection) -> np.ndarray:
    """Return the gold label of each row, float32 (n,), NaN where its address (or cluster) has none: SOT and custom ones only."""
    table, identifier = (
        ("fct_cluster_labels", "cluster_id") if MEMBERS in data.keys.column_names else ("fct_address_labels", "address")
    )
    rows = client.query_df(
        f"SELECT processing_date, {identifier} AS id, label FROM {table} WHERE {WHERE} AND strategy = {{gold:String}}",
        parameters=selection.parameters | {"gold": GOLD_STRATEGY},
    )
    if rows.empty:
        return np.full(len(data.y), np.nan, dtype=np.float32)
    known = dict(zip(zip(rows["processing_date"].astype(str).str[:10], rows["id"], strict=True), rows["label"], strict=True))
    keys = zip(data.dates.astype(str), data.keys[identifier].to_pylist(), strict=True)
    return np.array([known.get(key, np.nan) for key in keys], dtype=np.float32)


def _rows_frame(keys: pa.Table, key: SnapshotKey) -> pd.DataFrame:
    frame = keys.to_pandas()
    frame["processing_date"] = key.processing_date
    frame.insert(0, "network", key.network)
    frame.insert(2, "window_days", key.window_days)
    return frame


def _require_frame(strategy: LabelStrategy, derived: object) -> None:
    import pandas as pd

    if not isinstance(derived, pd.DataFrame):
        raise BadInputError(f"{type(strategy).__name__}.derive_labels returned {type(derived).__name__}, not a DataFrame.")


def _validate(strategy: LabelStrategy, derived: pd.DataFrame) -> None:
    name = type(strategy).__name__
    try:
        valid = strategy.validate_labels(derived)
    except Exception as error:  # whatever a user's check raises is its reason
        raise NotEnoughLabelsError(f"{name}.validate_labels refused the labels: {type(error).__name__}: {error}.") from error
    if valid is not None and not valid:  # numpy's False is not the object False
        raise NotEnoughLabelsError(f"{name}.validate_labels returned False: it refused the labels and gave no reason.")


def _aligned(strategy: LabelStrategy, derived: pd.DataFrame, identifiers: pd.Series, identifier: str) -> pd.DataFrame:
    """Return labels, weights and what else is said of them in the order of `identifiers`, whatever the order of `derived`."""
    import pandas as pd

    name = type(strategy).__name__
    if missing := {identifier, "label"} - set(derived.columns):
        raise BadInputError(f"{name}.derive_labels returned no column {', '.join(sorted(missing))}.")
    if repeated := int(derived[identifier].duplicated().sum()):
        raise BadInputError(
            f"{name}.derive_labels returned {repeated} rows for a second time; one row per {identifier} is needed."
        )
    weights = _weights(strategy, derived)
    labels = pd.to_numeric(derived["label"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isnan(labels) | np.isin(labels, (0.0, 1.0))) | (np.isnan(labels) & derived["label"].notna().to_numpy())
    if wrong.any():
        found = derived.loc[wrong, "label"].iloc[0]
        raise BadInputError(f"{name}.derive_labels returned the label {found!r}; labels are 1, 0 or missing.")
    if len(weights) != len(labels) or not (np.isfinite(weights) & (weights >= 0))[~np.isnan(labels)].all():
        raise BadInputError(f"{name}.get_label_weights must return a weight of at least 0 for every labelled row.")
    said = {name: derived[name].to_numpy() if name in derived.columns else None for name in ("label_confidence", "label_source")}
    table = pd.DataFrame({"label": labels, "weight": weights} | said, index=derived[identifier].to_numpy())
    ordered = table.reindex(identifiers.to_numpy())
    return ordered.assign(weight=ordered["weight"].fillna(0.0)).reset_index(drop=True)


def _weights(strategy: LabelStrategy, derived: pd.DataFrame) -> np.ndarray:
    """Return the strategy's weights in the order of `derived`; a Series in another order is matched by its index."""
    import pandas as pd

    found = strategy.get_label_weights(derived)
    if isinstance(found, pd.Series) and found.index.is_unique and derived.index.sort_values().equals(found.index.sort_values()):
        found = found.reindex(derived.index)
    try:
        return pd.Series(found).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise BadInputError(f"{type(strategy).__name__}.get_label_weights returned what is not a number: {error}.") from error
