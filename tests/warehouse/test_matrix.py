"""A matrix is the same to the bit however it is read: as a whole, in blocks of any size, by this reader or by the driver's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.warehouse import DATES, WINDOW, House
from trainer.data import Feature, Selection, matrix, read_scoring, read_training, scoring_rows
from trainer.data.feature import sql_expression
from trainer.errors import NotBuiltError
from trainer.model_types import MODEL_TYPES

LAST = Selection("simnet", DATES[1], DATES[1], WINDOW)
BOTH = Selection("simnet", *DATES, WINDOW)
POOLED = Selection("minenet+simnet", *DATES, WINDOW)


def read_by_driver(client: Any, table: str, where: str, features: list[Feature], row_id: str, **parameters: Any) -> pa.Table:
    """Return ids and features of rows in key order, as Arrow."""
    keys = {f"key_{i}": one.key for i, one in enumerate(features) if one.key is not None}
    columns = [row_id, *(f"{sql_expression(one, i)} AS f{i}" for i, one in enumerate(features))]
    query = f"SELECT {', '.join(columns)} FROM {table} WHERE {where} ORDER BY network, window_days, processing_date, {row_id}"
    return client.query_arrow(query, parameters=parameters | keys)


def same_bits(X: np.ndarray, table: pa.Table) -> bool:
    """Whether the columns of X (n, d) are those of a table after its first one."""
    return all(np.array_equal(X[:, i].view(np.uint32), table.column(i + 1).to_numpy().view(np.uint32)) for i in range(X.shape[1]))


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_the_matrix_is_what_the_driver_reads(house: House, client: Any, model_type: str) -> None:
    kind = MODEL_TYPES[model_type]
    for selection in (BOTH, POOLED):
        scored = read_scoring(client, model_type, selection)
        plain = read_by_driver(
            client, kind.scoring_table, selection.where, scored.features, kind.id_column, **selection.parameters
        )
        assert scored.keys[kind.id_column].to_pylist() == plain[kind.id_column].to_pylist()
        assert scored.X.flags.f_contiguous and same_bits(scored.X, plain)
        trained = read_training(client, model_type, selection, "address_labels")
        where = f"{selection.where} AND label_strategy = 'address_labels'"
        plain = read_by_driver(client, kind.training_table, where, trained.features, kind.id_column, **selection.parameters)
        assert trained.keys[kind.id_column].to_pylist() == plain[kind.id_column].to_pylist()
        assert trained.X.flags.f_contiguous and same_bits(trained.X, plain) and 0 < len(trained.y) == len(plain)


@pytest.mark.parametrize("rows", [1, 7, 512, 1999, 2000, 2001, None])
def test_blocks_make_up_the_whole(house: House, client: Any, rows: int | None) -> None:
    whole = read_scoring(client, "alert_scorer", LAST)
    features = whole.features if rows != 1 else whole.features[:3]
    read = scoring_rows(client, "alert_scorer", LAST, features)
    blocks = list(read.blocks(rows))
    assert read.count == len(whole.X) == 2000
    assert [len(block.X) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    X = np.concatenate([block.X for block in blocks])
    assert np.array_equal(X.view(np.uint32), np.ascontiguousarray(whole.X[:, : len(features)]).view(np.uint32))
    assert pa.concat_tables([block.keys for block in blocks]).equals(whole.keys)


def test_without_features_there_are_keys(house: House, client: Any) -> None:
    sizes = [len(block.keys) for block in scoring_rows(client, "address_scorer", LAST, []).blocks(1500)]
    assert sizes[0] == 1500 and len(sizes) == 2


def test_rows_that_come_or_go_meanwhile_are_an_error(house: House, client: Any) -> None:
    whole = read_scoring(client, "alert_scorer", LAST)
    source = scoring_rows(client, "alert_scorer", LAST, whole.features[:2]).source
    for count in (len(whole.X) - 1, len(whole.X) + 1):
        with pytest.raises(NotBuiltError, match="changed while it was read"):
            matrix.read_whole(client, source, count)
        with pytest.raises(NotBuiltError, match="changed while it was read"):
            list(matrix.read_blocks(client, source, count, 500))
    assert client.query("SELECT 1").result_rows == [(1,)]


def test_wide_matrices_have_shorter_blocks() -> None:
    rows = [matrix._rows_of(columns) for columns in (0, 1, 245, 1000, 100_000_000)]
    assert rows == sorted(rows, reverse=True) and rows[0] == matrix.BLOCK_ROWS and rows[-1] == 512
    assert all(one % 512 == 0 for one in rows)
