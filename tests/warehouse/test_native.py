"""Answers in the Native format are decoded whatever their blocks, and an answer that ends early is an error."""

from __future__ import annotations

import io
import struct
from datetime import date, timedelta
from typing import Any

import clickhouse_connect
import numpy as np
import pytest
from clickhouse_connect.driver.exceptions import NotSupportedError, StreamFailureError
from hypothesis import given
from hypothesis import strategies as st

from tests.support.warehouse import Bridge
from trainer.warehouse import column_blocks
from trainer.warehouse.native import NativeReader

TEXTS = st.one_of(st.text(max_size=9), st.text("ab", min_size=120, max_size=140), st.sampled_from(["é" * 9000, "x" * 2**15]))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Float32": st.floats(width=32, allow_nan=False),
    "Float64": st.floats(allow_nan=False),
    "UInt16": st.integers(0, 2**16 - 1),
    "UInt64": st.integers(0, 2**64 - 1),
    "Date": st.integers(0, 2**16 - 1),
    "String": TEXTS,
    "Array(String)": st.lists(TEXTS, max_size=3),
}
PACKED = {"Float32": "<f", "Float64": "<d", "UInt16": "<H", "UInt64": "<Q", "Date": "<H"}


def leb128(number: int) -> bytes:
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def text(value: str) -> bytes:
    return leb128(len(value.encode())) + value.encode()


def encoded(kind: str, values: list[Any]) -> bytes:
    if kind == "String":
        return b"".join(map(text, values))
    if kind == "Array(String)":
        ends = np.cumsum([len(one) for one in values], dtype=np.uint64)
        return ends.tobytes() + b"".join(text(one) for several in values for one in several)
    return b"".join(struct.pack(PACKED[kind], value) for value in values)


def block(columns: list[tuple[str, list[Any]]]) -> bytes:
    parts = [text(f"column {i}") + text(kind) + encoded(kind, values) for i, (kind, values) in enumerate(columns)]
    return leb128(len(columns)) + leb128(len(columns[0][1])) + b"".join(parts)


def listed(column: Any) -> list[Any]:
    values: list[Any] = column.tolist()  # NumPy and Arrow both have it
    return values


def decoded(stream: bytes, piece: int = 2**30) -> list[list[Any]]:
    """Return the values of each column, all blocks together, of a stream that comes in pieces of at most so many bytes."""
    source = io.BytesIO(stream)
    found: list[list[Any]] = []
    for columns in NativeReader(lambda size: source.read(min(size, piece))).blocks():
        found = found or [[] for _ in columns]
        for values, column in zip(found, columns, strict=True):
            values.extend(listed(column))
    return found


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[str], list[list[list[Any]]]]:
    """Return the types of some columns and the values of each in some blocks."""
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    return kinds, [[draw(st.lists(VALUES[kind], min_size=size, max_size=size)) for kind in kinds] for size in sizes]


@given(answers(), st.integers(1, 200))
def test_values_do_not_depend_on_blocks_and_pieces(answer: tuple[list[str], list[list[list[Any]]]], piece: int) -> None:
    kinds, blocks = answer
    stream = b"".join(block(list(zip(kinds, columns, strict=True))) for columns in blocks)
    expected = [[value for columns in blocks for value in columns[i]] for i in range(len(kinds))]
    days = date(1970, 1, 1)
    for i, kind in enumerate(kinds):
        if kind == "Date":
            expected[i] = [days + timedelta(days=number) for number in expected[i]]
    found = decoded(stream, piece if len(stream) < 10_000 else 1 << 16)
    assert found == (expected if expected[0] else [])


@given(st.data())
def test_an_answer_that_ends_within_a_block_is_an_error(data: st.DataObject) -> None:
    columns = [("String", ["a", "", "abc" * 60]), ("Array(String)", [["x"], [], ["yy", "z"]]), ("Float32", [1.0, 2.0, 3.0])]
    one = block(columns)
    cut = data.draw(st.integers(1, len(one) - 1))
    with pytest.raises(StreamFailureError, match="ended early"):
        decoded(one + one[:cut])


def test_the_message_of_a_server_that_fails_half_way_is_told() -> None:
    one = block([("Float32", [1.0] * 100)])
    said = b"Code: 241. DB::Exception: Memory limit exceeded: would use 2 GiB. (MEMORY_LIMIT_EXCEEDED)\n"
    for part in (one, one + one[:50]):
        with pytest.raises(StreamFailureError, match="Memory limit exceeded"):
            decoded(part + said)


def test_other_types_are_refused() -> None:
    stream = leb128(1) + leb128(1) + text("x") + text("UUID") + bytes(16)
    with pytest.raises(NotSupportedError, match="type UUID"):
        decoded(stream)


QUERY = """
    SELECT number, toFloat32(if(number % 3 = 0, nan, number / 7)) AS x, toDate('2025-08-01') + number AS day,
        repeat('é', number * number % 977) AS text, concat('alert-', leftPad(toString(number), 8, '0')) AS id,
        arrayMap(i -> toString(i), range(number % 4)) AS members
    FROM numbers({rows:UInt64}) ORDER BY number SETTINGS max_block_size = 999
"""


def both(client: Any) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Return what this reader and what the driver read, by column."""
    plain = client.query(QUERY, parameters={"rows": 5000})
    found: dict[str, list[Any]] = {name: [] for name in plain.column_names}
    with column_blocks(client, QUERY, {"rows": 5000}) as blocks:
        for columns in blocks:
            for values, column in zip(found.values(), columns, strict=True):
                values.extend(listed(column))
    return found, dict(zip(plain.column_names, map(list, plain.result_columns), strict=True))


@pytest.fixture
def of_server(bridge: Bridge) -> Any:
    options = {"host": bridge.host, "port": bridge.port, "username": bridge.user, "password": bridge.password}
    with clickhouse_connect.get_client(**options) as opened:
        yield opened


@pytest.mark.parametrize("engine", ["client", "of_server"])
def test_both_engines_send_what_the_driver_reads(engine: str, request: pytest.FixtureRequest) -> None:
    found, plain = both(request.getfixturevalue(engine))
    np.testing.assert_array_equal(found.pop("x"), plain.pop("x"))
    assert found == plain and len(plain["id"]) == 5000


def test_the_client_is_free_again_after_a_stream_is_left(client: Any) -> None:
    query = "SELECT number FROM numbers(1000000) SETTINGS max_block_size = 1000"
    with column_blocks(client, query, {}) as blocks:
        assert len(next(blocks)[0]) == 1000
    assert client.query("SELECT 1").result_rows == [(1,)]


def test_a_statement_that_is_wrong_keeps_its_error(client: Any) -> None:
    with pytest.raises(Exception, match="nowhere"), column_blocks(client, "SELECT nowhere", {}) as blocks:
        next(blocks)
