"""Fetches the snapshots at a URL, so that they are ingested as local ones.

| URL | what is fetched |
|---|---|
| `s3://bucket/prefix` | everything below the prefix: one snapshot or many |
| `https://host/…/network/date/window` | one snapshot: META.json and the files it lists, else `<table>.parquet` of every table |

Either way the labels of the October export, `address-labels/<network>_address_labels.parquet` up to four folders above, come too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from trainer.errors import BadInputError, RefusedError
from trainer.snapshots.folder import KEY_IN_PATH, table_of
from trainer.snapshots.meta import META, listed_files
from trainer.snapshots.reader import LEVELS_ABOVE, known_tables, labels_file
from trainer.uploads import Download, Location, Progress, is_url, known_as, location_of, private_folder, require_name

MAX_BYTES = 2**50  # the limit of the settings is the lower one


@contextmanager
def snapshots_at(text: str, progress: Progress | None = None) -> Iterator[Path]:
    """Yield a path as it is; for a URL, a private folder with the fetched snapshots, in folders of the same names.

    Within the block errors and `trainer.uploads.name_of` have the URL; after it nothing is left of the files.

    Args:
        progress: called with (what, MiB done, MiB in total).

    Raises:
        BadInputError: there is no snapshot at the URL, or too much.
        FetchError: a file cannot be fetched, or not to its end.
        UsageError: it is not a URL that files are fetched from.
    """
    if not is_url(text):
        yield Path(text)
        return
    location = location_of(text)
    with private_folder() as folder:
        # The key of a snapshot is in the last names of its path. Above them are as many folders as labels are looked for in.
        names = location.segments[-LEVELS_ABOVE - 1 :]
        top = folder.joinpath(*["0"] * LEVELS_ABOVE)
        local = top.joinpath(*names)
        local.mkdir(parents=True)
        with known_as(top, str(location.above(len(names)))):
            download = Download(location, MAX_BYTES, progress)
            found = download.folder(location, local)
            if found is None:
                found = _fetch_known(download, location, local)
            if not found:
                raise BadInputError(_nothing_at(location))
            _fetch_labels_beside(download, location, local, top)
            yield local


def _fetch_known(download: Download, location: Location, local: Path) -> int:
    """Fetch META.json and every file that it lists or that has the name of a table; return the number of files.

    Some servers refuse what they do not have. That is an error unless META.json lists the files: none may be missed.
    """
    download.file(location.child(META), local / META)
    listed = listed_files(local, known_tables())
    # A listed file that the server does not have is found by `verify`.
    fetched = [download.file(*_below(location, local, name)) for name in listed]
    for table in sorted(known_tables()):
        if not any(table_of(name.rpartition("/")[2], (table,)) for name in listed):
            with suppress(RefusedError) if listed else nullcontext():
                fetched.append(download.file(*_below(location, local, f"{table}.parquet")))
    return sum(fetched)


def _below(location: Location, local: Path, name: str) -> tuple[Location, Path]:
    names = [require_name(one, location) for one in name.split("/")]
    return location.child(*names), local.joinpath(*names)


def _fetch_labels_beside(download: Download, location: Location, local: Path, top: Path) -> None:
    """Fetch the labels of the October export that are above the URL, for the networks of the fetched snapshots."""
    tried = set()
    for folder in (local, *sorted(path for path in local.rglob("*") if path.is_dir())):
        match = KEY_IN_PATH.search(folder.relative_to(top).as_posix())
        if match is None:
            continue
        names = labels_file(match["network"])
        for parent in folder.parents[:LEVELS_ABOVE]:
            to = parent.joinpath(*names)
            if parent.is_relative_to(local) or not parent.is_relative_to(top) or to in tried:
                continue
            tried.add(to)
            above = location.above(len(local.relative_to(parent).parts))
            with suppress(RefusedError):  # nobody has said that there are labels
                if download.file(above.child(*names), to):
                    break


def _nothing_at(location: Location) -> str:
    tables = ", ".join(f"{table}.parquet" for table in sorted(known_tables()))
    if location.scheme == "s3":
        return f"There is nothing at {location}."
    return f"There are no snapshot files at {location}: it has neither {META} nor {tables}; name the folder of one snapshot."
