"""Adds a user's own features to `raw_custom_features`: all rows are checked first, then all are loaded or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, MissingKeyError
from trainer.features.built_in import built_in_names
from trainer.features.checks import Checked, check_rows
from trainer.features.reader import FeatureFile, read_features
from trainer.features.store import Stored, feature_table, store
from trainer.uploads import ANSWER, infer_key, name_of, reason_to_leave_out, refusal, rejected_rows, require_key
from trainer.warehouse import create_tables, load

if TYPE_CHECKING:
    from trainer.warehouse import Client


@dataclass
class FeaturesAdded:
    """The result of adding a file of features. `rows` is the sum of added, changed, same, repeated and rejected.

    Attributes:
        features: the names under which the file's columns are stored; in the feature matrix they are `custom__<name>`.
        added, changed, same: addresses without custom features before, with changed values, and with unchanged values.
        repeated: rows that repeat another row of the file.
        rejected: bad rows; `reasons` has them, by row number.
        unknown: addresses that are in no ingested snapshot: nothing is trained or scored for them.
        rejects_file: where the rejected rows were written, None if they were not.
        ignored_columns: column → why it is not a feature.
        renamed: column → the name under which it is stored.
        inferred: parts of the key that neither the file nor the call has: the ingested snapshots leave one choice.
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
    inferred: dict[str, str] = field(default_factory=dict)

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
    accepted: Collection[str] = (),
    rejects: Path | None = None,
) -> FeaturesAdded:
    """Add a file of numeric features, one row per address; adding it again changes nothing.

    Its values replace older ones of the same address and column; a missing value removes the older one. A part of the key that
    neither it nor the call has is inferred where the ingested snapshots leave one choice.

    Args:
        network, processing_date, window_days: the key; a column of the file must agree with it.
        columns, dry_run: our name of a column → the file's; whether to count only.
        skip_bad, rejects: load the good rows and write the others to `<file>.rejects.csv`, or to that file or folder.
        accepted: columns to keep although they look like an answer or a row number.

    Raises:
        BadInputError: the file cannot be read, has no numeric column or one with a reserved name, or bad rows without `skip_bad`.
    """
    file = read_features(path, columns, accepted)
    given: dict[str, Any] = {"network": network, "processing_date": processing_date, "window_days": window_days}
    inferred = _inferred(client, path, file, given)
    checked = _checked(path, file, given | inferred, accepted)
    if checked.problems and not skip_bad:
        raise refusal(path, checked.problems, len(checked.keys))
    with (
        rejected_rows(path, checked.frame(), checked.problems, rejects, is_wanted=skip_bad and not dry_run) as rejects_file,
        load(client, f"`trainer features add {name_of(path)}`"),
    ):
        create_tables(client)
        stored = _store(client, checked, dry_run)
    return _result(path, file, checked, stored, rejects_file, inferred)


def _store(client: Client, checked: Checked, dry_run: bool) -> Stored:
    good = checked.is_good
    if not good.any():
        return Stored(0, 0, 0)
    table = feature_table(checked.keys[good], {name: values[good] for name, values in checked.values.items()})
    return store(client, table, sorted(checked.values), dry_run=dry_run)


def _inferred(client: Client, path: Path, file: FeatureFile, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the key that neither the file nor the call has, where the ingested snapshots leave one choice."""
    try:
        require_key(path, file.keys, given)
    except MissingKeyError as error:
        return infer_key(client, given, error)
    return {}


def _checked(path: Path, file: FeatureFile, given: Mapping[str, Any], accepted: Collection[str]) -> Checked:
    require_key(path, file.keys, given)
    _require_names(path, file, accepted)
    return check_rows(file, given)


def _require_names(path: Path, file: FeatureFile, accepted: Collection[str]) -> None:
    if not file.values:
        reasons = "; ".join(f"{name} {reason}" for name, reason in file.ignored.items()) or "it has only the key"
        raise BadInputError(f"{path} has no numeric column besides the key: {reasons}.")
    original = {name: column for column, name in file.renamed.items()}
    built_in = {name.lower() for name in built_in_names()}
    for name in file.values:
        column = original.get(name, name)
        if name.lower() in built_in:
            raise BadInputError(
                f"{path}: '{column}' is the name of a built-in feature; rename it, for example with --map my_{name}={column}."
            )
        if column not in accepted and reason_to_leave_out(name, accepted) == ANSWER:
            raise BadInputError(
                f"{path}: '{column}' {ANSWER}, and a label must not be a feature; add labels with `trainer labels add`, rename "
                f"the column with --map, or keep it with --accept-column {column}."
            )


def _result(
    path: Path, file: FeatureFile, checked: Checked, stored: Stored, rejects_file: str | None, inferred: Mapping[str, Any]
) -> FeaturesAdded:
    return FeaturesAdded(
        file=name_of(path),
        rows=len(checked.keys),
        features=sorted(checked.values),
        added=stored.added,
        changed=stored.changed,
        same=int(checked.is_good.sum()) - stored.added - stored.changed,
        repeated=len(checked.repeated),
        rejected=len(checked.problems),
        unknown=stored.unknown,
        reasons=dict(sorted(checked.problems.items())),
        rejects_file=rejects_file,
        ignored_columns=file.ignored,
        renamed=file.renamed,
        inferred={name: str(value) for name, value in inferred.items()},
    )
