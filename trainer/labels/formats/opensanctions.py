"""OpenSanctions' entities as JSON lines: wallets with their topics. One row per address, topic and dataset.

Shape: FollowTheMoney entities (followthemoney.tech, schema CryptoWallet), as in `entities.ftm.json` of opensanctions.org. Only
wallets have addresses; entities of other schemas are read for the names of wallets' holders.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError
from trainer.labels.formats.base import VALID_FROM, LabelFormat, plain_text, shape_error, text_frame
from trainer.labels.formats.currencies import network_named
from trainer.uploads import first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a list of OpenSanctions"
WALLET = "CryptoWallet"
SUFFIXES = {".json", ".jsonl", ".ndjson"}
COLUMNS = ("address", "category", "network", "address_subtype", "source", VALID_FROM)
MARKS = {"id", "schema", "properties", "datasets"}


def _read(path: Path) -> pd.DataFrame:
    entities = list(_entities(path))
    wallets = [(line, entity) for line, entity in entities if entity["schema"] == WALLET]
    if not wallets:
        schemas = ", ".join(f"{count} {name[:64]}" for name, count in Counter(e["schema"] for _, e in entities).most_common(5))
        raise shape_error(path, WHAT, f"it has no entity of the schema {WALLET} ({schemas or 'no entities'})")
    captions = {plain_text(entity.get("id")): plain_text(entity.get("caption")) for _, entity in entities}
    return text_frame((row for line, wallet in wallets for row in _rows(path, line, wallet, captions)), COLUMNS)


def _entities(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, entity)."""
    for number, line in enumerate(read_text(path, WHAT).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entity = json.loads(line, parse_float=str, parse_int=str)
        except (ValueError, RecursionError) as error:
            raise BadInputError(f"{path}, line {number}, is not JSON ({first_line(error)}).") from error
        if (
            not isinstance(entity, dict)
            or not isinstance(entity.get("schema"), str)
            or not isinstance(entity.get("properties"), dict)
        ):
            raise shape_error(path, WHAT, f"line {number} is not an entity with a schema and properties")
        yield number, entity


def _rows(path: Path, line: int, wallet: dict[str, Any], captions: dict[str, str]) -> Iterator[dict[str, str]]:
    properties = wallet["properties"]
    holders = [_caption(holder, captions) for holder in _listed(path, line, properties, "holder")]
    names = [*filter(None, holders), *_texts(path, line, properties, "alias")]
    row = {"address_subtype": "; ".join(dict.fromkeys(names)), VALID_FROM: _day(path, line, wallet.get("first_seen"))}
    # A wallet may hold several coins of one network, and a token does not say on which network it is.
    networks = {network_named(currency) for currency in _texts(path, line, properties, "currency")}
    for address, topic, dataset, network in product(
        _texts(path, line, properties, "publicKey"),
        _texts(path, line, properties, "topics") or [""],
        _texts(path, line, wallet, "datasets") or [""],
        sorted(networks - {""}) or [""],
    ):
        source = f"opensanctions: {dataset}" if dataset else "opensanctions"
        yield row | {"address": address, "category": topic, "network": network, "source": source}


def _caption(holder: Any, captions: dict[str, str]) -> str:
    """Return the name of a holder: an entity, or the id of one."""
    return plain_text(holder.get("caption")) if isinstance(holder, dict) else captions.get(plain_text(holder), "")


def _listed(path: Path, line: int, fields: dict[str, Any], name: str) -> list[Any]:
    values = fields.get(name) or []
    if not isinstance(values, list):
        raise shape_error(path, WHAT, f"line {line}: {name} is not a list")
    return values


def _texts(path: Path, line: int, fields: dict[str, Any], name: str) -> list[str]:
    """Return the distinct texts of a field that is a list or missing."""
    values = _listed(path, line, fields, name)
    if not all(isinstance(value, str) and value.strip() for value in values):
        raise shape_error(path, WHAT, f"line {line}: {name} has a value that is not text")
    return list(dict.fromkeys(value.strip() for value in values))


def _day(path: Path, line: int, first_seen: Any) -> str:
    """Return the day of an ISO time; '' if there is none."""
    if first_seen is None or first_seen == "":
        return ""
    try:
        return date.fromisoformat(plain_text(first_seen)[:10]).isoformat()
    except ValueError:
        raise shape_error(path, WHAT, f"line {line}: first_seen is not a date such as 2025-08-01") from None


def _recognises(path: Path, head: bytes) -> bool:
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        entity = json.loads(head.decode("utf-8-sig", errors="ignore").lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(entity, dict) and entity.keys() >= MARKS and isinstance(entity["properties"], dict)


OPENSANCTIONS = LabelFormat(
    "opensanctions", _recognises, _read, publisher="opensanctions", description="crypto wallets among OpenSanctions' entities"
)
