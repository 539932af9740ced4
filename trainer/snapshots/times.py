"""Reads the times of a column, whatever unit the export writes them in.

| input | result |
|---|---|
| integers, floats, decimals | in seconds, ms, µs or ns: the unit that puts them into the years 2008 to 2099 |
| a column with values in several units | its unit is that of most values in the table; the others become missing, counted |
| a value that no unit puts into these years | missing, counted |
| Arrow timestamps and dates | as they are; with a time zone they are converted to UTC |
| 0, NaN, null | missing |
| text and anything else | missing, counted |
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trainer.warehouse import END_SECOND, FIRST_SECOND, UNITS

_ABSENT, _IMPLAUSIBLE = len(UNITS), len(UNITS) + 1  # what is no position of a unit


def units_in(column: pa.Array) -> Counter[str]:
    """Return unit → number of values of a column in it; times of Arrow count as seconds, values without a unit do not count."""
    numbers = _numbers(column)
    if numbers is None:
        return Counter()
    counts = np.bincount(_units(numbers, _possible(column)), minlength=len(UNITS))
    return Counter({unit: int(count) for unit, count in zip(UNITS, counts, strict=False) if count})


def usual_unit(counts: Counter[str]) -> str:
    """Return the unit of most values, of several the coarsest; seconds where there are none."""
    return max(UNITS, key=lambda unit: counts[unit])


def read_times(column: pa.Array, unit: str) -> tuple[pa.Array, dict[str, pa.Array]]:
    """Return a column's times in seconds, int64 (n,), and why → which of them (bool (n,)) were set to missing."""
    numbers = _numbers(column)
    if numbers is None:
        return pa.nulls(len(column), pa.int64()), {"values not a time": column.is_valid()}
    units = _units(numbers, _possible(column))
    kept = units == list(UNITS).index(unit)
    seconds = np.zeros(len(numbers), dtype=np.int64)
    seconds[kept] = (numbers[kept] // UNITS[unit]).astype(np.int64)
    implausible = units == _IMPLAUSIBLE
    reasons = {
        "values outside the years 2008 to 2099": implausible,
        f"values in another unit than {unit}": ~kept & ~implausible & (units != _ABSENT),
    }
    return pa.array(seconds, mask=~kept), {reason: pa.array(where) for reason, where in reasons.items()}


def _possible(column: pa.Array) -> dict[str, int]:
    return {"s": 1} if pa.types.is_temporal(column.type) else UNITS


def _numbers(column: pa.Array) -> np.ndarray | None:
    """Return the values as numbers (n,), 0 where missing: int64, uint64 or float64; None where they are no times."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("s"), safe=False), pa.int64())
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        column = pc.cast(column, pa.float64(), safe=False)
    elif pa.types.is_null(kind):
        column = pc.cast(column, pa.int64())
    elif not pa.types.is_integer(kind):
        return None
    return np.asarray(pc.fill_null(column, pa.scalar(0, column.type)).to_numpy(zero_copy_only=False))


def _units(numbers: np.ndarray, possible: dict[str, int]) -> np.ndarray:
    """Return the position in UNITS of the unit of each value (n,), or that it is absent (0 or NaN), or has none."""
    unit = np.full(len(numbers), _IMPLAUSIBLE, np.uint8)
    unit[(numbers == 0) | np.isnan(numbers)] = _ABSENT
    for position, name in enumerate(UNITS):
        size = possible.get(name)
        if size is not None:
            unit[(numbers >= FIRST_SECOND * size) & (numbers < END_SECOND * size)] = position
    return unit
