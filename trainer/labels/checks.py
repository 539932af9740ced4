"""Checks the rows of a label list and says of each what becomes of it: it is good, or why it is not.

Tables of the user's own are held to every rule. Of a publisher's list, which the user cannot mend, an address that is of
another network, or is none, is set aside and reported; a word that the taxonomy does not map has no risk level and abstains.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.labels.formats.base import CATEGORY, PROVENANCE, PUBLISHER_COLUMNS, LabelFormat
from trainer.labels.formats.currencies import NETWORKS
from trainer.labels.taxonomy import RISK_LEVELS, Taxonomy
from trainer.uploads import note, note_address_problems, note_key_problems, require_key
from trainer.warehouse import RAW_ADDRESS_LABELS

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("address", "risk_level")
NO_CATEGORY = "(none)"


@dataclass
class Checked:
    """A list's rows, numbered from 1: `good` can be loaded; each of the others is in one of the dictionaries, row → reason.

    `unmapped` counts the rows of categories that stand for no risk level.
    """

    frame: pd.DataFrame
    good: pd.DataFrame
    problems: dict[int, str] = field(default_factory=dict)
    elsewhere: dict[int, str] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    addresses: int = 0


def check_own(path: Path, frame: pd.DataFrame, given: dict[str, Any]) -> Checked:
    """Check a table of the user's own. `given` has what the caller said of network, date, window and source, or None.

    Raises:
        BadInputError: a column is missing and not given, or there are no rows.
    """
    if missing := [name for name in REQUIRED if name not in frame.columns]:
        raise BadInputError(f"{path} has no column {', '.join(missing)}; it has: {', '.join(map(str, frame.columns))[:500]}.")
    frame = complete(path, frame, given)
    problems = row_problems(frame, given)
    return _checked(frame, problems, {}, Counter())


def check_published(path: Path, frame: pd.DataFrame, given: dict[str, Any], format: LabelFormat, taxonomy: Taxonomy) -> Checked:
    """Check a publisher's list, its words mapped by the taxonomy.

    Raises:
        BadInputError: network, date or window is missing or wrong, there are no rows, or none of them can be used.
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
        raise BadInputError(f"{path} does not say which network its addresses are of; give --network.")
    frame = complete(path, frame.drop(columns=[PROVENANCE]), defaults)
    elsewhere = _stated_elsewhere(frame, stated)
    here = frame[~frame.index.isin(elsewhere)]
    problems = row_problems(here, defaults | {"source": None}, set(unmapped))
    if wrong := next((reason for reason in problems.values() if reason.startswith(SNAPSHOT_KEY[1:])), None):
        raise BadInputError(f"{path}: {wrong}.")  # what is said of all rows, and no fault of any
    found = _found_elsewhere(here, problems)
    elsewhere |= found
    problems = {row: reason for row, reason in problems.items() if row not in found}
    if problems and len(problems) == len(frame):
        row, reason = next(iter(problems.items()))
        raise BadInputError(f"{path}: none of its {len(frame)} rows can be used, nothing was loaded; row {row}: {reason}.")
    words = Counter(word for row, word in unmapped.items() if row not in elsewhere and row not in problems)
    return _checked(frame, problems, elsewhere, words, set(unmapped))


def _checked(
    frame: pd.DataFrame, problems: dict[int, str], elsewhere: dict[int, str], words: Counter[str], silent: set[int] | None = None
) -> Checked:
    frame["address"] = frame["address"].map(addresses.canonical)
    sound = frame[~frame.index.isin(problems) & ~frame.index.isin(elsewhere)]
    good = sound[~sound.index.isin(silent or set())]
    distinct = len(sound.drop_duplicates(["network", "address"]))
    return Checked(frame, good, problems, elsewhere, words, distinct)


def _map(frame: pd.DataFrame, publisher: str, taxonomy: Taxonomy) -> dict[int, str]:
    """Add what the taxonomy says to the frame; return row → category of the rows it says nothing of."""
    unmapped: dict[int, str] = {}
    found: dict[str, list[str]] = {"label": [], "risk_level": [], "confidence_score": [], "trust_level": []}
    columns = (frame[name] for name in (CATEGORY, "address_subtype", PROVENANCE))
    for row, category, name, provenance in zip(frame.index, *columns, strict=True):
        meaning = taxonomy.meaning(publisher, category, name, provenance)
        if meaning is None:
            unmapped[int(row)] = category.strip() or NO_CATEGORY
        found["label"].append(category if meaning is None else meaning.word)
        found["risk_level"].append("" if meaning is None else meaning.risk_level)
        found["confidence_score"].append("" if meaning is None else repr(meaning.confidence))
        found["trust_level"].append("" if meaning is None else meaning.provenance_class)
    for name, values in found.items():
        frame[name] = values
    return unmapped


def _stated_elsewhere(frame: pd.DataFrame, stated: pd.Series) -> dict[int, str]:
    """Return row → reason where the publisher says that the address is of another network."""
    return {
        int(row): f"another network's address: of {said}, not {network}"
        for row, network, said in zip(frame.index, frame["network"], stated, strict=True)
        if said and not _may_share(said, network)
    }


def _may_share(said: str, network: str) -> bool:
    if addresses.share_addresses(said, network):
        return True
    # A network nobody here has heard of may well be one more of the EVM family; Litecoin is not.
    unheard = addresses.form_of(network) is None and network.lower() not in NETWORKS.values()
    return unheard and addresses.form_of(said) is addresses.EVM


def _found_elsewhere(frame: pd.DataFrame, problems: dict[int, str]) -> dict[int, str]:
    """Return row → reason for bad rows whose address is whole, but another network's, whatever the publisher says."""
    bad = frame.loc[frame.index.isin(problems)]
    return {
        int(row): f"another network's address: not of {network}"
        for row, address, network in zip(bad.index, bad["address"], bad["network"], strict=True)
        if addresses.is_of_another(address, network)
    }


def complete(path: Path, frame: pd.DataFrame, given: dict[str, Any]) -> pd.DataFrame:
    """Return the frame with every column of the table, trimmed, what the caller gives filled in.

    Raises:
        BadInputError: a part of the snapshot's key is neither in the file nor given, or there are no rows.
    """
    require_key(path, frame, given)
    defaults = {"address_type": "unknown", "confidence_score": "0.5"}
    for name in (*SNAPSHOT_KEY, *RAW_ADDRESS_LABELS.types):
        fill = str(given[name]) if given.get(name) is not None else defaults.get(name, "")
        column = frame[name].astype(str).str.strip() if name in frame.columns else fill
        frame[name] = column
        frame[name] = frame[name].where(frame[name] != "", fill)
    frame["risk_level"] = frame["risk_level"].str.lower()
    return frame


def row_problems(frame: pd.DataFrame, given: dict[str, Any], silent: set[int] | None = None) -> dict[int, str]:
    """Return row number → what is wrong with it; the rows of `silent` may lack a risk level."""
    import pandas as pd

    problems: dict[int, str] = {}
    leveled = frame["risk_level"].isin(RISK_LEVELS) | frame.index.isin(silent or set())
    note(frame, problems, ~leveled, f"is not one of {', '.join(RISK_LEVELS)}", "risk_level")
    confidence = pd.to_numeric(frame["confidence_score"], errors="coerce")
    note(frame, problems, ~confidence.between(0, 1), "is not a number in [0, 1]", "confidence_score")
    note_key_problems(frame, given, problems)
    if given["source"] is not None:
        note(frame, problems, frame["source"] != str(given["source"]), f"is not the {given['source']} asked for", "source")
    note_address_problems(frame, problems)
    return problems
