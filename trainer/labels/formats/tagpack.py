"""GraphSense TagPacks: YAML with header fields that its tags inherit.

Shape: github.com/graphsense/graphsense-tagpacks/wiki/GraphSense-TagPacks. A tag may have a category of actor, an abuse type and
concepts, each one word or a list of words: one row for each distinct word, as none of them overrules another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer import addresses
from trainer.labels.formats.base import VALID_FROM, LabelFormat, plain_text, shape_error, text_frame
from trainer.labels.formats.currencies import TOKENS, network_of
from trainer.labels.formats.days import iso_day
from trainer.labels.formats.yaml_text import load_yaml
from trainer.uploads import MEBIBYTE, read_text

if TYPE_CHECKING:
    import pandas as pd

WHAT = "a TagPack"
CATEGORIES = ("category", "abuse", "concepts")
LISTS = (*CATEGORIES, "confidence", "label")
INHERITED = (*CATEGORIES, "confidence", "label", "currency", "network", "lastmod")
COLUMNS = ("address", "category", "provenance", "network", "address_subtype", "source", VALID_FROM)
NULLS = {"", "~", "null", "none"}
MAX_BYTES = 16 * MEBIBYTE
HEADER = re.compile(rb"^(title|creator|tags)[ ]*:", re.MULTILINE)
TAG = re.compile(rb"\b(?:address|tx_hash)['\"]?[ ]*:\s")


def _read(path: Path) -> pd.DataFrame:
    text = read_text(path, WHAT)
    pack = load_yaml(path, text)
    tags = pack.get("tags") if isinstance(pack, dict) else None
    if not isinstance(tags, list) or not tags or not all(isinstance(tag, dict) for tag in tags):
        raise shape_error(path, WHAT, "it has no list of tags")
    if bare := next((number for number, tag in enumerate(tags, start=1) if not _is_tag(tag)), None):
        raise shape_error(path, WHAT, f"its tag {bare} has neither an address nor a tx_hash")
    title = plain_text(pack.get("title"))
    if not title:
        raise shape_error(path, WHAT, "it has no title")
    if not text.endswith(("\n", "\r")) and _is_cut(text, tags):
        raise shape_error(path, WHAT, "its last tag is cut short")
    header = _words(path, "its header", pack, INHERITED)
    rows = (row for number, tag in enumerate(tags, start=1) for row in _rows(path, f"its tag {number}", tag, header, title))
    return text_frame(rows, COLUMNS)


def _is_tag(tag: dict[str, Any]) -> bool:
    """Return whether a tag is of an address, or of a transaction, which no label of an address can be made of."""
    return bool(tag.get("address") or tag.get("tx_hash"))


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


def _rows(path: Path, where: str, tag: dict[str, Any], header: dict[str, list[str]], title: str) -> Iterator[dict[str, str]]:
    """Yield a row for each word by which a tag is classified, and for each confidence if it has several.

    The address is '' for the tag of a transaction, so that the row is reported by its number rather than lost.
    """
    fields = header | _words(path, where, tag, [name for name in INHERITED if name in tag])
    address = "".join(_words(path, where, tag, ["address"])["address"])
    network = "".join(fields["network"] or fields["currency"])
    row = {
        "address": address,
        "network": network_of(network) or _network_name(network),
        "address_subtype": ", ".join(fields["label"]),
        # Two packs may label an address alike with different confidence, so each pack is a source of its own.
        "source": f"tagpack: {title}",
        VALID_FROM: iso_day("".join(fields["lastmod"])),
    }
    words: dict[str, str] = {}
    for word in (word for name in CATEGORIES for word in fields[name]):
        words.setdefault(word.lower(), word)
    for word in words.values() or [""]:
        for confidence in fields["confidence"] or [""]:
            yield row | {"category": word, "provenance": confidence}


def _words(path: Path, where: str, fields: dict[str, Any], names: Iterable[str]) -> dict[str, list[str]]:
    """Return the text of each field as a list: none for null, several only for fields that may be lists.

    Raises:
        BadInputError: a field is of another type. A value that is not understood must not vanish: it may be the abuse.
    """
    texts = {}
    for name in names:
        value = fields.get(name, "")
        listed = value if isinstance(value, list) and name in LISTS else [value]
        if not all(isinstance(one, str) for one in listed):
            wanted = "text or a list of text" if name in LISTS else "text"
            raise shape_error(path, WHAT, f"the {name} of {where} is not {wanted}")
        texts[name] = [one.strip() for one in listed if one.strip().lower() not in NULLS]
    return texts


def _network_name(network: str) -> str:
    # A stablecoin is issued on several networks, so its symbol does not identify one.
    return "" if network.upper() in TOKENS else network.lower()


def _recognises(path: Path, head: bytes) -> bool:
    # A pack is large, so it is not parsed twice: keys at the start of a line are the keys of its header.
    if path.suffix.lower() not in {".yaml", ".yml"} or not {b"title", b"creator"} <= set(HEADER.findall(head)):
        return False
    try:
        text = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
    except OSError:
        return False
    return b"tags" in HEADER.findall(text) and TAG.search(text) is not None


TAGPACK = LabelFormat("tagpack", _recognises, _read, publisher="tagpack", max_bytes=MAX_BYTES, description="a GraphSense TagPack")
