"""Builds Arrow columns: exact decimals, lists of numbers, decoded names, and the key columns of the snapshot tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa

MONEY = pa.decimal128(38, 18)


class Stamp:
    """The key columns and ``created_at`` of one snapshot; ``created_at`` is derived from the date, to be reproducible."""

    def __init__(self, processing_date: date, window_days: int) -> None:
        self.processing_date, self.window_days = processing_date, window_days
        self.end = int(datetime(processing_date.year, processing_date.month, processing_date.day, tzinfo=UTC).timestamp())

    def keys(self, rows: int) -> dict[str, pa.Array]:
        """Return the key columns, constant over ``rows``."""
        return {
            "window_days": pa.repeat(pa.scalar(self.window_days, pa.uint16()), rows),
            "processing_date": pa.repeat(pa.scalar(self.processing_date, pa.date32()), rows),
        }

    def created(self, rows: int) -> pa.Array:
        """Return the column ``created_at``, constant over ``rows``."""
        return pa.repeat(pa.scalar(self.end * 1000, pa.timestamp("ms", tz="UTC")), rows)


def decimal(units: np.ndarray, digits: int = 2) -> pa.Array:
    """Return integers (n,) in units of 10^−digits (cents by default) as Decimal(38, 18), exactly."""
    words = np.empty((len(units), 2), np.int64)
    words[:, 0] = units
    words[:, 1] = words[:, 0] >> 63  # sign extension to 128 bits
    plain = pa.Array.from_buffers(pa.decimal128(38, digits), len(units), [None, pa.py_buffer(words)])
    return plain.cast(MONEY)


def lists(values: np.ndarray, kind: pa.DataType) -> pa.ListArray:
    """Return a matrix (n, k) as n lists of length k."""
    rows, width = values.shape
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * width), pa.array(values.ravel()).cast(kind))


def decode(names: tuple[str, ...], codes: np.ndarray) -> pa.Array:
    """Return ``names[code]`` for each of ``codes`` (n,), as strings (n,)."""
    return pa.array(names).take(pa.array(codes))
