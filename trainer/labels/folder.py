"""The label lists in a folder."""

from __future__ import annotations

from pathlib import Path

from trainer.errors import BadInputError
from trainer.labels.formats import AUTO, choose


def list_files(path: Path, format: str = AUTO) -> list[Path]:
    """Return the file itself, or the files of a folder in order of their names: those of any format, or of the one given.

    Licences, notes on provenance, hidden files, folders and rejects of earlier runs are left out.

    Raises:
        BadInputError: nothing is there, the folder has no list, or a file of it is not recognised.
    """
    if not path.is_dir():
        return [path]
    skipped = ("license", "licence", "readme", "provenance", "notice")
    files = [
        file
        for file in sorted(path.iterdir())
        if file.is_file()
        and not file.name.startswith(".")
        and not file.name.lower().startswith(skipped)
        and not file.name.endswith(".rejects.csv")
    ]
    if not files:
        raise BadInputError(f"There is no label list in the folder {path}; the folders in it are not read.")
    for file in files:
        choose(file, format)  # fails before anything is loaded
    return files
