"""Checks the rows of a label list: each row is good, or gets the reason why it is not loaded.

A list is *stamped* if the file or the caller names a processing date or a window: its labels belong to that snapshot. Otherwise
it is *standing*: its labels hold for every snapshot of the network from a day to a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError, MissingKeyError
from trainer.keys import FIRST_DATE, LAST_DATE, SNAPSHOT_KEY
from trainer.labels.categories import apply_categories
from trainer.labels.distinct import distinct_labels
from trainer.labels.taxonomy import RISK_LEVELS
from trainer.uploads import (
    filled,
    note_address_problems,
    note_control_problems,
    note_day_problems,
    note_key_problems,
    note_network_problems,
    note_problem,
    option,
    require_columns,
    require_key,
    stated,
)
from trainer.warehouse import RAW_ADDRESS_LABELS, RAW_STANDING_LABELS

if TYPE_CHECKING:
    import pandas as pd

    from trainer.labels.categories import Categories

NO_CATEGORY = "(none)"
STAMP = ("processing_date", "window_days")
STAMPED_COLUMNS = (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types)
STANDING_COLUMNS = tuple(RAW_STANDING_LABELS.types)
DEFAULTS = {
    "address_type": "unknown",
    "confidence_score": "0.5",
    "valid_from": str(FIRST_DATE),
    "valid_to": str(LAST_DATE),
}
_OPTIONS = {"source": "--source", "risk_level": "--risk-level", "label": "--label"}
_NO_LEVEL = "; give every row one with --risk-level, or give the words of a column of the file one each with --map-category"
ELSEWHERE = "another network's address"
"""How the reason starts that a row of another network is given."""


@dataclass
class Checked:
    """The rows of a list, numbered from 1.

    Attributes:
        frame: all rows, in the columns of `raw_address_labels`, or of `raw_standing_labels` if the list is standing.
        good: the rows that can be loaded.
        problems, elsewhere: row → reason, for bad rows and for rows whose address belongs to another network.
        unmapped: category → number of distinct labels without a risk level: they abstain until the taxonomy has their category.
        levels: risk level → number of distinct labels, as the seeds are now.
        is_standing: whether the labels hold from a day to a day.
        addresses: number of distinct valid addresses of the network.
    """

    frame: pd.DataFrame
    good: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)
    elsewhere: dict[int, str] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    levels: Counter[str] = field(default_factory=Counter)
    is_standing: bool = False
    addresses: int = 0


def check_own(path: Path, frame: pd.DataFrame, given: Mapping[str, Any], categories: Categories | None = None) -> Checked:
    """Check a user's own table.

    Args:
        frame: n rows of text, indexed by row number.
        given: what the caller gave for all rows: network, processing_date, window_days, source, valid_from, risk_level, label and
            confidence_score; None or absent for the rest.
        categories: the user's own words and their risk levels; rows whose word it lacks abstain.

    Raises:
        BadInputError: a required column is missing and not given, or there are no rows.
    """
    require_columns(path, ["address"], list(frame.columns))
    if categories is not None:
        frame = apply_categories(path, frame, categories)
    elif given.get("risk_level") is None:
        require_columns(path, ["risk_level"], list(frame.columns), _NO_LEVEL)
    frame = complete(path, frame, given)
    unmapped: dict[int, str] = {}
    if categories is not None:
        abstains = frame["risk_level"] == ""
        words = frame["label"].where(frame["label"] != "", NO_CATEGORY)
        unmapped = dict(zip(frame.index[abstains].tolist(), words[abstains], strict=True))
        frame.loc[abstains, "publisher"] = frame["source"]  # the taxonomy may give the user's own words a meaning later
    return checked(frame, row_problems(frame, given, unmapped.keys()), unmapped=unmapped)


def is_standing(columns: Iterable[str], given: Mapping[str, Any]) -> bool:
    """Return whether neither the file's columns nor the caller name the date or window of a snapshot."""
    return not any(name in columns or given.get(name) is not None for name in STAMP)


def checked(
    frame: pd.DataFrame,
    problems: dict[int, str],
    elsewhere: dict[int, str] | None = None,
    unmapped: Mapping[int, str] | None = None,
    levels: Mapping[int, str] | None = None,
) -> Checked:
    """Return the rows with their canonical addresses, divided into good and other ones.

    Args:
        unmapped, levels: row → category without a risk level, and row → risk level where the seeds decide it.
    """
    elsewhere, unmapped = elsewhere or {}, unmapped or {}
    for network, listed in frame.groupby("network", sort=False)["address"]:
        frame.loc[listed.index, "address"] = addresses.canonical_all(listed.tolist(), str(network))
    good = frame[~frame.index.isin(problems) & ~frame.index.isin(elsewhere)]
    once = distinct_labels(good)
    shown = good.loc[once, "risk_level"] if levels is None else [levels.get(int(row), "") for row in once]
    return Checked(
        frame,
        good,
        problems,
        elsewhere,
        unmapped=Counter(category for row, category in unmapped.items() if row in once),
        levels=Counter(level for level in shown if level),
        is_standing="valid_from" in frame.columns,
        addresses=len(good.drop_duplicates(["network", "address"])),
    )


def complete(path: Path, frame: pd.DataFrame, given: Mapping[str, Any]) -> pd.DataFrame:
    """Return the frame with every column of its table as trimmed text; empty cells get the given value or the default.

    Raises:
        BadInputError: a part of the key is neither in the file nor given, or there are no rows.
    """
    standing = is_standing(frame.columns, given)
    if standing:
        if not len(frame):
            raise BadInputError(f"{path} has no rows.")
        if "network" not in frame.columns and given["network"] is None:
            raise MissingKeyError(f"{path} has no column network; give --network.", ["network"])
    else:
        _require_whole_stamp(path, frame, given)
        require_key(path, frame, given)
    for name in STANDING_COLUMNS if standing else STAMPED_COLUMNS:
        value = given.get(name)
        frame[name] = filled(frame, name, DEFAULTS.get(name, "") if value is None else str(value))
    frame["risk_level"] = frame["risk_level"].str.lower()
    return frame[list(STANDING_COLUMNS if standing else STAMPED_COLUMNS)].copy()


def _require_whole_stamp(path: Path, frame: pd.DataFrame, given: Mapping[str, Any]) -> None:
    has = {name: name in frame.columns or given[name] is not None for name in STAMP}
    if all(has.values()):
        return
    (present,), (missing,) = ([name for name in STAMP if has[name] is is_there] for is_there in (True, False))
    origin = f"column {present}" if given[present] is None else option(present)
    raise MissingKeyError(
        f"{path}: date and window together name a snapshot, and there is no {missing}; give {option(missing)}, or leave out "
        f"{'the ' if given[present] is None else ''}{origin}, so that the labels stand for all snapshots.",
        [missing],
        stated(frame),
    )


def row_problems(frame: pd.DataFrame, given: Mapping[str, Any], unmapped: AbstractSet[int] = frozenset()) -> dict[int, str]:
    """Return row number → reason for the bad rows; the rows in `unmapped` may lack a risk level."""
    import pandas as pd

    problems: dict[int, str] = {}
    has_level = frame["risk_level"].isin(RISK_LEVELS) | frame.index.isin(unmapped)
    note_problem(frame, problems, ~has_level, f"is not one of {', '.join(RISK_LEVELS)}", "risk_level")
    confidence = pd.to_numeric(frame["confidence_score"], errors="coerce")
    note_problem(frame, problems, ~confidence.between(0, 1), "is not a number in [0, 1]", "confidence_score")
    if (expected := given.get("confidence_score")) is not None:
        note_problem(frame, problems, confidence != expected, f"differs from --confidence {expected}", "confidence_score")
    if "valid_from" in frame.columns:
        note_network_problems(frame, given, problems)
        _note_validity_problems(frame, given, problems)
    else:
        note_key_problems(frame, given, problems)
    for name, flag in _OPTIONS.items():
        if given.get(name) is not None:
            note_problem(frame, problems, frame[name] != str(given[name]), f"differs from {flag} {given[name]}", name)
    note_address_problems(frame, problems)
    note_control_problems(frame, problems)
    return problems


def _note_validity_problems(frame: pd.DataFrame, given: Mapping[str, Any], problems: dict[int, str]) -> None:
    import pandas as pd

    first, last = (note_day_problems(frame, problems, name) for name in ("valid_from", "valid_to"))
    note_problem(frame, problems, first > pd.Timestamp(date.today()), "is in the future", "valid_from")
    note_problem(frame, problems, last <= first, "is not after valid_from", "valid_to")
    note_problem(frame, problems, last > pd.Timestamp(LAST_DATE), f"is after {LAST_DATE}", "valid_to")
    if given.get("valid_from") is not None:
        differs = first != pd.Timestamp(given["valid_from"])
        note_problem(frame, problems, differs, f"differs from {option('valid_from')} {given['valid_from']}", "valid_from")
