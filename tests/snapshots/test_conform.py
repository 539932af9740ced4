"""Each rule of the table in trainer.snapshots.conform, and that no column of any type causes a traceback."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import BadInputError
from trainer.keys import SnapshotKey
from trainer.snapshots import conform
from trainer.snapshots.conform import Conformer, required_columns
from trainer.warehouse.schema import ADDRESS_LABELS, RAW_ALERTS, RAW_CLUSTERS, RAW_FEATURES, RAW_MONEY_FLOWS, Table

KEY = SnapshotKey("simnet", date(2025, 8, 1), 90)
NOW = datetime(2025, 9, 1, tzinfo=UTC)
GOOD: dict[str, list[Any]] = {"address": ["0xa", "0xb", "0xc"]}


def conformer(table: Table = RAW_FEATURES, **options: Any) -> Conformer:
    return Conformer(table, KEY, "features.parquet", NOW, **options)


def one(
    column: str, values: list[Any], kind: pa.DataType | None = None, table: Table = RAW_FEATURES
) -> tuple[list[Any], Conformer]:
    """Conform good rows with one more column; return that column and the conformer."""
    uses = conformer(table)
    batch = pa.record_batch({"address": [f"0x{i}" for i in range(len(values))], column: pa.array(values, kind)})
    return uses(batch)[column].to_pylist(), uses


@pytest.mark.parametrize("table", [RAW_ALERTS, RAW_FEATURES, RAW_CLUSTERS, RAW_MONEY_FLOWS, ADDRESS_LABELS])
def test_a_missing_key_column_is_named(table: Table) -> None:
    for missing in required_columns(table):
        batch = pa.record_batch({name: ["x"] for name in required_columns(table) if name != missing} | {"other": [1]})
        with pytest.raises(BadInputError, match=f"features.parquet.*'{missing}'"):
            conformer(table)(batch)


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.bool_(), pa.binary(), pa.list_(pa.string()), pa.null()])
def test_a_key_that_is_not_text_is_named_with_its_type(kind: pa.DataType) -> None:
    with pytest.raises(BadInputError, match=r"'address'.*should be text"):
        conformer()(pa.record_batch({"address": pa.nulls(2, kind)}))


@pytest.mark.parametrize(
    ("column", "value"),
    [("network", "torus"), ("window_days", 195), ("processing_date", date(2025, 8, 2)), ("processing_date", "2025-08-02"),
     ("window_days", [1]), ("processing_date", {"a": 1})],
)  # fmt: skip
def test_a_key_in_the_file_that_differs_from_the_folders_is_named(column: str, value: Any) -> None:
    with pytest.raises(BadInputError, match=f"features.parquet.*'{column}'"):
        conformer()(pa.record_batch({"address": ["0xa"], column: [value]}))


@pytest.mark.parametrize(
    ("column", "value"),
    [("network", "simnet"), ("window_days", 90), ("window_days", 90.0), ("window_days", None),
     ("processing_date", date(2025, 8, 1)), ("processing_date", datetime(2025, 8, 1)), ("processing_date", "2025-08-01")],
)  # fmt: skip
def test_a_key_in_the_file_that_agrees_is_taken(column: str, value: Any) -> None:
    assert conformer()(pa.record_batch({"address": ["0xa"], column: [value]})).num_rows == 1


def test_invalid_addresses_are_rejected_and_counted() -> None:
    uses = conformer()
    addresses = ["0xa", "", None, "  ", "a b", "a\x01b", "x" * 257, "x" * 1_000_000, "o'hare", '"quoted"']
    assert uses(pa.record_batch({"address": addresses}))["address"].to_pylist() == ["0xa", "o'hare", '"quoted"']
    assert uses.counts == {"rows rejected: 'address' is not an address": 7}


def test_every_column_of_addresses_is_spelt_as_its_network_does() -> None:
    polkadot, own = "14AeRZ17jENMb5QaFcScs3vpTgx8R95oP8gw5cmDdU6BBJU", "5C7sW6HwFwxtv44tccZSUiDmxqhJS7awitQCmndQfYSZzqgj"
    key = SnapshotKey("torus", date(2025, 8, 1), 90)
    flows = pa.record_batch({"from_address": [own, " " + polkadot], "to_address": [polkadot, "0xA"]})
    rows = Conformer(RAW_MONEY_FLOWS, key, "x", NOW)(flows)
    assert (rows["from_address"].to_pylist(), rows["to_address"].to_pylist()) == ([own, own], [own, "0xA"])
    lists = [[polkadot, own, None], None, [], [f" {polkadot}", "odd"]]
    names = ["a", "b", "c", "d"]
    primary = [polkadot, None, own, "odd"]
    clusters = {"cluster_id": names, "cluster_type": names, "primary_address": primary, "addresses_involved": lists}
    batch = pa.record_batch({name: pa.array(values) for name, values in clusters.items()})
    for start in (0, 1, 3):
        rows = Conformer(RAW_CLUSTERS, key, "x", NOW)(batch.slice(start))
        assert rows["primary_address"].to_pylist() == [own, "", own, "odd"][start:]
        assert rows["addresses_involved"].to_pylist() == [[own, own, None], [], [], [own, "odd"]][start:]


def test_white_space_around_a_key_is_removed() -> None:
    uses = conformer(RAW_ALERTS)
    batch = pa.record_batch({"alert_id": [" a1 "], "address": ["\t0xa\n"], "typology_type": [" mixer"]})
    row = uses(batch).to_pylist()[0]
    assert (row["alert_id"], row["address"], row["typology_type"]) == ("a1", "0xa", "mixer")


def test_the_snapshots_key_is_put_on_every_row() -> None:
    rows = conformer()(pa.record_batch(GOOD)).select(["network", "processing_date", "window_days", "ingested_at"]).to_pylist()
    assert rows == [{"network": "simnet", "processing_date": date(2025, 8, 1), "window_days": 90, "ingested_at": NOW}] * 3


@pytest.mark.parametrize("column", ["degree_in", "total_in_usd", "volume_std", "pagerank"])
def test_non_finite_values_become_missing_and_are_counted(column: str) -> None:
    values, uses = one(column, [1.0, math.nan, math.inf, -math.inf, None])
    assert values == [1.0, None, None, None, None]
    assert uses.counts == {f"values not finite, now missing, in '{column}'": 3}


@pytest.mark.parametrize("column", ["degree_in", "total_in_usd"])
def test_negative_counts_and_volumes_become_missing(column: str) -> None:
    values, uses = one(column, [1, -1, 0, -5])
    assert values == [1, None, 0, None]
    assert uses.counts == {f"negative values, now missing, in '{column}'": 2}


def test_a_net_flow_and_a_score_may_be_negative() -> None:
    assert one("net_flow_usd", [-5.0, Decimal("-1.5")][:1])[0] == [-5.0]
    assert one("net_flow_usd", [Decimal("-1.5")])[0] == [Decimal("-1.5")]
    assert one("amount_skewness", [-2.0])[0] == [-2.0]


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("total_in_usd", 1e20, None), ("total_in_usd", 1e300, None), ("pagerank", 1e39, None), ("degree_in", 1e19, None),
        ("net_flow_usd", Decimal(10) ** 25, pa.decimal128(38, 0)), ("total_in_usd", Decimal(10) ** 50, pa.decimal256(60, 2)),
        ("degree_in", 2**64 - 1, pa.uint64()),
    ],
)  # fmt: skip
def test_a_number_the_type_cannot_hold_becomes_missing(column: str, value: Any, kind: pa.DataType | None) -> None:
    values, uses = one(column, [value, type(value)(1)], kind)
    assert [values[0], float(values[1])] == [None, 1.0]
    assert uses.counts == {f"values too large, now missing, in '{column}'": 1}


def test_a_flag_that_is_not_a_number_is_missing_and_not_true() -> None:
    assert one("is_whale", [1.0, 0.0, math.nan, None, 2.0])[0] == [True, False, None, None, True]
    assert one("is_whale", [True, False, None])[0] == [True, False, None]


def test_decimals_stay_exact() -> None:
    exact = Decimal("12345678901234567.123456789012345678")
    assert one("total_in_usd", [exact], pa.decimal128(38, 18))[0] == [exact]
    assert one("degree_in", [2**53 + 1], pa.int64())[0] == [2**53 + 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.timestamp("ms"), pa.list_(pa.float64()), pa.struct([("a", pa.int64())])])
def test_a_number_column_of_another_type_is_named(kind: pa.DataType) -> None:
    with pytest.raises(BadInputError, match="features.parquet: column 'degree_in' should be a number"):
        one("degree_in", [None, None], kind)


def test_label_confidences_outside_the_unit_interval_are_rejected() -> None:
    uses = conformer(ADDRESS_LABELS)
    batch = pa.record_batch({"address": list("abcdef"), "confidence_score": [0.0, 1.0, 1.1, -0.1, math.nan, None]})
    assert uses(batch)["address"].to_pylist() == ["a", "b"]
    assert uses.counts == {"rows rejected: 'confidence_score' is not in [0, 1]": 4}


def test_a_label_confidence_in_words_is_bad_input() -> None:
    with pytest.raises(BadInputError, match="confidence_score"):
        conformer(ADDRESS_LABELS)(pa.record_batch({"address": ["a"], "confidence_score": ["very"]}))


def test_unknown_numbers_are_kept_and_other_unknown_columns_named() -> None:
    uses = conformer()
    batch = pa.record_batch(
        GOOD | {"in_out_ratio": [0.5, None, math.nan], "is_dust": [True, False, None], "story": list("xyz"), "b": [1, 2, 3]}
    )
    extra = [dict(row) for row in uses(batch)["extra_features"].to_pylist()]
    assert extra == [{"b": 1, "in_out_ratio": 0.5, "is_dust": 1}, {"b": 2, "is_dust": 0}, {"b": 3}]
    assert uses.dropped == {"story"}


def test_a_renamed_column_goes_by_the_tables_name_unless_the_file_has_both() -> None:
    renames = {"is_hub": "is_hub_address"}
    only = conformer(renames=renames)(pa.record_batch(GOOD | {"is_hub": [True, False, None]}))
    assert only["is_hub_address"].to_pylist() == [True, False, None]
    both = conformer(renames=renames)(pa.record_batch(GOOD | {"is_hub": [True] * 3, "is_hub_address": [False] * 3}))
    assert both["is_hub_address"].to_pylist() == [False] * 3
    assert dict(both["extra_features"].to_pylist()[0]) == {"is_hub": 1.0}


def test_a_column_that_stands_twice_is_named() -> None:
    batch = pa.RecordBatch.from_arrays([pa.array(["0xa"]), pa.array([1]), pa.array([2])], names=["address", "kcore", "kcore"])
    with pytest.raises(BadInputError, match="'kcore' more than once"):
        conformer()(batch)


def test_lists_come_as_lists_or_as_json() -> None:
    assert one("hourly_activity", ["[1, 2]", "", None, "[]"])[0] == [[1, 2], [], [], []]
    assert one("hourly_activity", [[1, 2], None])[0] == [[1, 2], []]


@pytest.mark.parametrize(
    "text", ["{", "5", '{"a": 1}', '["x"]', "[-1]", "[99999]", "[1e99]", "[" * 200_000, f"[{10**30}]", "[NaN]"]
)
def test_invalid_lists_are_reported_by_column(text: str) -> None:
    with pytest.raises(BadInputError, match="'hourly_activity'"):
        one("hourly_activity", [text])


def test_times_are_kept_and_anything_else_is_missing_and_counted() -> None:
    values, uses = one("created_at", [datetime(2025, 8, 1), datetime(1900, 1, 1), datetime(2300, 1, 1), None])
    assert values == [datetime(2025, 8, 1), None, None, None]
    assert uses.counts == {"values outside the years 2008 to 2099, now missing, in 'created_at'": 2}
    values, uses = one("created_at", ["yesterday", None])
    assert values == [None, None]
    assert uses.counts == {"values not a time, now missing, in 'created_at'": 1}


def test_no_rows_are_no_problem() -> None:
    empty = conformer()(pa.record_batch({"address": pa.array([], pa.string())}))
    assert empty.num_rows == 0


def test_no_columns_are_bad_input() -> None:
    with pytest.raises(BadInputError, match="'address'"):
        conformer()(pa.RecordBatch.from_arrays([], names=[]))


TABLES = st.sampled_from([RAW_ALERTS, RAW_FEATURES, RAW_CLUSTERS, RAW_MONEY_FLOWS, ADDRESS_LABELS])
ARRAYS = st.one_of(
    st.tuples(st.lists(st.none() | st.text(max_size=5)), st.sampled_from([pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])),
    st.tuples(st.lists(st.none() | st.floats(width=16)), st.just(pa.float16())), st.tuples(st.lists(st.none() | st.floats()), st.sampled_from([pa.float64(), pa.float32()])),
    st.tuples(st.lists(st.none() | st.integers(0, 127)), st.sampled_from([pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.decimal128(38, 18), pa.decimal128(5, 0), pa.decimal256(70, 3), pa.decimal32(9, 2), pa.dictionary(pa.int8(), pa.int64())])),
    st.tuples(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)), st.just(pa.int64())),
    st.tuples(st.lists(st.none() | st.decimals(-(10**18), 10**18, places=10)), st.just(pa.decimal128(38, 10))),
    st.tuples(st.lists(st.none() | st.booleans()), st.just(pa.bool_())),
    st.tuples(st.lists(st.none()), st.sampled_from([pa.null(), pa.list_view(pa.int64()), pa.map_(pa.string(), pa.int8()), pa.month_day_nano_interval(), pa.binary(3)])),
    st.tuples(st.lists(st.none() | st.binary(max_size=4)), st.sampled_from([pa.binary(), pa.large_binary()])),
    st.tuples(st.lists(st.none() | st.datetimes()), st.sampled_from([pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.date32(), pa.date64()])),
    st.tuples(st.lists(st.none() | st.just(time(1))), st.just(pa.time64("us"))),
    st.tuples(st.lists(st.none() | st.just(timedelta(1))), st.just(pa.duration("s"))),
    st.tuples(st.lists(st.none() | st.lists(st.none() | st.integers(-5, 70_000), max_size=3)), st.sampled_from([pa.list_(pa.int64()), pa.large_list(pa.int64()), pa.list_(pa.float32())])),
    st.tuples(st.lists(st.none() | st.lists(st.text(max_size=3), max_size=3)), st.just(pa.list_(pa.string()))),
    st.tuples(st.lists(st.none() | st.fixed_dictionaries({"a": st.integers(0, 5)})), st.just(pa.struct([("a", pa.int64())]))),
)  # fmt: skip


def _column(values: list[Any], kind: pa.DataType, rows: int) -> pa.Array:
    padded = (values + [None] * rows)[:rows]
    if pa.types.is_date(kind):
        padded = [None if value is None else value.date() for value in padded]
    if pa.types.is_float16(kind):
        padded = [None if value is None else np.float16(value) for value in padded]
    return pa.array(padded, kind)


@st.composite
def batches(draw: st.DrawFn) -> tuple[Table, pa.RecordBatch]:
    """A batch with mostly valid required columns and other columns of any type."""
    table, rows = draw(TABLES), draw(st.integers(0, 6))
    columns = {}
    for name in required_columns(table):
        texts = draw(st.lists(st.sampled_from(["0xa", "0xb", "", " x ", "a b", None]), min_size=rows, max_size=rows))
        columns[name] = pa.array(texts, pa.string())
    names = st.sampled_from([*table.types, "network", "processing_date", "window_days", "unknown", "ingested_at", ""])
    for name in draw(st.lists(names, max_size=4, unique=True)):
        columns[name] = _column(*draw(ARRAYS), rows)
    return table, pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


@given(batches())
def test_any_batch_is_loaded_or_refused_with_bad_input_and_the_counts_add_up(case: tuple[Table, pa.RecordBatch]) -> None:
    table, batch = case
    uses = conformer(table)
    try:
        loaded = uses(batch)
    except BadInputError as error:
        assert "features.parquet" in str(error) and len(str(error)) < 1000
        return
    loaded.validate(full=True)
    rejected = sum(count for what, count in uses.counts.items() if what.startswith("rows rejected"))
    assert loaded.num_rows + rejected == batch.num_rows
    assert set(loaded.column_names) <= {"network", "processing_date", "window_days", "ingested_at", *table.types}


@given(batches(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case: tuple[Table, pa.RecordBatch], random: Any) -> None:
    table, batch = case
    order = list(range(batch.num_rows))
    random.shuffle(order)
    try:
        first, shuffled = conformer(table), conformer(table)
        straight, mixed = first(batch), shuffled(batch.take(pa.array(order, pa.int64())))
    except (BadInputError, pa.ArrowNotImplementedError):  # take() does not know every type of Arrow
        return
    assert first.counts == shuffled.counts and first.dropped == shuffled.dropped
    assert sorted(map(repr, straight.to_pylist())) == sorted(map(repr, mixed.to_pylist()))


@given(st.binary(max_size=20))
def test_bytes_that_are_not_utf8_do_not_cause_a_traceback(raw: bytes) -> None:
    text = pa.StringArray.from_buffers(1, pa.array([0, len(raw)], pa.int32()).buffers()[1], pa.py_buffer(raw))
    for column in ("address", "dominant_asset_in", "hourly_activity"):
        columns = {"address": pa.array(["0xa"])} | {column: text}
        try:
            conformer()(pa.record_batch(columns))
        except BadInputError as error:
            assert column in str(error)


NUMBERS = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float64(), st.floats()),
    (pa.float32(), st.floats(width=32)),
    (pa.decimal128(38, 6), st.decimals(-(10**30), 10**30, places=6)),
]


@given(st.data())
@pytest.mark.parametrize("column", ["degree_in", "total_in_usd", "net_flow_usd", "amount_variance", "pagerank", "is_whale"])
def test_usual_values_are_read_as_unusual_ones_are(column: str, data: st.DataObject) -> None:
    kind, values = data.draw(st.sampled_from(NUMBERS))
    given_values = data.draw(
        st.lists(st.none() | values | st.integers(0, 9).map(lambda n: pa.scalar(n).cast(kind).as_py()), min_size=1, max_size=6)
    )
    quick, quick_uses = one(column, given_values, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conform, "are_within", lambda *_: False)
        slow, slow_uses = one(column, given_values, kind)
    assert quick == slow
    assert quick_uses.counts == slow_uses.counts
