"""The rule for columns that a user brings, in a snapshot or with `features add`: answers and row numbers are no features.

| column | result |
|---|---|
| a name of answer words only: `label`, `risk_level`, `isFraud`, `ground_truth`, `target`, `y`, `class_id`, `flag` | an answer |
| the name of a column of labels: `label_confidence`, `trust_level`, … | an answer |
| other names with an answer word in them: `fraud_neighbours`, `risk_proximity_1hop`, `suspicious_pattern_score` | a feature |
| `__index_level_0__`, `Unnamed: 0`, `index`, `row_number`, …; a column without a name | a row number |
| whole numbers that rise (or fall) from row to row, at least ten of them, on average by at most ten | a row number |

A column that agrees with gold labels under another name is found once dbt has built the labels: see `fct_answer_columns`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from trainer.model_types import LABEL_COLUMNS
from trainer.warehouse import RAW_ADDRESS_LABELS

ANSWER = "has the name of an answer"
ROW_NUMBER = "is a row number"
MIN_COUNTED = 10  # fewer numbers may rise by chance
MAX_STEP = 10  # on average; an index keeps gaps where rows were filtered out
_LABEL_COLUMNS = {*LABEL_COLUMNS, *RAW_ADDRESS_LABELS.types} - {"address"}
_ANSWER_WORDS = """
    label labels labelled labeled target targets class classes truth groundtruth ground answer outcome verdict y gt risk risky
    illicit licit fraud fraudulent fraudster scam scammer sanction sanctioned sanctions suspicious malicious criminal benign
    legit legitimate phishing phish phisher laundering launderer blacklist blacklisted watchlist watchlisted flagged flag flags
    aml sar crime hacker hack hacked thief theft stolen ransomware terrorist terrorism darknet ponzi suspect ofac sdn
    disposition lbl cls klass bad
"""
# They say nothing by themselves: `is_scam_address` asks the same as `scam`.
_FRAME_WORDS = """
    is has was true real actual final gold known confirmed positive money case manual own my the
    address account wallet entity user alert cluster level class
    category type tier rating status value code id num int bool binary encoded enc col column
"""
_ANSWERS, _FRAMES = frozenset(_ANSWER_WORDS.split()), frozenset(_FRAME_WORDS.split())
_GLUED = re.compile(rf"(?:{'|'.join(word for word in sorted(_ANSWERS | _FRAMES) if len(word) > 2)}|is|id|\d)+")
_GLUED_ANSWER = re.compile("|".join(word for word in sorted(_ANSWERS) if len(word) > 2))
_INDEX = re.compile(r"|unnamed:? *\d*|__index_level_\d+__|index|level_\d+|row_?(?:number|num|no|id|index)|rownum|row")


def is_answer(name: str) -> bool:
    """Return whether a column is an answer by its name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    if "_".join(words) in _LABEL_COLUMNS:
        return True
    if "flag" in words and len(words) > 1:  # `hub_flag` is a feature, `flag` an answer
        words.remove("flag")
    rest = [word for word in words if not word.isdigit() and word not in _ANSWERS and word not in _FRAMES]
    if not rest:
        return any(word in _ANSWERS for word in words)
    glued = words[0] if len(words) == 1 and len(words[0]) <= 64 else ""
    return _GLUED.fullmatch(glued) is not None and _GLUED_ANSWER.search(glued) is not None


def is_index(name: str) -> bool:
    """Return whether a column has one of the names under which row numbers are written."""
    return _INDEX.fullmatch(name.strip().lower()) is not None


def reason_to_leave_out(name: str, accepted: Collection[str] = ()) -> str | None:
    """Return why a column is no feature by its name, None if it may be one.

    Args:
        accepted: names of columns that the user lets in (`--accept-column`).
    """
    if name in accepted:
        return None
    return ROW_NUMBER if is_index(name) else ANSWER if is_answer(name) else None


@dataclass
class RowCounter:
    """Finds out, part by part in the order of the file, whether a column only numbers the rows.

    It does if its values are whole and unique, rise (or fall) from row to row, and lie close together: an index has gaps where
    rows were filtered out; a block height, or a time in seconds, spans far more than ten values per row.
    """

    rows: int = 0
    _values: int = 0
    _numbers_rows: bool = True
    _rises: set[bool] = field(default_factory=set)
    _last: float | None = None
    _span: float = 0.0

    def see(self, values: np.ndarray, *, starts_file: bool = False) -> None:
        """Take the next values of the column, float64 (n,), NaN where missing; a new file may start again."""
        self.rows += len(values)
        known = values[~np.isnan(values)]
        if not self._numbers_rows or not len(known):
            return
        self._numbers_rows = bool((known == np.floor(known)).all()) and bool(np.isfinite(known).all())
        if not self._numbers_rows:
            return
        before = [] if self._last is None or starts_file else [self._last]
        steps = np.diff(np.concatenate([before, known]))
        self._rises |= set((steps > 0).tolist())
        self._span += float(np.abs(steps).sum())
        self._values += len(known)
        self._last = float(known[-1])
        self._numbers_rows = len(self._rises) <= 1 and bool((steps != 0).all())

    @property
    def may_be_row_number(self) -> bool:
        """Whether all values so far could number the rows."""
        return self._numbers_rows

    @property
    def is_row_number(self) -> bool:
        """Whether the column numbers the rows, and there are enough of them to say so."""
        is_dense = self._span <= MAX_STEP * self._values and 10 * self._values >= 9 * self.rows
        return self._numbers_rows and is_dense and self._values >= MIN_COUNTED
