"""Reads a feature matrix and its labels from the warehouse, as Arrow, in key order."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.data.advice import too_few_labels_hint
from trainer.data.answers import answers_among
from trainer.data.coverage import known_strategies
from trainer.data.facts import facts_of
from trainer.data.feature import Feature, absent_features, columns_of, features_of, sql_expression
from trainer.data.feature_choice import FeatureChoice
from trainer.data.groups import groups_of
from trainer.data.selection import Selection
from trainer.errors import ArtifactError, BadInputError, NotBuiltError, NotEnoughLabelsError, UsageError
from trainer.model_types import ALERT_SCORER, ModelType, get_model_type
from trainer.warehouse import require_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

USER_FEATURES = "custom_features"
ALL_FEATURES = FeatureChoice()


@dataclass
class Dataset:
    """A matrix with its row keys and, for training, its labels.

    Attributes:
        X: float32 (n, d), column-major; missing is NaN.
        y: float32 (n,), the probability of being risky to train on: 1 or 0, or between for a strategy that estimates it
            (`label_target`); empty for scoring.
        weight: float32 (n,), the sample weights (`label_weight`); empty for scoring.
        keys: n rows of processing_date, the row's id and the column its model type holds rows together by.
        features: what each of the d columns is.
        model_type: what one row is.
        left_out: features that were left out because they are answers → their agreement with gold labels.
        facts: n rows of the columns of `trainer.data.facts.SCHEMA`, for labelled rows read from a warehouse; else None.
    """

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    keys: pa.Table
    features: list[Feature]
    model_type: ModelType = ALERT_SCORER
    left_out: dict[str, float] = field(default_factory=dict)
    facts: pa.Table | None = None

    @property
    def feature_names(self) -> list[str]:
        """The d names, in column order."""
        return [feature.name for feature in self.features]

    @property
    def groups(self) -> np.ndarray:
        """(n,) int64: equal for rows of one address; where a row has several, for those of one id and those that share one."""
        return groups_of(self.keys[self.model_type.id_column], self.keys[self.model_type.held_together_by])

    @property
    def lists(self) -> np.ndarray:
        """(n,) int64, for a ranker: equal for rows that are ranked together, by default those of one processing date."""
        column = self.model_type.ranked_within or "processing_date"
        return np.unique(np.asarray(self.keys[column].to_numpy()), return_inverse=True)[1]

    def address_count(self, rows: np.ndarray | slice = slice(None)) -> int:
        """Return the number of distinct addresses of some of the rows (a mask, or all)."""
        addresses = self.keys[self.model_type.held_together_by].take(pa.array(np.arange(len(self.keys))[rows]))
        if pa.types.is_list(addresses.type):
            addresses = pc.list_flatten(addresses.combine_chunks())
        return len(pc.unique(addresses))

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
    client: Client, model_type: str, selection: Selection, label_strategy: str, choice: FeatureChoice = ALL_FEATURES
) -> Dataset:
    """Read the labelled rows of a selection, one per alert, address or cluster, with the chosen features.

    Raises:
        UsageError: there is no such model type or label strategy, or the choice names features that do not exist.
        BadInputError: the warehouse has no snapshot of the selection.
        NotBuiltError: the tables are not built yet.
        NotEnoughLabelsError: nothing in the selection is labelled.
    """
    kind = get_model_type(model_type)
    _require_rows(client, kind.scoring_table, selection)
    where = f"{selection.where} AND label_strategy = {{label_strategy:String}}"
    parameters = selection.parameters | {"label_strategy": label_strategy}
    count = _count(client, kind.training_table, where, parameters)
    if not count:
        known = known_strategies(client)
        if label_strategy not in known:
            raise UsageError(f"There is no label strategy '{label_strategy}'; there are: {', '.join(known)}.")
        raise NotEnoughLabelsError(
            f"None of the {kind.grain} rows of {selection.network} with a window of {selection.window_days} days has a label "
            f"under '{label_strategy}' (0 labelled, 0 positive); {too_few_labels_hint(client, selection, kind, label_strategy)}."
        )
    features, left_out = _chosen(client, kind, selection, choice)
    data, sources = _read(client, kind, where, parameters, count, features, left_out, labelled=True)
    data.facts = facts_of(client, kind, selection, data.keys, sources)
    return data


def read_scoring(
    client: Client,
    model_type: str,
    selection: Selection,
    features: list[Feature] | None = None,
    choice: FeatureChoice = ALL_FEATURES,
) -> Dataset:
    """Read every row of a selection, labelled or not, with exactly the given features (default: those of `choice`).

    Raises:
        UsageError: there is no such model type, or the choice names features that do not exist.
        ArtifactError: the table lacks a column that `features` names, or the selection a custom feature.
        BadInputError: the warehouse has no snapshot of the selection.
        NotBuiltError: the tables are not built yet.
    """
    kind = get_model_type(model_type)
    table = kind.scoring_table
    count = _require_rows(client, table, selection)
    left_out: dict[str, float] = {}
    if features is None:
        features, left_out = _chosen(client, kind, selection, choice)
    if missing := sorted({feature.column for feature in features} - set(columns_of(client, table))):
        raise ArtifactError(f"The model needs the columns {', '.join(missing)}, which {table} does not have.")
    if absent := [one.name for one in absent_features(client, table, selection, features) if one.column == USER_FEATURES]:
        raise ArtifactError(
            f"The model needs the features {', '.join(absent)} of your own, which no row of {table} has for {selection.network} "
            f"{selection.end_date} {selection.window_days}; bring them with `trainer features add` and run `dbt run`."
        )
    return _read(client, kind, selection.where, selection.parameters, count, features, left_out, labelled=False)[0]


def _chosen(
    client: Client, kind: ModelType, selection: Selection, choice: FeatureChoice
) -> tuple[list[Feature], dict[str, float]]:
    """Return the chosen features, and those left out as answers with their agreement with gold labels.

    They are those of the whole selection, labelled or not, so that label strategies are compared on the same features.
    """
    every = features_of(client, kind.scoring_table, selection.where, selection.parameters, kind.held_together_by)
    answers = answers_among(client, every, selection, choice.accepted)
    return choice.of(every, answers), answers


def _require_rows(client: Client, table: str, selection: Selection) -> int:
    """Return how many rows of a table the selection has, or raise an error that lists the snapshots it has instead."""
    require_table(client, table)
    count = _count(client, table, selection.where, selection.parameters)
    if count:
        return count
    snapshot = "concat(network, ' ', toString(processing_date), ' ', toString(window_days))"
    existing = client.query(f"SELECT DISTINCT {snapshot} AS snapshot FROM {table} ORDER BY snapshot LIMIT 12").result_columns
    if not existing:
        raise NotBuiltError(f"{table} is empty (0 rows); run `trainer ingest` and then `dbt run`.")
    raise BadInputError(
        f"{table} has no rows of network '{selection.network}' with window_days {selection.window_days} from "
        f"{selection.start_date} to {selection.end_date}; it has: {'; '.join(existing[0])}."
    )


def _count(client: Client, table: str, where: str, parameters: dict[str, Any]) -> int:
    return int(client.query(f"SELECT count() FROM {table} WHERE {where}", parameters=parameters).result_rows[0][0])


def _read(
    client: Client,
    kind: ModelType,
    where: str,
    parameters: dict[str, Any],
    count: int,
    features: list[Feature],
    left_out: dict[str, float],
    *,
    labelled: bool,
) -> tuple[Dataset, pa.Array]:
    """Stream `count` rows of the training (or scoring) table into one matrix; return it and what its labels come from (n,)."""
    table = kind.training_table if labelled else kind.scoring_table
    ids = list(dict.fromkeys(["processing_date", kind.id_column, kind.held_together_by, kind.ranked_within or kind.id_column]))
    label_columns = ["label_target", "label_weight", "label_source"] if labelled else []
    keys = {f"key_{i}": feature.key for i, feature in enumerate(features) if feature.key is not None}
    columns = ids + label_columns + [f"{sql_expression(f, i)} AS f{i}" for i, f in enumerate(features)]
    order = f"network, window_days, processing_date, {kind.id_column}"
    X = np.empty((count, len(features)), dtype=np.float32, order="F")
    y = np.empty(count if labelled else 0, dtype=np.float32)
    weight = np.empty(count if labelled else 0, dtype=np.float32)
    kept, sources, start = [], [], 0
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY {order}"
    with client.query_arrow_stream(query, parameters=parameters | keys) as stream:
        for batch in stream:
            stop = start + batch.num_rows
            kept.append(pa.table({name: batch.column(name) for name in ids}))
            if labelled:
                y[start:stop] = batch.column("label_target").to_numpy(zero_copy_only=False)
                weight[start:stop] = batch.column("label_weight").to_numpy(zero_copy_only=False)
                sources.append(batch.column("label_source").cast(pa.string()))
            for position in range(len(features)):
                X[start:stop, position] = batch.column(len(ids) + len(label_columns) + position).to_numpy(zero_copy_only=False)
            start = stop
    if start != count:
        raise NotBuiltError(f"{table} changed while it was read; run the command again when no `dbt run` is under way.")
    read = Dataset(X, y, weight, pa.concat_tables(kept), features, kind, left_out)
    return read, pa.chunked_array(sources, pa.string()).combine_chunks()
