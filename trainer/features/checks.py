"""Checks the rows of a file of features: each row is good, repeats another one, or gets the reason why it is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import addresses
from trainer.keys import SNAPSHOT_KEY
from trainer.uploads import filled, note_address_problems, note_key_problems

if TYPE_CHECKING:
    import pandas as pd

    from trainer.features.reader import FeatureFile


@dataclass(frozen=True)
class Checked:
    """The n rows of a file, numbered from 1.

    Attributes:
        keys: network, processing_date, window_days and canonical address of each row, as text.
        values: feature → float64 (n,), NaN where missing.
        problems: row → reason, for bad rows.
        repeated: rows that repeat an earlier row of the file.
    """

    keys: pd.DataFrame
    values: dict[str, np.ndarray]
    problems: dict[int, str]
    repeated: list[int]

    @property
    def is_good(self) -> np.ndarray:
        """Whether each row can be loaded, bool (n,)."""
        return ~self.keys.index.isin([*self.problems, *self.repeated])

    def frame(self) -> pd.DataFrame:
        """Return all rows as one frame: the key, then the features."""
        import pandas as pd

        return self.keys.join(pd.DataFrame(self.values, index=self.keys.index))


def check_rows(file: FeatureFile, given: Mapping[str, Any]) -> Checked:
    """Check the keys and values of a file.

    Args:
        given: the network, processing_date and window_days that the caller gave, None for the rest.
    """
    keys = file.keys.copy()
    for name in SNAPSHOT_KEY:
        keys[name] = filled(keys, name, "" if given[name] is None else str(given[name]))
    problems: dict[int, str] = {}
    note_key_problems(keys, given, problems)
    note_address_problems(keys, problems)
    for row, reason in file.problems.items():
        problems.setdefault(row, reason)
    keys["address"] = list(map(addresses.canonical, keys["address"], keys["network"]))
    repeated, contradictions = _repeats(keys[~keys.index.isin(problems)], file.values)
    return Checked(keys, file.values, problems | contradictions, repeated)


def _repeats(keys: pd.DataFrame, values: dict[str, np.ndarray]) -> tuple[list[int], dict[int, str]]:
    """Return the rows that repeat an earlier one, and row → reason for those with other values of the same address."""
    snapshot = keys["processing_date"].str.slice(0, 10) + " " + keys["window_days"].str.replace(r"\.0*$", "", regex=True)
    key = keys["network"] + " " + snapshot + " " + keys["address"]
    if not key.duplicated().any():
        return [], {}
    first = dict(zip(key[::-1], keys.index[::-1], strict=True))
    matrix = np.column_stack(list(values.values()))
    repeated, contradictions = [], {}
    for row, one in zip(keys.index[key.duplicated()], key[key.duplicated()], strict=True):
        if np.array_equal(matrix[row - 1], matrix[first[one] - 1], equal_nan=True):
            repeated.append(int(row))
        else:
            contradictions[int(row)] = f"has other values of the same address than row {first[one]}"
    return repeated, contradictions
