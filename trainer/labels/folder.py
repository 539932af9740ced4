"""The label lists in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from trainer.errors import BadInputError
from trainer.labels.add import AddOptions, Infer, check_labels
from trainer.uploads import require_file

_NOTES = ("license", "licence", "readme", "provenance", "notice")
SHOWN_FILES = 10


def list_files(path: Path, infer: Infer | None = None, **options: Unpack[AddOptions]) -> list[Path]:
    """Return the file itself, or the files of a folder in order of their names, once each of them can be added.

    Licences, notes on provenance, hidden files, folders and rejects of earlier runs are left out.

    Args:
        infer: as for `check_labels`.

    Raises:
        BadInputError: there is nothing, the folder has no list, or files of it cannot be read: the message names each.
        UsageError: as for `add_labels`.
    """
    if not path.is_dir():
        require_file(path, "a label list")
        return [path]
    files = [file for file in sorted(path.iterdir()) if _is_list(file)]
    if not files:
        raise BadInputError(f"There is no label list in the folder {path}{_inner(path)}.")
    reasons = []
    for file in files:
        try:
            check_labels(file, infer, **options)
        except BadInputError as error:
            reasons.append(str(error).removesuffix("."))
    if len(reasons) == 1:
        raise BadInputError(f"{reasons[0]}; or move the file out of the folder, of which nothing was loaded.")
    if reasons:
        shown = "; ".join(reason.partition("; ")[0] for reason in reasons[:SHOWN_FILES])  # each file's own advice is left out
        more = f"; and {len(reasons) - SHOWN_FILES} more" if len(reasons) > SHOWN_FILES else ""
        raise BadInputError(
            f"{len(reasons)} of {len(files)} files cannot be added, and nothing was loaded: {shown}{more}; correct them, or move "
            f"them out of {path}."
        )
    return files


def _is_list(file: Path) -> bool:
    name = file.name.lower()
    return file.is_file() and not name.startswith((".", *_NOTES)) and not name.endswith(".rejects.csv")


def _inner(path: Path) -> str:
    """Return a hint at folders in a folder, which are not read."""
    names = sorted(one.name for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    if not names:
        return ""
    return f", and the folders in it are not read; name one of them, such as {', '.join(str(path / name) for name in names[:3])}"
