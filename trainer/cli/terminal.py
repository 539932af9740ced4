"""What reaches the terminal: no text of a file, a name or a server may control it, and a reader that has gone is no error.

Lines are folded between words at the width of a terminal, and characters that its encoding lacks have plain ones in their place.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

# Controls (C0 without line breaks and tabs, C1), what is invisible or changes the direction of writing, and lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


# What stands for the characters of our own texts where the encoding lacks them; any other becomes an escape.
_PLAIN = {
    "→": "->", "−": "-", "–": "-", "—": "-", "─": "-", "·": "|", "…": "...", "×": "x", "≥": ">=", "≤": "<=", "½": "1/2",
    "’": "'", "‘": "'", "“": '"', "”": '"', "²": "^2", "\N{NO-BREAK SPACE}": " ", "\N{REPLACEMENT CHARACTER}": "?",
}  # fmt: skip
_ENCODING_ERRORS = "trainer.plain"
NARROWEST = 20  # columns that text is folded to
FALLBACK_WIDTH = 80  # of a terminal that does not know its width


_GLUE = "\N{NO-BREAK SPACE}"
_GLUED = re.compile(r" %|\[[^\[\] ]{1,12}, [^\[\] ]{1,12}\]")  # a number and its per cent sign, an interval


class Verbatim(str):
    """A line to be copied as a whole, such as a command: it is never folded."""

    __slots__ = ()


def width_of(stream: TextIO) -> int | None:
    """Return the columns that a terminal's lines may have, those of COLUMNS if it is set; None if it is no terminal."""
    if not stream.isatty():
        return None
    columns = int(text) if (text := os.environ.get("COLUMNS", "")).isdecimal() else 0
    if not columns:
        with suppress(OSError, ValueError):
            columns = os.get_terminal_size(stream.fileno()).columns
    return max(NARROWEST, columns or FALLBACK_WIDTH)


def folded(line: str, width: int | None) -> str:
    """Return a line in lines of a width, the further ones indented by two more.

    No word is broken, nor an interval, nor a number from its per cent sign.
    """
    if width is None or len(line) <= width or isinstance(line, Verbatim):
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    joined = _GLUED.sub(lambda found: found[0].replace(" ", _GLUE), line.lstrip(" "))
    lines = textwrap.wrap(
        joined,
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return "\n".join(lines).replace(_GLUE, " ")


def encodable(text: str, stream: TextIO) -> str:
    """Return a text as the stream will show it, so that its length is known before it is laid out."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, _ENCODING_ERRORS).decode(encoding)


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    escaped = (_PLAIN.get(one) or one.encode("ascii", "backslashreplace").decode() for one in letters)
    return "".join(escaped), error.end


codecs.register_error(_ENCODING_ERRORS, _replaced)


def visible(text: str) -> str:
    r"""Return a text with each character that could control a terminal, or hide, as an escape such as `\x1b`."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


@contextmanager
def safe_streams() -> Iterator[None]:
    """Write whatever the block prints through `visible`, line breaks aside."""
    before = sys.stdout, sys.stderr
    # Python has no stream where the shell closed it (`>&-`).
    opened = [stream if stream is not None else Path(os.devnull).open("w", encoding="utf-8") for stream in before]  # noqa: SIM115
    sys.stdout, sys.stderr = _Safe(opened[0]), _Safe(opened[1], folds=True)
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
    """A text stream that makes unsafe characters visible, and writes nowhere once nobody reads it any more.

    With `folds`, each long line is folded: what is said comes from many places, the usage errors of typer among them.
    """

    def __init__(self, stream: TextIO, *, folds: bool = False) -> None:
        self._stream, self._folds = stream, folds
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ENCODING_ERRORS)  # what the terminal's encoding lacks is no error either

    def write(self, text: str) -> int:
        """Write a text and return its length."""
        shown = visible(text)
        if self._folds and (width := width_of(self._stream)) is not None:
            shown = "\n".join(folded(encodable(line, self._stream), width) for line in shown.split("\n"))
        with self._while_read():
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        with self._while_read():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # typer writes to it, past this stream, where the encoding is ASCII
            raise AttributeError(name)
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
