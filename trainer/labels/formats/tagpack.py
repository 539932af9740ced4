"""GraphSense TagPacks: YAML with header fields that its tags inherit.

Shape: github.com/graphsense/graphsense-tagpacks/wiki/GraphSense-TagPacks. A tag may have an abuse type and a category of
actor; the abuse type is more specific and takes precedence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from trainer import addresses
from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, plain_text, shape_error, text_frame
from trainer.labels.formats.currencies import network_of
from trainer.uploads import MEBIBYTE, first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a TagPack"
INHERITED = ("currency", "network", "label", "category", "abuse", "confidence")
COLUMNS = ("address", "category", "provenance", "network", "address_subtype", "source")
NULLS = {"", "~", "null", "none"}
# The base loader reads every scalar as text (an unquoted 0x… is not parsed as a number), builds no objects from YAML tags
# and expands no merge keys. Aliases share their target and nested values are never expanded, so an alias bomb stays small.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _read(path: Path) -> pd.DataFrame:
    text = read_text(path, WHAT)
    try:
        pack = yaml.load(text, Loader=LOADER)  # noqa: S506  builds only text, lists and dictionaries
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not YAML ({first_line(error)}).") from error
    tags = pack.get("tags") if isinstance(pack, dict) else None
    if (
        not isinstance(tags, list)
        or not tags
        or not all(isinstance(tag, dict) and plain_text(tag.get("address")) for tag in tags)
    ):
        raise shape_error(path, WHAT, "it has no list of tags that all have an address")
    title = plain_text(pack.get("title"))
    if not title:
        raise shape_error(path, WHAT, "it has no title")
    if not text.endswith(("\n", "\r")) and _is_cut(text, tags):
        raise shape_error(path, WHAT, "its last tag is cut short")
    header = {name: plain_text(pack.get(name)) for name in INHERITED}
    return text_frame((_row(tag, header, title) for tag in tags), COLUMNS)


def _is_cut(text: str, tags: list[dict[str, Any]]) -> bool:
    """Return whether a pack whose last line has no line break was cut short; many complete packs end that way too.

    It counts as cut if the last tag lacks a field that all others have, ends in an invalid address, or ends in a proper
    prefix of another tag's value of the same field.
    """
    *others, last = tags
    if others and set.intersection(*map(set, others)) - set(last):
        return True
    if text.endswith(("'", '"', "}", "]")):
        return False
    name = list(last)[-1]
    end = _last_text(last[name])
    if name == "address":
        return not addresses.is_of_another(end, "")
    return any(other != end and other.startswith(end) for other in (_last_text(tag.get(name)) for tag in others))


def _last_text(value: Any) -> str:
    """Return a string, or the last string of a list that may be nested; '' for anything else."""
    return _last_text(value[-1]) if isinstance(value, list) and value else plain_text(value)


def _row(tag: dict[str, Any], header: dict[str, str], title: str) -> dict[str, str]:
    fields = {name: plain_text(tag[name]) if name in tag else header[name] for name in INHERITED}
    fields = {name: "" if value.lower() in NULLS else value for name, value in fields.items()}
    network = fields["network"] or fields["currency"]
    return {
        "address": plain_text(tag["address"]),
        "category": fields["abuse"] or fields["category"],
        "provenance": fields["confidence"],
        "network": network_of(network) or _network_name(network),
        "address_subtype": fields["label"],
        # Two packs may label an address alike with different confidence, so each pack is a source of its own.
        "source": f"tagpack: {title}",
    }


def _network_name(network: str) -> str:
    # A stablecoin is issued on several networks, so its symbol does not identify one.
    return "" if network.upper() in {"USDT", "USDC", "DAI"} else network.lower()


def _recognises(path: Path, head: bytes) -> bool:
    keys = set(re.findall(rb"^(title|creator|tags):", head, flags=re.MULTILINE))
    return path.suffix.lower() in {".yaml", ".yml"} and b"title" in keys and len(keys) >= 2


TAGPACK = LabelFormat("tagpack", _recognises, _read, publisher="tagpack", max_bytes=16 * MEBIBYTE)
