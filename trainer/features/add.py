"""Brings a user's own features into `raw_custom_features`: every row checked first, then all of them or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer import addresses
from trainer.errors import BadInputError
from trainer.features.built_in import built_in_names
from trainer.features.reader import FeatureFile, read_features
from trainer.features.store import Stored, feature_table, store
from trainer.keys import SNAPSHOT_KEY
from trainer.model_types import LABEL_COLUMNS
from trainer.uploads import note_address_problems, note_key_problems, require_key
from trainer.warehouse import RAW_ADDRESS_LABELS, create_tables

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client

SHOWN_ERRORS = 10
# A label that comes as a feature teaches a model to read the answer.
ANSWERS = {*LABEL_COLUMNS, *RAW_ADDRESS_LABELS.types} - {"address"}


@dataclass
class FeaturesAdded:
    """What a file of features brought. Its rows are added + changed + same + repeated + rejected.

    Attributes:
        features: the names under which its columns are kept; in the matrix they are `custom__<name>`.
        added, changed, same: addresses that had no features of their own, whose values differ now, and that stay as they were.
        repeated: rows that say what another row of the file says.
        rejected: bad rows; `reasons` has them, by row.
        unknown: addresses that no ingested snapshot has features of: nothing is trained or scored for them.
        ignored_columns: column → why it is no feature.
        renamed: column → the name it got.
    """

    file: str
    rows: int
    features: list[str]
    added: int = 0
    changed: int = 0
    same: int = 0
    repeated: int = 0
    rejected: int = 0
    unknown: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    rejects_file: str | None = None
    ignored_columns: dict[str, str] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)


def add_features(
    client: Client,
    path: Path,
    network: str | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
    columns: Mapping[str, str] | None = None,
    dry_run: bool = False,
    skip_bad: bool = False,
) -> FeaturesAdded:
    """Add a file of numeric features, a row an address; adding it again changes nothing.

    A column's values replace the older ones of the file's addresses, a missing one by none; other columns and addresses stay.

    Args:
        network, processing_date, window_days: for files without such a column; where there is one they must agree.
        columns: our name of a column → the file's.
        skip_bad: load the good rows and write the others, with reasons, to `<file>.rejects.csv`.

    Raises:
        BadInputError: the file cannot be read, has no numeric column or one of a name that is taken, or has bad rows (they are
            listed by number) without `skip_bad`.
    """
    file = read_features(path, columns)
    given = {"network": network, "processing_date": processing_date, "window_days": window_days}
    require_key(path, file.keys, given)
    _require_names(path, file)
    keys, reasons = _checked_keys(file, given)
    rows = len(keys)
    repeated = _repeats(keys, file.values, reasons)
    if reasons and not skip_bad:
        raise _refusal(path, reasons, rows)
    rejects_file = _write_rejects(path, file, keys, reasons) if reasons and skip_bad and not dry_run else None
    good = ~keys.index.isin([*reasons, *repeated])
    create_tables(client)
    stored = Stored(0, 0, 0)
    if good.any():
        table = feature_table(keys[good], {name: values[good] for name, values in file.values.items()})
        stored = store(client, table, sorted(file.values), dry_run=dry_run)
    return FeaturesAdded(
        file=str(path),
        rows=rows,
        features=sorted(file.values),
        added=stored.added,
        changed=stored.changed,
        same=int(good.sum()) - stored.added - stored.changed,
        repeated=len(repeated),
        rejected=len(reasons),
        unknown=stored.unknown,
        reasons=dict(sorted(reasons.items())),
        rejects_file=rejects_file,
        ignored_columns=file.ignored,
        renamed=file.renamed,
    )


def _require_names(path: Path, file: FeatureFile) -> None:
    if not file.values:
        found = "; ".join(f"{name} {reason}" for name, reason in file.ignored.items()) or "it has no other column than the key"
        raise BadInputError(f"{path} has no numeric column beside the key: {found}.")
    theirs = {name: column for column, name in file.renamed.items()}
    built_in = {name.lower() for name in built_in_names()}
    for name in file.values:
        column = theirs.get(name, name)
        if name.lower() in built_in:
            raise BadInputError(
                f"{path}: '{column}' is the name of a built-in feature; give it another, for example --map my_{name}={column}."
            )
        if name.lower() in ANSWERS:
            raise BadInputError(
                f"{path}: '{column}' is what labels are called, and a label must not be a feature; bring labels with "
                f"`trainer labels add`, or rename the column with --map."
            )


def _checked_keys(file: FeatureFile, given: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[int, str]]:
    """Return network, processing_date, window_days and canonical address of each row, and row → what is wrong with it."""
    keys = file.keys.copy()
    for name in SNAPSHOT_KEY:
        fill = "" if given[name] is None else str(given[name])
        keys[name] = keys[name].where(keys[name] != "", fill) if name in keys.columns else fill
    reasons: dict[int, str] = {}
    note_key_problems(keys, given, reasons)
    note_address_problems(keys, reasons)
    for row, reason in file.problems.items():
        reasons.setdefault(row, reason)
    keys["address"] = keys["address"].map(addresses.canonical)
    return keys, reasons


def _repeats(keys: pd.DataFrame, values: dict[str, np.ndarray], reasons: dict[int, str]) -> list[int]:
    """Return the rows that say what an earlier one says; one that says otherwise of the same address is added to `reasons`."""
    good = keys[~keys.index.isin(reasons)]
    snapshot = good["processing_date"].str.slice(0, 10) + " " + good["window_days"].str.replace(r"\.0*$", "", regex=True)
    key = good["network"] + " " + snapshot + " " + good["address"]
    if not key.duplicated().any():
        return []
    first = dict(zip(key[::-1], good.index[::-1], strict=True))
    matrix = np.column_stack(list(values.values()))
    repeated = []
    for row, one in zip(good.index[key.duplicated()], key[key.duplicated()], strict=True):
        if np.array_equal(matrix[row - 1], matrix[first[one] - 1], equal_nan=True):
            repeated.append(int(row))
        else:
            reasons[int(row)] = f"says other values of the same address than row {first[one]}"
    return repeated


def _refusal(path: Path, reasons: dict[int, str], rows: int) -> BadInputError:
    shown = "; ".join(f"row {row}: {reasons[row]}" for row in sorted(reasons)[:SHOWN_ERRORS])
    more = f"; and {len(reasons) - SHOWN_ERRORS} more rows" if len(reasons) > SHOWN_ERRORS else ""
    return BadInputError(
        f"{path}: {len(reasons)} of {rows} rows are bad, nothing was loaded: {shown}{more}; mend them, or load the others with "
        "--skip-bad."
    )


def _write_rejects(path: Path, file: FeatureFile, keys: pd.DataFrame, reasons: dict[int, str]) -> str:
    import pandas as pd

    rejects = path.with_name(path.name + ".rejects.csv")
    bad = keys.index.isin(reasons)
    values = pd.DataFrame(file.values, index=keys.index)[bad]
    frame = keys[bad].join(values)
    try:
        frame.assign(reason=[reasons[int(row)] for row in frame.index]).to_csv(rejects)
    except OSError as error:
        raise BadInputError(f"{rejects} cannot be written ({error.strerror}), nothing was loaded.") from error
    return str(rejects)
