"""Which process has an embedded warehouse open, and why a folder cannot be opened; for the trainer and the dbt adapter.

The engine locks the file `status` in its folder (flock) for as long as it is open, and writes its process
id into it; both are gone when the process ends, however it ends. Testing the lock is therefore reliable, where the
engine's own message is an empty "Error initializing EmbeddedServer: . (BAD_ARGUMENTS)".
"""

import fcntl
import os
import re
import shutil
from pathlib import Path

MIN_FREE = 1 << 20  # bytes; with less, the engine fails before it can say why


def folder_holder(path: str | Path) -> int | None:
    """Process id of the other process that has the folder open; 0 if it is held but unnamed, None if it is free."""
    try:
        with (Path(path) / "status").open(encoding="utf-8") as status:
            try:
                fcntl.flock(status, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                found = re.search(r"^PID: (\d+)", status.read(), re.MULTILINE)
                pid = int(found[1]) if found else 0
                return None if pid == os.getpid() else pid
    except OSError:  # no such file: no process has it open; unreadable: folder_problem reports that
        pass
    return None


def folder_problem(path: str | Path) -> str | None:
    """One sentence on why this process cannot open the folder, or None if it can.

    The folder is created if it does not exist.
    """
    folder = Path(path)
    if "?" in str(path):
        return (
            f"{folder} cannot hold the embedded warehouse: the engine takes what follows a '?' for options; name another folder."
        )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # labels and scores are nobody else's
    except (FileExistsError, NotADirectoryError):
        return f"{folder} cannot hold the embedded warehouse: it, or a part of its path, is a file; name a folder."
    except OSError as error:
        return f"{folder} cannot hold the embedded warehouse: it cannot be created ({error.strerror}); name another folder."
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{folder} cannot hold the embedded warehouse: you may not write to it; change its permissions or name another."
    if shutil.disk_usage(folder).free < MIN_FREE:
        return f"{folder} cannot be opened: its disk is full; make room."
    return held_message(folder)


def held_message(path: str | Path) -> str | None:
    """One sentence if another process holds the folder, else None."""
    pid = folder_holder(path)
    if pid is None:
        return None
    by = f"process {pid}" if pid else "another process"
    return (
        f"The embedded warehouse {path} is in use by {by}, and only one process at a time can open it: "
        "wait for that dbt run or trainer command to end, or close the client in that Python session or notebook."
    )
