"""Checks the rows of a label list: each row is good, or gets the reason why it is not loaded.

The user's own tables must pass every check. A publisher's list is not the user's to correct, so rows with an invalid address
or an address of another network are set aside and reported, and a category that the taxonomy does not map to a risk level
abstains.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.labels.formats.base import CATEGORY, PROVENANCE, PUBLISHER_COLUMNS, LabelFormat
from trainer.labels.formats.currencies import NETWORKS
from trainer.labels.taxonomy import RISK_LEVELS, Taxonomy
from trainer.uploads import filled, note_address_problems, note_key_problems, note_problem, require_columns, require_key
from trainer.warehouse import RAW_ADDRESS_LABELS

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("address", "risk_level")
NO_CATEGORY = "(none)"
DEFAULTS = {"address_type": "unknown", "confidence_score": "0.5"}


@dataclass
class Checked:
    """The rows of a list, numbered from 1.

    Attributes:
        frame: all rows, in the columns of `raw_address_labels`.
        good: the rows that can be loaded.
        problems, elsewhere: row → reason, for bad rows and for rows whose address belongs to another network.
        unmapped: category → number of valid rows, for categories without a risk level.
        addresses: number of distinct valid addresses of the network, with or without a risk level.
    """

    frame: pd.DataFrame
    good: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)
    elsewhere: dict[int, str] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    addresses: int = 0


def check_own(path: Path, frame: pd.DataFrame, given: dict[str, Any]) -> Checked:
    """Check a user's own table.

    Args:
        frame: n rows of text, indexed by row number.
        given: the network, processing_date, window_days and source that the caller gave, None for the rest.

    Raises:
        BadInputError: a required column is missing and not given, or there are no rows.
    """
    require_columns(path, REQUIRED, list(frame.columns))
    frame = complete(path, frame, given)
    problems = row_problems(frame, given)
    return _checked(frame, problems)


def check_published(path: Path, frame: pd.DataFrame, given: dict[str, Any], format: LabelFormat, taxonomy: Taxonomy) -> Checked:
    """Check a publisher's list and map its categories by the taxonomy; arguments as for `check_own`.

    Raises:
        BadInputError: network, date or window is missing or invalid, there are no rows, or no row can be used.
    """
    if given["network"] is not None and (wrong := addresses.network_problem(str(given["network"]))):
        raise BadInputError(f"{path}: {wrong}.")
    frame = frame.reindex(columns=list(PUBLISHER_COLUMNS), fill_value="")
    stated = frame["network"].str.strip()
    unmapped = _map(frame, format.publisher, taxonomy)
    if given["source"] is not None:
        frame["source"] = ""
    defaults = given | {"source": given["source"] or format.publisher}
    if given["network"] is not None:
        frame["network"] = str(given["network"])
    elif (stated == "").any():
        raise BadInputError(f"{path} has addresses without a network; give --network.")
    frame = complete(path, frame.drop(columns=[PROVENANCE]), defaults)
    elsewhere = _on_another_network(frame, stated)
    remaining = frame[~frame.index.isin(elsewhere)]
    problems = row_problems(remaining, defaults | {"source": None}, unmapped.keys())
    # Date and window come from the caller and apply to every row: they are errors of the call.
    if wrong := next((reason for reason in problems.values() if reason.startswith(SNAPSHOT_KEY[1:])), None):
        raise BadInputError(f"{path}: {wrong}.")
    foreign = _of_another_form(remaining, problems)
    elsewhere |= foreign
    problems = {row: reason for row, reason in problems.items() if row not in foreign}
    if problems and len(problems) == len(frame):
        row, reason = next(iter(problems.items()))
        raise BadInputError(f"{path}: none of its {len(frame)} rows can be used, nothing was loaded; row {row}: {reason}.")
    return _checked(frame, problems, elsewhere, unmapped)


def _checked(
    frame: pd.DataFrame,
    problems: dict[int, str],
    elsewhere: dict[int, str] | None = None,
    unmapped: dict[int, str] | None = None,
) -> Checked:
    elsewhere, unmapped = elsewhere or {}, unmapped or {}
    frame["address"] = list(map(addresses.canonical, frame["address"], frame["network"]))
    valid = frame[~frame.index.isin(problems) & ~frame.index.isin(elsewhere)]
    good = valid[~valid.index.isin(unmapped)]
    categories = Counter(category for row, category in unmapped.items() if row in valid.index)
    distinct = len(valid.drop_duplicates(["network", "address"]))
    return Checked(frame, good, problems, elsewhere, categories, distinct)


def _map(frame: pd.DataFrame, publisher: str, taxonomy: Taxonomy) -> dict[int, str]:
    """Add label, risk_level, confidence_score and trust_level to the frame; return row → category of unmapped rows."""
    unmapped: dict[int, str] = {}
    mapped: dict[str, list[str]] = {"label": [], "risk_level": [], "confidence_score": [], "trust_level": []}
    columns = (frame[name] for name in (CATEGORY, "address_subtype", PROVENANCE))
    for row, category, name, provenance in zip(frame.index, *columns, strict=True):
        meaning = taxonomy.meaning(publisher, category, name, provenance)
        if meaning is None:
            unmapped[int(row)] = category.strip() or NO_CATEGORY
        mapped["label"].append(category if meaning is None else meaning.term)
        mapped["risk_level"].append("" if meaning is None else meaning.risk_level)
        mapped["confidence_score"].append("" if meaning is None else repr(meaning.confidence))
        mapped["trust_level"].append("" if meaning is None else meaning.provenance_class)
    for name, values in mapped.items():
        frame[name] = values
    return unmapped


def _on_another_network(frame: pd.DataFrame, stated: pd.Series[str]) -> dict[int, str]:
    """Return row → reason for rows whose network as stated by the publisher, (n,) or '', is not the row's network."""
    return {
        int(row): f"another network's address: of {publishers}, not {network}"
        for row, network, publishers in zip(frame.index, frame["network"], stated, strict=True)
        if publishers and not _may_share_addresses(publishers, network)
    }


def _may_share_addresses(stated: str, network: str) -> bool:
    if addresses.share_addresses(stated, network):
        return True
    # An unknown network may be another EVM chain; a network with a known currency, such as Litecoin, is not.
    is_unknown = addresses.form_of(network) is None and network.lower() not in NETWORKS.values()
    return is_unknown and addresses.form_of(stated) is addresses.EVM


def _of_another_form(frame: pd.DataFrame, problems: dict[int, str]) -> dict[int, str]:
    """Return row → reason for bad rows with a valid address of another network, whatever network the publisher states."""
    bad = frame.loc[frame.index.isin(problems)]
    return {
        int(row): f"another network's address: not of {network}"
        for row, address, network in zip(bad.index, bad["address"], bad["network"], strict=True)
        if addresses.is_of_another(address, network)
    }


def complete(path: Path, frame: pd.DataFrame, given: dict[str, Any]) -> pd.DataFrame:
    """Return the frame with every column of the table as trimmed text; empty cells get the given value or the default.

    Raises:
        BadInputError: a part of the snapshot key is neither in the file nor given, or there are no rows.
    """
    require_key(path, frame, given)
    for name in (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types):
        frame[name] = filled(frame, name, str(given[name]) if given.get(name) is not None else DEFAULTS.get(name, ""))
    frame["risk_level"] = frame["risk_level"].str.lower()
    return frame


def row_problems(frame: pd.DataFrame, given: dict[str, Any], unmapped: AbstractSet[int] = frozenset()) -> dict[int, str]:
    """Return row number → reason for the bad rows; the rows in `unmapped` may lack a risk level."""
    import pandas as pd

    problems: dict[int, str] = {}
    has_level = frame["risk_level"].isin(RISK_LEVELS) | frame.index.isin(unmapped)
    note_problem(frame, problems, ~has_level, f"is not one of {', '.join(RISK_LEVELS)}", "risk_level")
    confidence = pd.to_numeric(frame["confidence_score"], errors="coerce")
    note_problem(frame, problems, ~confidence.between(0, 1), "is not a number in [0, 1]", "confidence_score")
    note_key_problems(frame, given, problems)
    if given["source"] is not None:
        differs = frame["source"] != str(given["source"])
        note_problem(frame, problems, differs, f"differs from --source {given['source']}", "source")
    note_address_problems(frame, problems)
    return problems
