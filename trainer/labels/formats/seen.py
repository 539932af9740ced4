"""Describes a file that no label format recognises: what it holds, and how to say what it is."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from trainer.errors import BadInputError
from trainer.labels.formats.base import read_json
from trainer.labels.formats.marks import MAX_BYTES, SITE, are_addresses
from trainer.labels.formats.plain_list import read_addresses
from trainer.uploads import MEBIBYTE, read_text

SCAMSNIFFER_ARCHIVE = {"domains", "address"}
SHOWN_KEYS = 5
TABLE = "make it a table with the columns address and risk_level"


def describe(path: Path, known: Collection[str]) -> str:
    """Return a clause that says what the file is and what to do about it.

    Args:
        known: names of the registered formats, one of which may be proposed.
    """
    suffix = path.suffix.lower()
    if path.stat().st_size > MAX_BYTES:
        return f"no label list may be larger than {MAX_BYTES // MEBIBYTE} MiB; split it if it is one"
    try:
        if suffix == ".json":
            value = read_json(path, "complete JSON")
            return f"no label format recognises {json_shape(value)}; {_json_advice(value, known)}"
        if suffix == ".txt":
            first = next(iter(read_addresses(path, "a list of addresses")), "")
            return f"no label format recognises this list, which begins '{first[:64]}'; {TABLE}"
        if suffix in {".yaml", ".yml"}:
            return f"no label format recognises YAML with {_yaml_keys(path)}; {TABLE}"
    except BadInputError as error:
        reason = str(error).removeprefix(str(path)).removesuffix(".").strip()
        return f"no label format recognises this file: it {reason}; correct it"
    return f"no label format recognises this '{suffix}' file; {TABLE}"


def json_shape(value: Any) -> str:
    """Return what a parsed JSON value is, with its keys, as a phrase."""
    if isinstance(value, list):
        kinds = sorted({_kind(one) for one in value})
        return f"a JSON list of {' and '.join(kinds)}" if kinds else "an empty JSON list"
    if not isinstance(value, dict):
        return f"JSON of a single value ({_kind(value)})"
    kinds = sorted({_kind(one) for one in value.values()})
    return f"a JSON object of {' and '.join(kinds)} with the keys {_shown(list(value))}" if value else "an empty JSON object"


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "lists of addresses" if _is_listed(value, "ethereum") or _is_listed(value, "polkadot") else "lists"
    return {dict: "objects", str: "text or numbers", bool: "true or false"}.get(type(value), "null")


def _is_listed(value: list[Any], network: str) -> bool:
    return are_addresses((one for one in value if isinstance(one, str)), network)


def _json_advice(value: Any, known: Collection[str]) -> str:
    """Return how to say what a JSON file is: the format of a publisher whose shape it has, or a table of one's own."""
    publisher = _likely_publisher(value) if isinstance(value, dict) else ""
    if publisher not in known:
        return TABLE
    return f"if it is {publisher}'s phishing list, give --format {publisher}; if it is your own, {TABLE}"


def _likely_publisher(value: dict[str, Any]) -> str:
    """Return the publisher whose lists have this shape: addresses by site. Groups such as a whitelist are no publisher's."""
    if set(value) != SCAMSNIFFER_ARCHIVE and not all(SITE.fullmatch(key.strip()) for key in value):
        return ""
    lists = [one for one in value.values() if isinstance(one, list)]
    if any(_is_listed(one, "polkadot") for one in lists):
        return "polkadot-js"
    return "scamsniffer" if any(_is_listed(one, "ethereum") for one in lists) else ""


def _yaml_keys(path: Path) -> str:
    keys = dict.fromkeys(re.findall(r"^([^\s#:-][^\n:]*):(?:\s|$)", read_text(path, "YAML"), flags=re.MULTILINE))
    return f"the keys {_shown(list(keys))}" if keys else "no keys"


def _shown(keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN_KEYS} more" if len(keys) > SHOWN_KEYS else ""
    return ", ".join(repr(key[:64]) for key in keys[:SHOWN_KEYS]) + more
