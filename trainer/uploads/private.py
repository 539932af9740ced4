"""A private temporary folder that is removed whatever ends the command."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer import interrupt
from trainer.errors import UsageError

PREFIX = "trainer-fetched-"
_LOCK = ".lock"
_MIN_AGE = 60  # seconds: a younger folder may not be locked yet


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield an empty folder that only this user can read.

    It is removed at the end and when Ctrl-C ends the process; the next call removes what a killed process left.

    Raises:
        UsageError: there is no folder for temporary files that can be written to.
    """
    try:
        _sweep(Path(tempfile.gettempdir()))
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    except OSError as error:
        raise UsageError(f"No temporary folder can be made ({error.strerror}); set TMPDIR to a folder with space.") from error
    interrupt.folders.add(folder)
    try:
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            inner = folder / "files"
            inner.mkdir()
            yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        interrupt.folders.discard(folder)


def _sweep(parent: Path) -> None:
    """Remove the folders of this user that no process holds: theirs was killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            status = folder.lstat()
            if status.st_uid != os.geteuid() or time.time() - status.st_mtime < _MIN_AGE or folder.is_symlink():
                continue
            with (folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # held by another process, or already gone
