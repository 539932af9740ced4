"""Downloads files into a private folder, up to a limit in total."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from trainer import settings
from trainer.errors import BadInputError, UsageError
from trainer.uploads.private import private_folder
from trainer.uploads.proportion import MEBIBYTE
from trainer.uploads.remote.http import HttpServer
from trainer.uploads.remote.location import Location, is_url, location_of, require_name
from trainer.uploads.remote.names import known_as
from trainer.uploads.remote.s3 import S3Bucket

Progress = Callable[[str, int, int], None]
MAX_FILES = 10_000


class Server(Protocol):
    """What files are fetched from."""

    def open(self, location: Location) -> tuple[int | None, Iterator[bytes]] | None:
        """Return the size, None if it is unknown, and the content of a file; None if there is no such file."""

    def files(self, location: Location) -> list[tuple[tuple[str, ...], int]] | None:
        """Return names and size of the files below a folder; None if the server has no listing."""


class Download:
    """Fetches files of one server; together they may have `max_bytes` bytes."""

    def __init__(self, location: Location, max_bytes: int, progress: Progress | None = None) -> None:
        self.location, self.max_bytes, self.progress = location, min(max_bytes, settings.max_download_bytes()), progress
        self.fetched = 0
        self.server: Server = S3Bucket(location) if location.scheme == "s3" else HttpServer(location)

    def file(self, location: Location, to: Path) -> bool:
        """Fetch a file and return whether there is one.

        Raises:
            BadInputError: it is too large.
            FetchError: it cannot be fetched, or not to its end.
            UsageError: there is no space for it.
        """
        opened = self.server.open(location)
        if opened is None:
            return False
        size, chunks = opened
        self._require_room(location, size or 0)
        done = 0
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            with to.open("wb") as out:
                for chunk in chunks:
                    done += len(chunk)
                    self._require_room(location, done)
                    out.write(chunk)
                    if self.progress is not None and size:
                        self.progress(f"fetch {location.name}", done // MEBIBYTE, -(-size // MEBIBYTE))
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise UsageError(f"{to.anchor} has no space for {location}; set TMPDIR to a folder with more.") from error
        self.fetched += done
        return True

    def folder(self, location: Location, to: Path, *, is_deep: bool = True) -> int | None:
        """Fetch the files of a folder, by default those of its folders, too; return their number, None without a listing.

        Raises:
            BadInputError, FetchError, UsageError: as `file`; or a name in the listing is none that a file can have.
        """
        files = self.server.files(location)
        if files is None:
            return None
        files = [(names, size) for names, size in files if is_deep or len(names) == 1]
        for names, _ in files:
            for name in names:
                require_name(name, location)
        if len(files) > MAX_FILES:
            raise BadInputError(f"{location} has {len(files)} files; at most {MAX_FILES} are fetched: name a folder in it.")
        self._require_room(location, sum(size for _, size in files))
        for names, _ in files:
            if not self.file(location.child(*names), to.joinpath(*names)):
                raise BadInputError(f"{location.child(*names)} is listed, but is not there; nothing was loaded.")
        return len(files)

    def _require_room(self, location: Location, size: int) -> None:
        if self.fetched + size > self.max_bytes:
            raise BadInputError(
                f"{location} has more than the {self.max_bytes / MEBIBYTE:,.6g} MiB that may be fetched; nothing was loaded "
                "(TRAINER_MAX_DOWNLOAD_GIB raises the limit for snapshots)."
            )


@contextmanager
def file_at(text: str, max_bytes: int, progress: Progress | None = None) -> Iterator[Path]:
    """Yield a path as it is; for a URL, the fetched file, or a folder of the files at an S3 prefix.

    Within the block errors and `name_of` have the URL in place of the local path; after it nothing of the file is left.

    Args:
        max_bytes: limit on what is fetched.
        progress: called with (what, MiB done, MiB in total).

    Raises:
        BadInputError: there is nothing at the URL, or too much.
        FetchError: it cannot be fetched, or not to its end.
        UsageError: it is not a URL that files are fetched from.
    """
    if not is_url(text):
        yield Path(text)
        return
    location = location_of(text)
    with private_folder() as folder:
        local = folder / (location.name or location.host)
        with known_as(local, str(location)):
            download = Download(location, max_bytes, progress)
            if not (location.segments and download.file(location, local)) and not download.folder(location, local, is_deep=False):
                raise BadInputError(f"There is nothing at {location}.")
            yield local
