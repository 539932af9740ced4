"""ScamSniffer's phishing addresses as JSON: a list of addresses, site → addresses, or an archive of both.

Shape: github.com/scamsniffer/scam-database, in the folder `blacklist`: `address.json`, `combined.json`, `all.json` and
`archive/<date>.json`. The first is a bare list of addresses, as anybody's may be, and is read only if the format is named.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.labels.formats.base import LabelFormat, is_json, read_json, shape_error, text_frame

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a ScamSniffer list"
ARCHIVE_KEYS = {"address", "domains", "combined"}
# The publisher's own names. Sites and addresses alone do not say whether they are phishing or a company's own.
COMBINED_NAME = re.compile(r"blacklist/combined\.json")
ARCHIVE_NAME = re.compile(r"blacklist/all\.json|archive/\d{4}-\d{2}-\d{2}\.json")
SITE = re.compile(rb"\S+\.\S+")
EVM_ADDRESS = re.compile(rb"0[xX][0-9a-fA-F]{40}")
TEXT_OR_KEY = re.compile(rb'"([^"\\]*)"(\s*:)?')


def _read(path: Path) -> pd.DataFrame:
    sites = _sites(path, read_json(path, WHAT))
    if not isinstance(sites, dict) or not all(_is_texts(listed) for listed in sites.values()):
        raise shape_error(path, WHAT, "its JSON is neither a list of addresses nor site → addresses")
    if group := next((site for site in sites if site and not SITE.fullmatch(site.strip().encode())), None):
        raise shape_error(path, WHAT, f"'{group[:64]}' is not the name of a site")  # a level or an owner of addresses
    # It lists EVM addresses without their chain; every EVM network shares those of Ethereum.
    row = {"category": "phishing", "network": "ethereum"}
    rows = (
        {"address": address.strip(), "address_subtype": site.strip(), **row}
        for site, listed in sites.items()
        for address in listed
    )
    return text_frame(rows, ("address", "category", "network", "address_subtype"))


def _sites(path: Path, parsed: Any) -> Any:
    """Return site → addresses, with '' for addresses without a site."""
    if isinstance(parsed, list):
        return {"": parsed}
    if not isinstance(parsed, dict) or not parsed or not parsed.keys() <= ARCHIVE_KEYS:
        return parsed
    combined = parsed.get("combined", {})
    if "address" not in parsed and not combined:
        raise shape_error(path, WHAT, "it lists domains and no addresses, and only addresses can be labelled")
    return {"": parsed.get("address", []), **combined} if isinstance(combined, dict) else combined


def _is_texts(listed: Any) -> bool:
    return isinstance(listed, list) and all(isinstance(entry, str) for entry in listed)


def _recognises(path: Path, head: bytes) -> bool:
    name = f"{path.parent.name}/{path.name}"
    if ARCHIVE_NAME.fullmatch(name):
        keys = {text.decode("ascii", "replace") for text, colon in TEXT_OR_KEY.findall(head) if colon}
        return is_json(path, head, rb'\{\s*"(address|domains)"\s*:\s*\[') and keys <= ARCHIVE_KEYS
    return COMBINED_NAME.fullmatch(name) is not None and is_json(path, head, rb'\{\s*"') and _has_sites_of_addresses(head)


def _has_sites_of_addresses(head: bytes) -> bool:
    """Return whether every list that ends in the first bytes of the file is of EVM addresses, and under a site."""
    texts = TEXT_OR_KEY.findall(head[: head.rfind(b"]") + 1])
    return bool(texts) and all((SITE if colon else EVM_ADDRESS).fullmatch(text) for text, colon in texts)


SCAMSNIFFER = LabelFormat(
    "scamsniffer", _recognises, _read, publisher="scamsniffer", description="ScamSniffer's phishing addresses"
)
