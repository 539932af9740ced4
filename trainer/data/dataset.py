"""Reads a feature matrix and its labels from the warehouse, as Arrow, in key order.

The columns come from the table itself: a Float32 column is a feature; a Map column gives one feature a key, missing where
the key is absent; an Array column of text is a set and gives one 0/1 feature a member that occurs often enough.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.data.feature_choice import FeatureChoice
from trainer.data.groups import codes_of, linked_groups
from trainer.data.selection import GRAINS, HELD_TOGETHER_BY, ID_COLUMNS, MEMBERS, WHERE, Selection, scoring_table, table_name
from trainer.errors import ArtifactError, BadInputError, NotEnoughLabelsError
from trainer.model_types import LABEL_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

MODELLED = "label_model"  # the strategy that labels also where there is no gold
MIN_SET_ROWS = 20  # a set member on fewer rows than this is no feature: it would name rows rather than describe them
MAX_SET_FEATURES = 100
OWN_FEATURES = "custom_features"
EVERYTHING = FeatureChoice()


@dataclass(frozen=True)
class Feature:
    """One column of the matrix: a table column, or a `key` of a Map or a member of a set column."""

    name: str
    column: str
    key: str | None = None
    is_set: bool = False


@dataclass
class Dataset:
    """A matrix with its row keys and, for training, its labels.

    Attributes:
        X: float32 (n, d), column-major; missing is NaN.
        y: float32 (n,), the probability of being risky to train on: 1 or 0, or between from a strategy that learns it
            (`label_target`); empty for scoring.
        weight: float32 (n,), how much each label counts (`label_weight`); empty for scoring.
        keys: n rows of processing_date, the row's id and its address, or of clusters their `member_addresses`.
        features: what each of the d columns is.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    keys: pa.Table
    features: list[Feature]

    @property
    def feature_names(self) -> list[str]:
        """The d names, in column order."""
        return [feature.name for feature in self.features]

    @property
    def groups(self) -> np.ndarray:
        """(n,) int64: equal for rows of one address; of clusters, for those of one id and those that share an address."""
        if MEMBERS in self.keys.column_names:
            return linked_groups(self.keys["cluster_id"], self.keys[MEMBERS])
        return codes_of(self.keys["address"])

    def address_count(self, rows: np.ndarray | slice = slice(None)) -> int:
        """Return how many addresses some of the rows (a mask, or all) are of."""
        at = pa.array(np.arange(len(self.keys))[rows])
        if MEMBERS in self.keys.column_names:
            return len(pc.unique(pc.list_flatten(self.keys[MEMBERS].take(at).combine_chunks())))
        return len(pc.unique(self.keys["address"].take(at)))

    @property
    def dates(self) -> np.ndarray:
        """(n,) datetime64[D]: processing date of each row."""
        return np.asarray(self.keys["processing_date"].to_numpy(), dtype="datetime64[D]")

    def frame(self) -> pd.DataFrame:
        """Return X as a DataFrame without copying it."""
        import pandas as pd

        return pd.DataFrame(self.X, columns=self.feature_names, copy=False)

    def fingerprint(self) -> str:
        """Return a hash of keys, labels and values: equal data, equal fingerprint."""
        digest = hashlib.sha256("\n".join(self.feature_names).encode())
        for name in self.keys.column_names:
            digest.update("\n".join(map(str, self.keys[name].to_pylist())).encode())
        for array in (self.y, self.weight, self.X.T):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def read_training(
    client: Client, model_type: str, selection: Selection, label_strategy: str, choice: FeatureChoice = EVERYTHING
) -> Dataset:
    """Read the labelled rows of a selection, one an alert, address or cluster, with the chosen features.

    Raises:
        UsageError: the choice names features that there are none of.
        BadInputError: the warehouse has no snapshot of the selection, or no such label strategy.
        NotEnoughLabelsError: the tables are not built yet, or nothing in the selection is labelled.
    """
    grain = GRAINS[model_type]
    table = table_name("training", grain)
    _require_rows(client, scoring_table(client, model_type), selection)
    rows = f"{WHERE} AND label_strategy = {{label_strategy:String}}"
    parameters = selection.parameters | {"label_strategy": label_strategy}
    count = _count(client, table, rows, parameters)
    if not count:
        known = _strategies(client)
        if label_strategy not in known:
            raise BadInputError(f"There is no label strategy '{label_strategy}'; there are: {', '.join(known)}.")
        raise NotEnoughLabelsError(
            f"None of the {grain} rows of {selection.network} with a window of {selection.window_days} days has a label under "
            f"'{label_strategy}' (0 labelled, 0 positive); {more_labels(client, selection, label_strategy)}."
        )
    # What there is of the whole selection, labelled or not, so that label strategies are compared on the same features.
    features = choice.of(_features(client, scoring_table(client, model_type), WHERE, selection.parameters))
    return _read(client, table, grain, rows, parameters, count, features, labelled=True)


def labelled_addresses(client: Client, selection: Selection, label_strategy: str) -> int:
    """Return how many addresses of a selection a strategy of dbt's labels, be there features for them or not."""
    query = f"SELECT uniqExact(address) FROM fct_address_labels WHERE {WHERE} AND strategy = {{strategy:String}}"
    parameters = selection.parameters | {"strategy": label_strategy}
    return int(client.query(query, parameters=parameters).result_rows[0][0])


def more_labels(client: Client, selection: Selection, label_strategy: str) -> str:
    """Return what would help a selection with too few labels: bringing some, or training on what rules say, where they say it."""
    bring = "bring more labels with `trainer labels add` and run `dbt run`"
    if label_strategy == MODELLED:
        return bring
    voted = client.query(
        f"SELECT uniqExact(address) FROM int_label_votes WHERE {WHERE} AND kind != 'gold'", parameters=selection.parameters
    ).result_rows[0][0]
    if not voted:
        return bring
    return f"{bring}, or train on what rules say of {voted} addresses with `--label-strategy {MODELLED}`"


def _strategies(client: Client) -> list[str]:
    """Return the strategies that dbt computes, also those that label nothing here."""
    prefix = "int_label_strategy__"
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String}) ORDER BY name",
        parameters={"prefix": prefix},
    ).result_rows
    return [name.removeprefix(prefix) for (name,) in names]


def read_scoring(
    client: Client,
    model_type: str,
    selection: Selection,
    features: list[Feature] | None = None,
    choice: FeatureChoice = EVERYTHING,
) -> Dataset:
    """Read every row of a selection, labelled or not, with exactly the given features (default: the chosen of all there are).

    Raises:
        ArtifactError: the table lacks a column that `features` names, or the selection a feature of the user's own.
        BadInputError: the warehouse has no snapshot of the selection.
        NotEnoughLabelsError: the tables are not built yet.
    """
    grain = GRAINS[model_type]
    table = scoring_table(client, model_type)
    count = _require_rows(client, table, selection)
    if features is None:
        features = choice.of(_features(client, table, WHERE, selection.parameters))
    present = _columns(client, table)
    if missing := sorted({feature.column for feature in features} - set(present)):
        raise ArtifactError(f"The model needs the columns {', '.join(missing)}, which {table} does not have.")
    if own := [one.name for one in absent_features(client, table, selection, features) if one.column == OWN_FEATURES]:
        raise ArtifactError(
            f"The model needs the features {', '.join(own)} of your own, which no row of {table} has for {selection.network} "
            f"{selection.end_date} {selection.window_days}; bring them with `trainer features add` and run `dbt run`."
        )
    return _read(client, table, grain, WHERE, selection.parameters, count, features, labelled=False)


def absent_features(client: Client, table: str, selection: Selection, features: Sequence[Feature]) -> list[Feature]:
    """Return the features that come from a Map of which no row of the selection has their key."""
    mapped = [feature for feature in features if feature.key is not None and not feature.is_set]
    there = {
        column: set(_map_keys(client, table, column, WHERE, selection.parameters)) for column in {one.column for one in mapped}
    }
    return [feature for feature in mapped if feature.key not in there[feature.column]]


def _require_rows(client: Client, table: str, selection: Selection) -> int:
    """Return how many rows the selection has, or say what there is instead."""
    count = _count(client, table, WHERE, selection.parameters)
    if count:
        return count
    snapshot = "concat(network, ' ', toString(processing_date), ' ', toString(window_days))"
    found = client.query(f"SELECT DISTINCT {snapshot} AS snapshot FROM {table} ORDER BY snapshot LIMIT 12").result_columns
    if not found:
        raise NotEnoughLabelsError(f"{table} is empty (0 rows); run `trainer ingest` and then `dbt run`.")
    raise BadInputError(
        f"{table} has no rows of network '{selection.network}' with window_days {selection.window_days} from "
        f"{selection.start_date} to {selection.end_date}; it has: {'; '.join(found[0])}."
    )


def _count(client: Client, table: str, rows: str, parameters: dict[str, Any]) -> int:
    return int(client.query(f"SELECT count() FROM {table} WHERE {rows}", parameters=parameters).result_rows[0][0])


def _columns(client: Client, table: str) -> dict[str, str]:
    rows = client.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position",
        parameters={"table": table},
    ).result_rows
    return dict(rows)


def _features(client: Client, table: str, rows: str, parameters: dict[str, Any]) -> list[Feature]:
    features: list[Feature] = []
    for column, kind in _columns(client, table).items():
        if column in LABEL_COLUMNS:
            continue
        if kind == "Float32":
            features.append(Feature(column, column))
        elif kind.startswith("Map("):
            keys = _map_keys(client, table, column, rows, parameters)
            features += [Feature(f"{column.removesuffix('_features')}__{_safe(key)}", column, key) for key in keys]
        elif kind.startswith("Array(") and column != MEMBERS:
            query = (
                f"SELECT arrayJoin({column}) AS member, count() AS rows FROM {table} WHERE {rows} "
                f"GROUP BY member HAVING rows >= {MIN_SET_ROWS} ORDER BY rows DESC, member LIMIT {MAX_SET_FEATURES}"
            )
            members = sorted(row[0] for row in client.query(query, parameters=parameters).result_rows)
            prefix = column.removesuffix("s")
            features += [Feature(f"{prefix}__{_safe(member)}", column, member, is_set=True) for member in members]
    return _with_unique_names(features)


def _map_keys(client: Client, table: str, column: str, rows: str, parameters: dict[str, Any]) -> list[str]:
    query = f"SELECT DISTINCT arrayJoin(mapKeys({column})) AS key FROM {table} WHERE {rows} ORDER BY key"
    return [row[0] for row in client.query(query, parameters=parameters).result_rows]


def _safe(text: str) -> str:
    """Return a name that every library takes as a column name."""
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "other"


def _with_unique_names(features: Sequence[Feature]) -> list[Feature]:
    taken: set[str] = set()
    unique = []
    for feature in features:
        name, number = feature.name, 1
        while name in taken:
            number += 1
            name = f"{feature.name}_{number}"
        taken.add(name)
        unique.append(Feature(name, feature.column, feature.key, feature.is_set))
    return unique


def _expression(feature: Feature, position: int) -> str:
    if feature.key is None:
        return feature.column
    key = f"{{key_{position}:String}}"
    if feature.is_set:
        return f"toFloat32(has({feature.column}, {key}))"
    # A missing key reads as 0 from a Map; missing must stay missing.
    return f"if(mapContains({feature.column}, {key}), {feature.column}[{key}], toFloat32(nan))"


def _read(
    client: Client,
    table: str,
    grain: str,
    rows: str,
    parameters: dict[str, Any],
    count: int,
    features: list[Feature],
    *,
    labelled: bool,
) -> Dataset:
    identifier = ID_COLUMNS[grain]
    ids = list(dict.fromkeys(["processing_date", identifier, HELD_TOGETHER_BY[grain]]))
    label_columns = ["label_target", "label_weight"] if labelled else []
    keys = {f"key_{i}": feature.key for i, feature in enumerate(features) if feature.key is not None}
    columns = ids + label_columns + [f"{_expression(f, i)} AS f{i}" for i, f in enumerate(features)]
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE {rows} ORDER BY network, window_days, processing_date, {identifier}"
    X = np.empty((count, len(features)), dtype=np.float32, order="F")
    y = np.empty(count if labelled else 0, dtype=np.float32)
    weight = np.empty(count if labelled else 0, dtype=np.float32)
    kept, start = [], 0
    with client.query_arrow_stream(query, parameters=parameters | keys) as stream:
        for batch in stream:
            stop = start + batch.num_rows
            kept.append(pa.table({name: batch.column(name) for name in ids}))
            if labelled:
                y[start:stop] = batch.column("label_target").to_numpy(zero_copy_only=False)
                weight[start:stop] = batch.column("label_weight").to_numpy(zero_copy_only=False)
            for position in range(len(features)):
                X[start:stop, position] = batch.column(len(ids) + len(label_columns) + position).to_numpy(zero_copy_only=False)
            start = stop
    return Dataset(X, y, weight, pa.concat_tables(kept), features)
