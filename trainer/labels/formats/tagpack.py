"""GraphSense TagPacks: YAML with header fields that its tags inherit.

Shape: github.com/graphsense/graphsense-tagpacks/wiki/GraphSense-TagPacks. Of a tag's two words for what an address is, the
kind of abuse tells more than the kind of actor and goes first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from trainer import addresses
from trainer.errors import BadInputError
from trainer.labels.formats.base import LabelFormat, scalar, shape_error, text_frame
from trainer.labels.formats.currencies import network_of
from trainer.uploads import MEBIBYTE, first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a TagPack"
INHERITED = ("currency", "network", "label", "category", "abuse", "confidence")
COLUMNS = ("address", "category", "provenance", "network", "address_subtype", "source")
NOTHING = {"", "~", "null", "none"}
# The base loader: every scalar is text (an unquoted 0x… stays an address and is no number), no tag makes an object, and no
# merge key is expanded. Aliases share what they name, and nothing nested is written out: a bomb of them stays small.
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def _read(path: Path) -> pd.DataFrame:
    text = read_text(path, WHAT)
    try:
        pack = yaml.load(text, Loader=LOADER)  # noqa: S506  makes nothing but text, lists and dictionaries
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not YAML ({first_line(error)}).") from error
    tags = pack.get("tags") if isinstance(pack, dict) else None
    if not isinstance(tags, list) or not tags or not all(isinstance(tag, dict) and scalar(tag.get("address")) for tag in tags):
        raise shape_error(path, WHAT, "it has no list of tags with addresses")
    title = scalar(pack.get("title"))
    if not title:
        raise shape_error(path, WHAT, "it has no title")
    if not text.endswith(("\n", "\r")) and _is_cut(text, tags):
        raise shape_error(path, WHAT, "its last tag is cut short")
    header = {name: scalar(pack.get(name)) for name in INHERITED}
    return text_frame((_row(tag, header, title) for tag in tags), COLUMNS)


def _is_cut(text: str, tags: list[dict[str, Any]]) -> bool:
    """Return whether a pack that ends in the midst of a line was cut there: many a whole one ends so too.

    It was, where the last tag lacks what all others have, or ends in an address that is none or in a beginning of what
    another tag has there.
    """
    *others, last = tags
    if others and set.intersection(*map(set, others)) - set(last):
        return True
    if text.endswith(("'", '"', "}", "]")):
        return False
    name = list(last)[-1]
    end = _end(last[name])
    if name == "address":
        return not addresses.is_of_another(end, "")
    return any(other != end and other.startswith(end) for other in (_end(tag.get(name)) for tag in others))


def _end(value: Any) -> str:
    """Return the last text of a value."""
    return _end(value[-1]) if isinstance(value, list) and value else scalar(value)


def _row(tag: dict[str, Any], header: dict[str, str], title: str) -> dict[str, str]:
    found = {name: scalar(tag[name]) if name in tag else header[name] for name in INHERITED}
    found = {name: "" if value.lower() in NOTHING else value for name, value in found.items()}
    network = found["network"] or found["currency"]
    return {
        "address": scalar(tag["address"]),
        "category": found["abuse"] or found["category"],
        "provenance": found["confidence"],
        "network": network_of(network) or _own_word(network),
        "address_subtype": found["label"],
        # Two packs may say the same of an address with other confidence: each is a source of its own.
        "source": f"tagpack: {title}",
    }


def _own_word(network: str) -> str:
    # A coin that lives on several networks names none.
    return "" if network.upper() in {"USDT", "USDC", "DAI"} else network.lower()


def _recognises(path: Path, head: bytes) -> bool:
    keys = set(re.findall(rb"^(title|creator|tags):", head, flags=re.MULTILINE))
    return path.suffix.lower() in {".yaml", ".yml"} and b"title" in keys and len(keys) >= 2


TAGPACK = LabelFormat("tagpack", _recognises, _read, publisher="tagpack", max_bytes=16 * MEBIBYTE)
