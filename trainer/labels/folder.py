"""The label lists in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from trainer.errors import BadInputError
from trainer.labels.add import AddOptions, check_labels

_NOTES = ("license", "licence", "readme", "provenance", "notice")


def list_files(path: Path, **options: Unpack[AddOptions]) -> list[Path]:
    """Return the file itself, or the files of a folder in order of their names, once each of them can be added.

    Licences, notes on provenance, hidden files, folders and rejects of earlier runs are left out.

    Raises:
        BadInputError: the folder has no list, or a file of it is not recognised or cannot be read.
        UsageError: as for `add_labels`.
    """
    if not path.is_dir():
        return [path]
    files = [file for file in sorted(path.iterdir()) if _is_list(file)]
    if not files:
        raise BadInputError(f"There is no label list in the folder {path}; the folders in it are not read.")
    for file in files:
        try:
            check_labels(file, **options)
        except BadInputError as error:
            reason = str(error).removesuffix(".")
            raise BadInputError(f"{reason}; or move the file out of the folder, of which nothing was loaded.") from error
    return files


def _is_list(file: Path) -> bool:
    name = file.name.lower()
    return file.is_file() and not name.startswith((".", *_NOTES)) and not name.endswith(".rejects.csv")
