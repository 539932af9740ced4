"""Scores the rows of a snapshot a block at a time, and makes the rows of the table that the scores are written to."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa

from trainer.data import ScoringRows, Selection
from trainer.evaluation import ranks
from trainer.model_types import ModelType, get_model_type
from trainer.progress import Progress
from trainer.registry import ModelMeta, artifact

if TYPE_CHECKING:
    from trainer.data import Dataset

INSERT_ROWS = 500_000
"""Rows written at once: each insert makes a part of the table, and many small ones would be slow to read."""


@dataclass(frozen=True)
class Scored:
    """The scores of all rows of a snapshot.

    Attributes:
        scores: float64 (n,), in the order of the rows.
        seconds: that computing them took.
        ids: those of the rows in their order, those of one insert at a time; read once.
    """

    scores: np.ndarray
    seconds: float
    ids: Iterable[pa.ChunkedArray]

    @property
    def latency_ms(self) -> float:
        """How long one score took, in milliseconds."""
        return self.seconds * 1000 / len(self.scores)


@contextmanager
def scored_rows(loaded: artifact.Artifact, rows: ScoringRows, progress: Progress | None = None) -> Iterator[Scored]:
    """Score rows a block at a time: in memory are a few blocks and 8 bytes a row; ids wait in a temporary file without a name.

    Raises:
        ArtifactError, UserCodeError, NotBuiltError: the model cannot be used, or the rows change meanwhile.
    """
    scores, seconds, start = np.empty(rows.count), 0.0, 0
    schema = pa.schema([("id", pa.string())])
    with tempfile.TemporaryFile() as file:
        with pa.ipc.new_stream(file, schema) as writer, closing(rows.blocks()) as blocks:
            for block in blocks:
                clock, stop = time.perf_counter(), start + len(block.X)
                scores[start:stop] = loaded.predict(block.frame())
                seconds += time.perf_counter() - clock
                writer.write_table(pa.table([block.keys[block.model_type.id_column]], schema=schema))
                start = stop
                if progress is not None:
                    progress("scoring", stop, rows.count)
        yield Scored(scores, seconds, _ids_in(file))


def _ids_in(file: IO[bytes]) -> Iterator[pa.ChunkedArray]:
    """Yield the ids that a file has, those of one insert at a time."""
    file.seek(0)
    kept: list[pa.Array] = []
    for batch in pa.ipc.open_stream(file):
        kept.append(batch.column(0))
        if sum(map(len, kept)) >= INSERT_ROWS:
            yield pa.chunked_array(kept)
            kept = []
    if kept:
        yield pa.chunked_array(kept)


def scored_matrix(loaded: artifact.Artifact, data: Dataset) -> Scored:
    """Score rows that are in memory."""
    clock = time.perf_counter()
    scores = loaded.predict(data.frame())
    return Scored(scores, time.perf_counter() - clock, [data.keys[data.model_type.id_column]])


@dataclass(frozen=True)
class Writing:
    """What the rows written for a snapshot have in common.

    Attributes:
        build: number of the dbt run that built what was scored, see `trainer.warehouse.whole_build`.
    """

    meta: ModelMeta
    selection: Selection
    build: int

    @property
    def kind(self) -> ModelType:
        """What one row is."""
        return get_model_type(self.meta.model_type)

    def tables(self, scored: Scored) -> Iterator[pa.Table]:
        """Yield the rows to write, those of one insert at a time, in the order of the scores.

        A ranker's are ranks, 1 for the highest score; equal scores are ranked by id, which is the order of the rows.
        """
        is_ranker = self.kind.is_ranker
        values = ranks(scored.scores, np.arange(len(scored.scores))) if is_ranker else scored.scores
        start, now = 0, datetime.now(UTC)
        for ids in scored.ids:
            stop = start + len(ids)
            yield self._table(ids, pa.array(values[start:stop]), scored.latency_ms, now)
            start = stop

    def _table(self, ids: pa.ChunkedArray, values: pa.Array, latency_ms: float, now: datetime) -> pa.Table:
        count = len(ids)
        own = {"rank": values} if self.kind.is_ranker else {"score": values, "latency_ms": pa.repeat(latency_ms, count)}
        return pa.table(
            {
                "network": pa.repeat(self.selection.network, count),
                "processing_date": pa.repeat(pa.scalar(self.selection.end_date, pa.date32()), count),
                "window_days": pa.repeat(pa.scalar(self.selection.window_days, pa.uint16()), count),
                self.kind.id_column: ids,
                **own,
                "model_id": pa.repeat(self.meta.model_id, count),
                "model_version": pa.repeat(self.meta.versions["trainer"], count),
                "created_at": pa.repeat(pa.scalar(now, pa.timestamp("ms", "UTC")), count),
                "build": pa.repeat(pa.scalar(self.build, pa.uint64()), count),
            }
        )
