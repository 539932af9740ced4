"""What a format of label list is, and what its readers share: bounded reading, text only, one kind of error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, user_code
from trainer.uploads import MEBIBYTE, first_line, read_text

if TYPE_CHECKING:
    import pandas as pd

CATEGORY = "category"
"""What a publisher calls an address; the seed `label_taxonomy` says what that means."""
PROVENANCE = "provenance"
"""How the publisher came to know it, a class of the seed `label_provenance`; '' for the taxonomy's own."""
PUBLISHER_COLUMNS = ("address", CATEGORY, PROVENANCE, "network", "address_subtype", "source")


@dataclass(frozen=True)
class LabelFormat:
    """A format of label list.

    Attributes:
        recognises: (path, first bytes of the file) → whether the file is of this format; looks, and never fails.
        read: returns the file's rows, in order, as a DataFrame of text ('' for missing). A table of the user's own comes in
            columns of `raw_address_labels`; a publisher's list in some of PUBLISHER_COLUMNS, `address` and `category` at least.
            Raises BadInputError for a file it cannot read.
        publisher: whose lists these are, as the seed `label_taxonomy` spells it; '' for tables of the user's own.
        max_bytes: a larger file is refused before it is read.
    """

    name: str
    recognises: Callable[[Path, bytes], bool]
    read: Callable[[Path], pd.DataFrame]
    publisher: str = ""
    max_bytes: int = 64 * MEBIBYTE

    def load(self, path: Path) -> pd.DataFrame:
        """Read a file that is not too large.

        Raises:
            BadInputError: the file is too large, empty, or cannot be read.
            UserCodeError: the reader is not one of the package's own and raises another exception.
        """
        try:
            size = path.stat().st_size
        except OSError as error:
            raise BadInputError(f"{path} cannot be read ({first_line(error)}).") from error
        if size > self.max_bytes:
            raise BadInputError(
                f"{path} has {size / MEBIBYTE:.0f} MiB; a label list of format {self.name} has at most "
                f"{self.max_bytes // MEBIBYTE}: is it one? If so, split it."
            )
        if not size:
            raise BadInputError(f"{path} is empty.")
        with user_code(self.read, on=str(path)):
            return self.read(path)


def read_lines(path: Path, what: str) -> str:
    """Return the text of a publisher's file of lines, whose last line has an end unless the file was cut.

    Raises:
        BadInputError: as `read_text`; or it was cut.
    """
    text = read_text(path, what)
    if not text.endswith(("\n", "\r")):
        raise BadInputError(f"{path} is not {what} that is whole: its last line has no end.")
    return text


def read_json(path: Path, what: str) -> Any:
    """Return what a JSON file holds; numbers stay as they are written.

    Raises:
        BadInputError: it is not JSON in UTF-8, is cut short, or names a key twice.
    """
    try:
        return json.loads(read_text(path, what), parse_float=str, parse_int=str, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path} is not {what} ({first_line(error)}).") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # json keeps the last of two equal keys without a word, and with it loses the labels of the first.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key '{next(name for name in names if names.count(name) > 1)[:64]}' is there twice")
    return found


def as_text(value: Any) -> str:
    """Return a scalar of a parsed file as text: '' for nothing, JSON for what is not a scalar."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def scalar(value: Any) -> str:
    """Return a text of a parsed file; '' for anything else, so that nothing nested is ever written out."""
    return value.strip() if isinstance(value, str) else ""


def text_frame(rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> pd.DataFrame:
    """Return rows of text as a DataFrame with exactly these columns."""
    import pandas as pd

    kept = list(rows)
    return pd.DataFrame({name: [row.get(name, "") for row in kept] for name in columns}, dtype=object)


def shape_error(path: Path, what: str, found: str) -> BadInputError:
    """Return the error for a file that parses but is not what the format is."""
    return BadInputError(f"{path} is not {what}: {found}.")
