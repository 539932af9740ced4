"""polkadot-js' list of phishing addresses as JSON: site or story → addresses.

Shape: github.com/polkadot-js/phishing, `address.json`. The file does not name a network: the prefix of an
address does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.addresses import problem
from trainer.labels.formats.base import LabelFormat, read_json, shape_error, text_frame
from trainer.labels.formats.marks import SITE, json_content

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a polkadot-js phishing list"
NAME = "address.json"
# A key with such a word groups addresses by level or owner: the file is someone else's, and may list safe addresses.
GROUPS = frozenset({
    "allowlist", "benign", "blacklist", "critical", "customers", "darklist", "denylist", "deposit", "deposits", "exchange",
    "exchanges", "graylist", "greylist", "high", "lightlist", "low", "medium", "official", "safe", "trusted", "unknown",
    "verified", "whitelist",
})  # fmt: skip
EXCHANGES = frozenset({
    "binance", "bitfinex", "bitget", "bithumb", "bitmart", "bitstamp", "bybit", "coinbase", "gate", "gemini", "hitbtc", "htx",
    "huobi", "kraken", "kucoin", "mexc", "okex", "okx", "poloniex", "upbit", "whitebit",
})  # fmt: skip


def _read(path: Path) -> pd.DataFrame:
    sites = read_json(path, WHAT)
    if not isinstance(sites, dict) or not all(_is_addresses(listed) for listed in sites.values()):
        raise shape_error(path, WHAT, "its JSON is not site → addresses")
    if group := next((key for key in sites if key.strip().lower() in GROUPS), None):
        raise shape_error(path, WHAT, f"'{group[:64]}' is not the name of a phishing site")
    rows = (
        {"address": address.strip(), "category": "phishing", "address_subtype": site.strip()}
        for site, listed in sites.items()
        for address in listed
    )
    return text_frame(rows, ("address", "category", "address_subtype"))


def _is_addresses(listed: Any) -> bool:
    return isinstance(listed, list) and all(isinstance(address, str) for address in listed)


def _is_group(key: str) -> bool:
    """Return whether a key names a level, a kind of list or an exchange rather than a phishing site."""
    key = key.strip().lower().removeprefix("www.")
    if SITE.fullmatch(key):
        # binance.com is the exchange; binance.com.airdrop.example and fix-exchange.org are sites.
        return key.count(".") == 1 and key.split(".")[0] in EXCHANGES
    words = re.split("[^a-z]+", key)
    return not {*words, "".join(words)}.isdisjoint(GROUPS | EXCHANGES)


def _recognises(path: Path, head: bytes) -> bool:  # noqa: ARG001  every address counts, not only the first
    sites = json_content(path) if path.name == NAME else None
    if not isinstance(sites, dict) or not sites or not all(_is_addresses(listed) for listed in sites.values()):
        return False
    if any(map(_is_group, sites)) or 2 * sum(SITE.fullmatch(key.strip()) is not None for key in sites) < len(sites):
        return False
    listed = [address.strip() for addresses in sites.values() for address in addresses]
    return bool(listed) and all(problem(address, "polkadot") is None for address in listed)


POLKADOT_JS = LabelFormat(
    "polkadot-js", _recognises, _read, publisher="polkadot-js", description="polkadot-js' phishing addresses"
)
