"""What a label format is, and what its readers share: a size limit, text values, BadInputError as the only error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, user_code
from trainer.uploads import MAX_COLUMNS, MAX_TEXT, MEBIBYTE, first_line, read_text, require_size

if TYPE_CHECKING:
    import pandas as pd

CATEGORY = "category"
"""The publisher's category of an address; the seed `label_taxonomy` maps it to a risk level."""
PROVENANCE = "provenance"
"""How the publisher knows it, a class of the seed `label_provenance`; '' for the taxonomy's default."""
VALID_FROM = "valid_from"
"""The publisher's own date of a row as YYYY-MM-DD; '' if it gives none."""
LIST = "list"
"""Which of a publisher's lists the file is; '' for a publisher with one list. A complete edition replaces only that list."""
PUBLISHER_COLUMNS = ("address", CATEGORY, PROVENANCE, "network", "address_subtype", "source", VALID_FROM, LIST)


@dataclass(frozen=True)
class LabelFormat:
    """A format of label list.

    Attributes:
        name: what `--format` calls it; also the name of its entry point.
        recognises: (path, first bytes of the file) → whether the file has this format; must not raise. It may read the file.
            A publisher's list is recognised only by all the marks of that publisher together: the file's name, its keys or
            header, and the kind of its addresses. A name or a shape alone never decides a risk level.
        read: returns the file's n rows, in order, as a DataFrame of text ('' for missing). A user's own table has columns of
            `raw_address_labels`; a publisher's list has some of PUBLISHER_COLUMNS, at least `address` and `category`.
            Raises BadInputError for a file it cannot read.
        publisher: the publisher as the seed `label_taxonomy` spells it; '' for the user's own tables.
        max_bytes: a larger file is refused before it is read.
        description: what such a file is, as a phrase for messages and help.
    """

    name: str
    recognises: Callable[[Path, bytes], bool]
    read: Callable[[Path], pd.DataFrame]
    publisher: str = ""
    max_bytes: int = 64 * MEBIBYTE
    description: str = ""

    def load(self, path: Path) -> pd.DataFrame:
        """Check the file's size and return its rows as text, see `read`.

        Raises:
            BadInputError: the file is too large, empty, or cannot be read.
            UserCodeError: the reader is not one of the package's own and raises another exception.
        """
        remedy = "split it if it is one"
        require_size(path, self.max_bytes, f"a label list of format {self.name}", remedy)
        with user_code(self.read, on=str(path)):
            return self.read(path)


def read_json(path: Path, what: str) -> Any:
    """Return the parsed content of a JSON file; numbers are kept as the text in the file.

    Args:
        what: the kind of file expected, with an article, for the message.

    Raises:
        BadInputError: the file is not JSON in UTF-8, is cut short, or has an object with a repeated key.
    """
    try:
        return parse_json(read_text(path, what))
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not {what} ({first_line(error)}).") from error


def parse_json(text: str) -> Any:
    """Return the parsed text, with numbers as they are written.

    Raises:
        ValueError: the text is not JSON, or a key of an object is repeated or has a lone surrogate.
    """
    return json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two equal keys json silently keeps the last, and the labels of the first would be lost.
    entries: dict[str, Any] = {}
    for name, value in pairs:
        if name in entries:
            raise ValueError(f"the key '{name[:64]}' appears twice")
        entries[name] = value
    if odd := next((name for name in entries if not _is_whole(name)), None):
        raise ValueError(f"the key {odd[:64]!a} has a lone surrogate")
    return entries


def _is_whole(text: str) -> bool:
    """Return whether a text has no lone surrogate, half of a character, which JSON can spell and nothing can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_json(path: Path, head: bytes, start: bytes) -> bool:
    """Return whether a file is named .json and its text begins with `start`, a regular expression.

    Args:
        head: the first bytes of the file; a byte order mark and white space before `start` are skipped.
    """
    return path.suffix.lower() == ".json" and re.match(rb"(?:\xef\xbb\xbf)?\s*" + start, head) is not None


def as_text(value: Any) -> str:
    """Return a parsed value as text: '' for null, JSON for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain_text(value: Any) -> str:
    """Return a parsed string, trimmed; '' for any other type, so that nested values are never expanded."""
    return value.strip() if isinstance(value, str) else ""


def text_frame(rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> pd.DataFrame:
    """Return n rows of text as a DataFrame with exactly these columns; '' where a row lacks one.

    Raises:
        BadInputError: there are more columns than a list can have, or a text is repeated until memory would run out.
    """
    import pandas as pd

    names, kept, length = list(columns), [], 0
    if odd := next((name for name in names if not _is_whole(name)), None):
        raise BadInputError(f"The list has a column with a lone surrogate in its name ({odd[:64]!a}).")
    if len(names) > MAX_COLUMNS:
        raise BadInputError(f"The list has {len(names)} different columns; at most {MAX_COLUMNS} are allowed.")
    for row in rows:
        kept.append(row)
        try:
            length += len("".join(row.values()).encode())
        except UnicodeEncodeError as error:
            raise BadInputError(f"Row {len(kept)} of the list has a lone surrogate ({error.object[error.start]!a}).") from error
        if length > MAX_TEXT:
            raise BadInputError(f"The rows of the list have more than {MAX_TEXT // MEBIBYTE} MiB of text; split the list.")
    return pd.DataFrame({name: [row.get(name, "") for row in kept] for name in names}, dtype=object)


def shape_error(path: Path, what: str, reason: str) -> BadInputError:
    """Return the error for a file that parses but does not have the shape of its format."""
    return BadInputError(f"{path} is not {what}: {reason}.")
