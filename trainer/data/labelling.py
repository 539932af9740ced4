"""Labels rows with a user's own `LabelStrategy`: what it returns is what is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.data.coverage import known_strategies
from trainer.data.dataset import ALL_FEATURES, Dataset, read_scoring
from trainer.data.facts import facts_of
from trainer.data.feature_choice import FeatureChoice
from trainer.data.frames import SnapshotFrames
from trainer.data.selection import Selection
from trainer.data.snapshots import NETWORK
from trainer.errors import BadInputError, NotEnoughLabelsError, TrainerError, UsageError, did_you_mean, reason, user_code
from trainer.keys import SnapshotKey
from trainer.labels import LabelStrategy
from trainer.model_types import get_model_type
from trainer.models import rows_at

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

GOLD_STRATEGY = "address_labels"
FAULTS = (ArithmeticError, AttributeError, ImportError, LookupError, NameError, OSError, TypeError)
"""Exceptions that are a fault in `validate_labels`; by any other (ValueError, AssertionError, …) it refuses the labels."""


def read_labelled(
    client: Client, model_type: str, selection: Selection, strategy: LabelStrategy, choice: FeatureChoice = ALL_FEATURES
) -> Dataset:
    """Return the rows a Python strategy labels, with its labels as y, its weights as weight and the chosen features.

    The strategy is called once per processing date with the tables of that snapshot, so that no date sees another.

    Raises:
        UserCodeError: a method of the strategy raises an exception.
        BadInputError: it returns a row twice, loses the key column, or returns a label other than 0 and 1.
        NotBuiltError: dbt has not run yet.
        NotEnoughLabelsError: its `validate_labels` refuses the labels, or it labels no row.
    """
    data = read_scoring(client, model_type, selection, choice=choice)
    y, weight, sources = _labels_by_python(client, data, selection, strategy)
    labelled = np.flatnonzero(~np.isnan(y))
    if not labelled.size:
        raise NotEnoughLabelsError(f"{type(strategy).__name__} labels none of the {len(y)} rows; let derive_labels label some.")
    X, keys = np.asfortranarray(rows_at(data.X, labelled)), data.keys.take(pa.array(labelled))
    said = pa.array([one if isinstance(one, str) else None for one in sources[labelled]], pa.string())
    facts = facts_of(client, data.model_type, selection, keys, said)
    return Dataset(X, y[labelled], weight[labelled], keys, data.features, data.model_type, data.left_out, facts, data.withheld)


def labels_of(
    client: Client, data: Dataset, selection: Selection, strategy: LabelStrategy | str
) -> tuple[np.ndarray, np.ndarray]:
    """Return a strategy's labels float32 (n,), NaN where it abstains, and its weights float32 (n,) of the rows of a selection.

    Args:
        data: the n rows, as `read_scoring` returns them.
        strategy: the name of one that dbt computes, or one in Python, which is called once per processing date.

    Raises:
        BadInputError, NotEnoughLabelsError, UserCodeError: as `read_labelled` does.
        UsageError: dbt knows no strategy of that name.
    """
    if isinstance(strategy, str):
        return _labels_by_dbt(client, data, selection, strategy)
    y, weight, _ = _labels_by_python(client, data, selection, strategy)
    return y, weight


def _labels_by_python(
    client: Client, data: Dataset, selection: Selection, strategy: LabelStrategy
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels and weights, as `labels_of` does, and what the labels come from (n,), where the strategy says it."""
    y = np.full(len(data.X), np.nan, dtype=np.float32)
    weight = np.zeros(len(data.X), dtype=np.float32)
    sources = np.full(len(data.X), None, dtype=object)
    for key, rows in snapshot_rows(data, selection):
        labels = label_snapshot(strategy, data.keys.take(pa.array(rows)), data.model_type.name, SnapshotFrames(client, key))
        y[rows], weight[rows], sources[rows] = labels["label"], labels["weight"], labels["label_source"]
    return y, weight, sources


def _labels_by_dbt(client: Client, data: Dataset, selection: Selection, strategy: str) -> tuple[np.ndarray, np.ndarray]:
    if strategy not in (known := known_strategies(client)):
        raise UsageError(
            f"There is no label strategy '{strategy}'{did_you_mean(strategy, known)}; there are: {', '.join(known)}."
        )
    kind = data.model_type
    rows = client.query_arrow(
        f"SELECT {selection.snapshot_sql}, {kind.id_column}, label_target, label_weight FROM {kind.training_table} "
        f"WHERE {selection.where} AND label_strategy = {{strategy:String}}",
        parameters=selection.parameters | {"strategy": strategy},
    )
    snapshots, ids, targets, weights = (column.to_pylist() for column in rows.columns)
    known_rows = dict(zip(zip(snapshots, ids, strict=True), zip(targets, weights, strict=True), strict=True))
    keys = zip(data.snapshots, data.keys[kind.id_column].to_pylist(), strict=True)
    found = np.array([known_rows.get(key, (np.nan, 0.0)) for key in keys], dtype=np.float32).reshape(-1, 2)
    return np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])


def snapshot_rows(data: Dataset, selection: Selection) -> Iterator[tuple[SnapshotKey, np.ndarray]]:
    """Yield each snapshot of a selection with the positions of its rows in `data`."""
    dates, networks = data.dates, data.networks
    for network in np.unique(networks):
        for day in np.unique(dates[networks == network]):
            key = SnapshotKey(str(network) or selection.network, day.astype(object), selection.window_days)
            yield key, np.flatnonzero((networks == network) & (dates == day))


def label_snapshot(strategy: LabelStrategy, keys: pa.Table, model_type: str, frames: SnapshotFrames) -> pd.DataFrame:
    """Return a strategy's labels for the rows of one snapshot, in their order.

    The columns are `label` (NaN abstains), `weight`, `label_confidence` and `label_source`; the last two are missing where the
    strategy gives none.

    Raises:
        UserCodeError: a method of the strategy raises an exception.
        BadInputError: it returns a row twice, loses the key column, or returns a label other than 0 and 1.
        NotEnoughLabelsError: its `validate_labels` refuses the labels.
    """
    identifier = get_model_type(model_type).id_column
    rows = _rows_frame(keys, frames.key)
    where = f"{frames.key} ({len(rows)} rows)"
    with user_code(strategy, "derive_labels", where):
        derived = strategy.derive_labels(rows.copy(), frames)
    _require_frame(strategy, derived)
    _validate(strategy, derived, where)
    return _aligned(strategy, derived, rows[identifier], where)


def gold_labels(client: Client, data: Dataset, selection: Selection) -> np.ndarray:
    """Return the gold label (SOT and custom labels only) of each row, float32 (n,), NaN where it has none."""
    kind = data.model_type
    rows = client.query_df(
        f"SELECT {selection.snapshot_sql} AS snapshot, {kind.gold_key} AS id, label FROM {kind.gold_table} "
        f"WHERE {selection.where} AND strategy = {{gold:String}}",
        parameters=selection.parameters | {"gold": GOLD_STRATEGY},
    )
    if rows.empty:
        return np.full(len(data.keys), np.nan, dtype=np.float32)
    known = dict(zip(zip(rows["snapshot"], rows["id"], strict=True), rows["label"], strict=True))
    keys = zip(data.snapshots, data.keys[kind.gold_key].to_pylist(), strict=True)
    return np.array([known.get(key, np.nan) for key in keys], dtype=np.float32)


def _rows_frame(keys: pa.Table, key: SnapshotKey) -> pd.DataFrame:
    frame = keys.drop_columns([name for name in (NETWORK,) if name in keys.column_names]).to_pandas()
    frame["processing_date"] = key.processing_date
    frame.insert(0, "network", key.network)
    frame.insert(2, "window_days", key.window_days)
    return frame


def _require_frame(strategy: LabelStrategy, derived: object) -> None:
    import pandas as pd

    if not isinstance(derived, pd.DataFrame):
        raise BadInputError(f"{type(strategy).__name__}.derive_labels returned {type(derived).__name__}, not a DataFrame.")


def _validate(strategy: LabelStrategy, derived: pd.DataFrame, where: str) -> None:
    """Call `validate_labels`, which refuses labels by returning False or by raising an exception that gives the reason."""
    name = type(strategy).__name__
    with user_code(strategy, "validate_labels", where):
        try:
            valid = strategy.validate_labels(derived)
        except (TrainerError, *FAULTS):
            raise
        except Exception as error:
            raise NotEnoughLabelsError(
                f"{name}.validate_labels refused the labels: {type(error).__name__}: {reason(error)}."
            ) from error
    if valid is not None and not valid:  # numpy's False is not the object False
        raise NotEnoughLabelsError(f"{name}.validate_labels returned False: it refused the labels and gave no reason.")


def _aligned(strategy: LabelStrategy, derived: pd.DataFrame, identifiers: pd.Series, where: str) -> pd.DataFrame:
    """Return labels, weights, confidence and source in the order of `identifiers`, whatever the order of `derived`."""
    import pandas as pd

    name, identifier = type(strategy).__name__, str(identifiers.name)
    if missing := {identifier, "label"} - set(derived.columns):
        raise BadInputError(f"{name}.derive_labels returned no column {', '.join(sorted(missing))}.")
    if repeated := int(derived[identifier].duplicated().sum()):
        raise BadInputError(
            f"{name}.derive_labels returned {repeated} rows for a second time; one row per {identifier} is needed."
        )
    weights = _weights(strategy, derived, where)
    labels = pd.to_numeric(derived["label"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~(np.isnan(labels) | np.isin(labels, (0.0, 1.0))) | (np.isnan(labels) & derived["label"].notna().to_numpy())
    if wrong.any():
        first = derived.loc[wrong, "label"].iloc[0]
        raise BadInputError(f"{name}.derive_labels returned the label {first!r}; labels are 1, 0 or missing.")
    if len(weights) != len(labels) or not (np.isfinite(weights) & (weights >= 0))[~np.isnan(labels)].all():
        raise BadInputError(f"{name}.get_label_weights must return a weight of at least 0 for every labelled row.")
    optional = {
        column: derived[column].to_numpy() if column in derived.columns else None
        for column in ("label_confidence", "label_source")
    }
    table = pd.DataFrame({"label": labels, "weight": weights} | optional, index=derived[identifier].to_numpy())
    ordered = table.reindex(identifiers.to_numpy())
    return ordered.assign(weight=ordered["weight"].fillna(0.0)).reset_index(drop=True)


def _weights(strategy: LabelStrategy, derived: pd.DataFrame, where: str) -> np.ndarray:
    """Return the strategy's weights in the order of `derived`; a Series in another order is matched by its index."""
    import pandas as pd

    with user_code(strategy, "get_label_weights", where):
        weights = strategy.get_label_weights(derived)
    if (
        isinstance(weights, pd.Series)
        and weights.index.is_unique
        and derived.index.sort_values().equals(weights.index.sort_values())
    ):
        weights = weights.reindex(derived.index)
    try:
        return pd.Series(weights).to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError) as error:
        raise BadInputError(f"{type(strategy).__name__}.get_label_weights returned what is not a number: {error}.") from error
