"""What reaches the terminal: no text of a file, a name or a server may control it, and a reader that has gone is no error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

# Controls (C0 without line breaks and tabs, C1), what is invisible or changes the direction of writing, and lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""Return a text with each character that could control a terminal, or hide, as an escape such as `\x1b`."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Write whatever the block prints through `visible`, line breaks aside."""
    before = sys.stdout, sys.stderr
    # Python has no stream where the shell closed it (`>&-`).
    opened = [stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8") for stream in before]  # noqa: SIM115
    sys.stdout, sys.stderr = map(_Safe, opened)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def drop_output() -> None:
    """Let standard output go nowhere from now on: Python flushes it again when it ends, and would print an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


class _Safe:
    """A text stream that makes unsafe characters visible, and writes nowhere once nobody reads it any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # what the terminal's encoding lacks is no error either

    def write(self, text: str) -> int:
        """Write a text and return its length."""
        with self._while_read():
            self._stream.write(visible(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        with self._while_read():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _while_read(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            # Python flushes the stream again when it ends, and would print an error.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
