"""Ctrl-C on the command line: the process ends at once with one sentence, whatever it was doing.

Ending at once is safe, because every command survives being killed at any point. An exception would be raised somewhere in an
import or another library, which may catch it, print it or wait for a long computation first.
"""

from __future__ import annotations

import os
import shutil
import signal
import textwrap
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

INTERRUPTED = 130  # the exit code shells use for a process that SIGINT ended
MESSAGE = "trainer: interrupted; nothing half-done was kept.\n"
_NARROWEST = 20  # columns
_PATIENCE_SECONDS = 0.5
_SHOW_CURSOR = b"\x1b[?25h"  # a progress bar hides it
clear_bars: Callable[[], object] | None = None
"""Clears the progress bars on the terminal."""
kept: Callable[[], str] | None = None
"""Returns what an interrupted command keeps, and what to do with it; "" or None: nothing half-done was kept."""
children: set[subprocess.Popen[str]] = set()
"""Processes to end with this one: they do not get the signal where it was sent to this process alone."""
folders: set[Path] = set()
"""Temporary folders to remove: no `finally` runs."""


def message() -> str:
    """Return what an interrupted command says."""
    said = kept() if kept is not None else ""
    return f"trainer: interrupted; {said}.\n" if said else MESSAGE


def exit_on_interrupt() -> None:
    """From now on, end the process with exit code 130 when it is interrupted; where SIGINT is ignored, it stays ignored."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    threading.Thread(target=_wait, args=(reader,), name="interrupt", daemon=True).start()
    # Python's own handlers wait for the main thread, which may be in a computation of minutes; this pipe does not.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)


def _clear() -> None:
    """Clear the bars, in a thread of its own: whoever draws them may hold their lock."""
    if clear_bars is not None:
        clearing = threading.Thread(target=clear_bars, daemon=True)
        clearing.start()
        clearing.join(_PATIENCE_SECONDS)


def _wait(reader: int) -> None:
    while os.read(reader, 1)[0] != signal.SIGINT:
        pass
    for child in list(children):
        child.terminate()
    for folder in list(folders):
        shutil.rmtree(folder, ignore_errors=True)
    said = message()
    if os.isatty(2):
        _clear()
        os.write(2, _SHOW_CURSOR)
        said = textwrap.fill(said, max(_NARROWEST, os.get_terminal_size(2).columns), subsequent_indent="  ") + "\n"
    os.write(2, said.encode())
    os._exit(INTERRUPTED)
