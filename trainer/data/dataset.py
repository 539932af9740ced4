"""Reads a feature matrix and its labels from the warehouse, as Arrow, in key order."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.data.advice import too_few_labels_hint
from trainer.data.ahead import ahead
from trainer.data.answers import answers_among
from trainer.data.coverage import known_strategies
from trainer.data.facts import facts_of
from trainer.data.feature import Feature, absent_features, columns_of, features_of
from trainer.data.feature_choice import FeatureChoice
from trainer.data.groups import groups_of, owners_of
from trainer.data.matrix import Source, read_blocks, read_labelled_rows, read_whole
from trainer.data.selection import Selection
from trainer.data.snapshots import NETWORK, networks_of, snapshots_of
from trainer.data.withheld import withheld_features
from trainer.errors import ArtifactError, BadInputError, NotBuiltError, NotEnoughLabelsError, UsageError, did_you_mean
from trainer.model_types import ALERT_SCORER, ModelType, get_model_type
from trainer.shown import Shown
from trainer.warehouse import require_table

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

USER_FEATURES = "custom_features"
ALL_FEATURES = FeatureChoice()
_NONE = np.empty(0, dtype=np.float32)


@dataclass(repr=False)
class Dataset(Shown):
    """A matrix with its row keys and, for training, its labels.

    Attributes:
        X: float32 (n, d), column-major; missing is NaN. Without columns where other processes read them (`trainer.data.slices`).
        y: float32 (n,), the probability of being risky to train on: 1 or 0, or between for a strategy that estimates it
            (`label_target`); empty for scoring.
        weight: float32 (n,), the sample weights (`label_weight`); empty for scoring.
        keys: n rows of processing_date, the row's id and the column its model type holds rows together by; before them the
            network, where rows are of several.
        features: what each of the d columns is.
        model_type: what one row is.
        left_out: features that were left out because they are answers → their agreement with gold labels.
        withheld: features that were left out because they are none to learn from → why; see `withheld_features`.
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
    withheld: dict[str, str] = field(default_factory=dict)

    @property
    def feature_names(self) -> list[str]:
        """The d names, in column order."""
        return [feature.name for feature in self.features]

    @cached_property
    def groups(self) -> np.ndarray:
        """(n,) int64: equal for rows of one address; where a row has several, for those of one id and those that share one.

        An address is one on all networks; an id is one within its network.
        """
        ids, addresses = self.keys[self.model_type.id_column], self.keys[self.model_type.held_together_by]
        if NETWORK in self.keys.column_names:
            addresses = owners_of(addresses, self.networks)
            ids = pa.chunked_array([pc.binary_join_element_wise(self.keys[NETWORK].cast(pa.string()), ids, "/")])
        return groups_of(ids, addresses)

    @property
    def networks(self) -> np.ndarray:
        """(n,) text: the network of each row, where they are of several; else ''."""
        return networks_of(self.keys)

    @property
    def snapshots(self) -> np.ndarray:
        """(n,) text: equal for rows of one snapshot."""
        return snapshots_of(self.keys)

    @property
    def lists(self) -> np.ndarray:
        """(n,) int64, for a ranker: equal for rows that are ranked together, by default those of one processing date."""
        column = self.model_type.ranked_within or "processing_date"
        lists = np.unique(np.asarray(self.keys[column].to_numpy()), return_inverse=True)[1]
        networks, network = np.unique(self.networks, return_inverse=True)
        return np.asarray(lists * len(networks) + network, dtype=np.int64)

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

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        n, d = self.X.shape
        labels = {"positive": int((self.y >= 0.5).sum())} if len(self.y) else {}
        return {"model_type": self.model_type.name, "rows": n, "features": d, **labels}

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per alert, address or cluster: keys, then label and weight where there are any, then the features."""
        import pandas as pd

        labels = {"label_target": self.y, "label_weight": self.weight} if len(self.y) else {}
        return pd.concat([self.keys.to_pandas(), pd.DataFrame(labels, index=range(len(self.X))), self.frame()], axis=1)

    def frame(self) -> pd.DataFrame:
        """Return X as a DataFrame without copying it."""
        import pandas as pd

        return pd.DataFrame(self.X, columns=self.feature_names, copy=False)

    def fingerprint(self) -> str:
        """Return a hash of keys, labels and values: equal data, equal fingerprint."""
        digest = hashlib.sha256("\n".join(self.feature_names).encode())
        for name in self.keys.column_names:
            digest.update("\n".join(map(str, self.keys[name].to_pylist())).encode())
        for array in (self.y, self.weight, *self.X.T):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def read_training(
    client: Client,
    model_type: str,
    selection: Selection,
    label_strategy: str,
    choice: FeatureChoice = ALL_FEATURES,
    *,
    keys_only: bool = False,
) -> Dataset:
    """Read the labelled rows of a selection, one per alert, address or cluster, with the chosen features.

    Args:
        keys_only: name the chosen features, but read none of their values: X has no columns.

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
            near = did_you_mean(label_strategy, known)
            raise UsageError(f"There is no label strategy '{label_strategy}'{near}; there are: {', '.join(known)}.")
        raise NotEnoughLabelsError(
            f"None of the {kind.grain} rows of {selection.network} with a window of {selection.window_days} days has a label "
            f"under '{label_strategy}' (0 labelled, 0 positive); {too_few_labels_hint(client, selection, kind, label_strategy)}."
        )
    chosen = _chosen(client, kind, selection, choice)
    read = read_labelled_rows(client, Source(kind, selection, [] if keys_only else chosen.features, where, parameters), count)
    facts = facts_of(client, kind, selection, read.keys, read.sources)
    left_out = chosen.answers, facts, chosen.withheld
    return Dataset(read.X, read.y, read.weight, read.keys, chosen.features, kind, *left_out)


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
    count = _require_rows(client, kind.scoring_table, selection)
    chosen = _chosen(client, kind, selection, choice) if features is None else _Chosen(features)
    _require_features(client, kind.scoring_table, selection, chosen.features)
    X, keys = read_whole(client, Source(kind, selection, chosen.features, selection.where, selection.parameters), count)
    return Dataset(X, _NONE, _NONE, keys, chosen.features, kind, chosen.answers, withheld=chosen.withheld)


@dataclass(frozen=True)
class ScoringRows:
    """The rows of `read_scoring`, to be read a block at a time in memory that does not grow with them.

    Attributes:
        count: how many there are.
        absent: features that come from a Map column in which no row has their key.
    """

    client: Client = field(repr=False)
    source: Source
    count: int
    absent: list[Feature]

    def blocks(self, rows: int | None = None) -> Generator[Dataset, None, None]:
        """Yield the rows in order, each block a matrix of its own, while the next is read; until the last the client is busy.

        Args:
            rows: of a block; by default as many as `trainer.data.matrix.read_blocks` chooses.

        Raises:
            NotBuiltError: the table changes meanwhile.
        """
        for X, keys in ahead(read_blocks(self.client, self.source, self.count, rows)):
            yield Dataset(X, _NONE, _NONE, keys, self.source.features, self.source.kind)


def scoring_rows(client: Client, model_type: str, selection: Selection, features: list[Feature]) -> ScoringRows:
    """Return every row of a selection with exactly the given features, none of them read yet.

    Raises:
        UsageError, ArtifactError, BadInputError, NotBuiltError: as `read_scoring`.
    """
    kind = get_model_type(model_type)
    count = _require_rows(client, kind.scoring_table, selection)
    absent = _require_features(client, kind.scoring_table, selection, features)
    return ScoringRows(client, Source(kind, selection, features, selection.where, selection.parameters), count, absent)


def _require_features(client: Client, table: str, selection: Selection, features: list[Feature]) -> list[Feature]:
    """Return the features that no row has; raise ArtifactError if the table lacks a column, or one of these is the user's."""
    if missing := sorted({feature.column for feature in features} - set(columns_of(client, table))):
        raise ArtifactError(f"The model needs the columns {', '.join(missing)}, which {table} does not have.")
    absent = absent_features(client, table, selection, features)
    if own := [one.name for one in absent if one.column == USER_FEATURES]:
        raise ArtifactError(
            f"The model needs the features {', '.join(own)} of your own, which no row of {table} has for {selection.network} "
            f"{selection.end_date} {selection.window_days}; bring them with `trainer features add` and run `dbt run`."
        )
    return absent


@dataclass(frozen=True)
class _Chosen:
    """The chosen features, and those that are left out: answers with their agreement with gold labels, others with a reason."""

    features: list[Feature]
    answers: dict[str, float] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)


def _chosen(client: Client, kind: ModelType, selection: Selection, choice: FeatureChoice) -> _Chosen:
    """Return the chosen features.

    They are those of the whole selection, labelled or not, so that label strategies are compared on the same features.
    """
    every = features_of(client, kind.scoring_table, selection.where, selection.parameters, kind.held_together_by)
    answers = answers_among(client, every, selection, choice.accepted)
    found = withheld_features(client, kind.scoring_table, selection, every)
    withheld = {name: why for name, why in found.items() if not choice.names(name)}
    return _Chosen(choice.of(every, answers, withheld), answers, withheld)


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
