"""Checks a publisher's list. It is not the user's to correct, so bad rows are set aside and reported.

Every valid row is loaded with the publisher's own words: category, name and way of knowing. dbt decides what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.errors import BadInputError, MissingKeyError
from trainer.labels.checks import ELSEWHERE, NO_CATEGORY, STAMP, Checked, checked, complete, row_problems
from trainer.labels.formats.base import CATEGORY, PROVENANCE, PUBLISHER_COLUMNS, LabelFormat
from trainer.labels.formats.currencies import NETWORKS
from trainer.labels.taxonomy import Taxonomy

if TYPE_CHECKING:
    import pandas as pd


def check_published(
    path: Path, frame: pd.DataFrame, given: Mapping[str, Any], format: LabelFormat, taxonomy: Taxonomy
) -> Checked:
    """Check a publisher's list; arguments as for `check_own`. The taxonomy only counts what its words mean now.

    Raises:
        BadInputError: network, date or window is missing or invalid, there are no rows, or no row can be used.
    """
    if given["network"] is not None and (wrong := addresses.network_problem(str(given["network"]))):
        raise BadInputError(f"{path}: {wrong}.")
    frame = frame.reindex(columns=list(PUBLISHER_COLUMNS), fill_value="")
    stated = frame["network"].str.strip()
    levels, unmapped = _levels(frame, format.publisher, taxonomy)
    frame, defaults = _as_labels(path, frame, given, format)
    frame = complete(path, frame, defaults)
    elsewhere = _on_another_network(frame, stated)
    remaining = frame[~frame.index.isin(elsewhere)]
    problems = row_problems(remaining, {**defaults, "source": None}, set(frame.index))
    # These come from the caller and apply to every row: they are errors of the call.
    of_the_call = STAMP if given.get("valid_from") is None else ("valid_from",)
    if wrong := next((reason for reason in problems.values() if reason.startswith(of_the_call)), None):
        raise BadInputError(f"{path}: {wrong}.")
    for row in remaining.index[remaining["network"] == ""]:
        problems[int(row)] = "the list does not say of which network the address is; --network takes it"
    foreign = _of_another_form(remaining, problems)
    elsewhere |= foreign
    problems = {row: reason for row, reason in problems.items() if row not in foreign}
    if problems and len(problems) == len(frame):
        row, reason = next(iter(problems.items()))
        raise BadInputError(f"{path}: none of its {len(frame)} rows can be used, nothing was loaded; row {row}: {reason}.")
    return checked(frame, problems, elsewhere, unmapped, levels)


def _as_labels(
    path: Path, frame: pd.DataFrame, given: Mapping[str, Any], format: LabelFormat
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows in the columns of the label tables, and what applies to all of them."""
    if given["network"] is not None:
        frame["network"] = str(given["network"])
    elif (frame["network"].str.strip() == "").all():
        raise MissingKeyError(f"{path} does not say of which network its addresses are; give --network.", ["network"])
    if given["source"] is not None:
        frame["source"] = ""
    if given.get("valid_from") is not None:
        frame = frame.drop(columns="valid_from")
    frame = frame.rename(columns={CATEGORY: "label", PROVENANCE: "trust_level"}).assign(publisher=format.publisher)
    return frame, {**given, "source": given["source"] or format.publisher}


def _levels(frame: pd.DataFrame, publisher: str, taxonomy: Taxonomy) -> tuple[dict[int, str], dict[int, str]]:
    """Return row → risk level for the rows whose words the taxonomy knows, and row → category for the others."""
    levels, unmapped = {}, {}
    for row, category, name in zip(frame.index, frame[CATEGORY], frame["address_subtype"], strict=True):
        meaning = taxonomy.meaning(publisher, category, name)
        if meaning is None:
            unmapped[int(row)] = category.strip() or NO_CATEGORY
        else:
            levels[int(row)] = meaning.risk_level
    return levels, unmapped


def _on_another_network(frame: pd.DataFrame, stated: pd.Series[str]) -> dict[int, str]:
    """Return row → reason for rows whose network as stated by the publisher, (n,) or '', is not the row's network."""
    return {
        int(row): f"{ELSEWHERE}: of {publishers}, not {network}"
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
    bad = frame.loc[frame.index.isin(problems) & (frame["network"] != "")]
    return {
        int(row): f"{ELSEWHERE}: not of {network}"
        for row, address, network in zip(bad.index, bad["address"], bad["network"], strict=True)
        if addresses.is_of_another(address, network)
    }
