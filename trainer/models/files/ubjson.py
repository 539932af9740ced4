"""Reads UBJSON strictly: the part of it that XGBoost writes (https://ubjson.org, with typed and counted containers).

XGBoost's own reader cannot check a file: it trusts lengths and indices, and XGBoost 3.2 died of a signal on 2 of 30 models with a
few random bytes changed. JSON, which the standard library parses, would do for new models but not for those already saved as
UBJSON. Hence this reader: no length is trusted beyond the end of the file, and arrays of numbers stay numpy arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

MAX_DEPTH = 32
_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_COUNTS = (b"i", b"U", b"I", b"l", b"L")
_CONSTANTS: dict[bytes, Any] = {b"T": True, b"F": False, b"Z": None}


def read_ubjson(raw: bytes) -> Any:
    """Return the value in `raw`: dicts, lists, str, numbers, True, False, None; a typed array of numbers as a numpy array.

    Raises:
        ValueError: it is malformed, nested deeper than 32 levels, or followed by more bytes.
    """
    reader = _Reader(raw)
    value = reader.value(reader.take(1), 0)
    if reader.position != len(raw):
        raise ValueError("bytes follow its end")
    return value


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self.raw, self.position = raw, 0

    def take(self, size: int) -> bytes:
        taken = self.raw[self.position : self.position + size]
        if size < 0 or len(taken) != size:
            raise ValueError("it ends early")
        self.position += size
        return taken

    def number(self, kind: bytes) -> Any:
        form = np.dtype(_NUMBERS[kind])
        return np.frombuffer(self.take(form.itemsize), form)[0].item()

    def count(self) -> int:
        kind = self.take(1)
        if kind not in _COUNTS:
            raise ValueError("a length is not a whole number")
        length = int(self.number(kind))
        if not 0 <= length <= len(self.raw):
            raise ValueError("a length is larger than the file")
        return length

    def text(self) -> str:
        return self.take(self.count()).decode("utf-8")

    def value(self, kind: bytes, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
        if kind in _NUMBERS:
            return self.number(kind)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == b"S":
            return self.text()
        if kind == b"[":
            return self.array(depth)
        if kind == b"{":
            return self.object(depth)
        raise ValueError(f"{kind!r} is not a type")

    def array(self, depth: int) -> Any:
        start = self.take(1)
        if start == b"$":
            kind = self.take(1)
            if kind not in _NUMBERS or self.take(1) != b"#":
                raise ValueError("an array is not of numbers")
            form = np.dtype(_NUMBERS[kind])
            return np.frombuffer(self.take(self.count() * form.itemsize), form)
        if start == b"#":
            return [self.value(self.take(1), depth + 1) for _ in range(self.count())]
        items = []
        while start != b"]":
            items.append(self.value(start, depth + 1))
            start = self.take(1)
        return items

    def object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while (start := self.take(1)) != b"}":
            self.position -= 1
            if start not in _COUNTS:
                raise ValueError("a key of an object is not text")
            name = self.text()
            if name in members:
                raise ValueError("an object has a key twice")
            members[name] = self.value(self.take(1), depth + 1)
        return members
