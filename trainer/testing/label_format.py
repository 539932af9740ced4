"""The contract of a label format: a reader of label lists."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from trainer.errors import BadInputError
from trainer.keys import SNAPSHOT_KEY
from trainer.labels import CATEGORY, PUBLISHER_COLUMNS, LabelFormat
from trainer.uploads import MEBIBYTE
from trainer.warehouse import RAW_ADDRESS_LABELS

if TYPE_CHECKING:
    import pandas as pd

LARGE = 100 * MEBIBYTE
_SAFE = b"0x00000000000000000000000000000000000000c1"
_OTHERS = {
    "not_sanctioned.txt": _SAFE + b"\n",
    "known_exchanges.json": b'["' + _SAFE + b'"]',
    "lists.json": b'{"whitelist": ["' + _SAFE + b'"], "blacklist": []}',
    "sites.json": b'{"a.example": ["' + _SAFE + b'"]}',
    "notes.json": b'[{"address": "' + _SAFE + b'", "comment": "ours", "date": "2025-08-01", "risk": "low"}]',
    "named.json": b'{"' + _SAFE + b'": {"name": "ours", "labels": ["customer"], "risk": "low"}}',
    "customers.csv": b"address,label,risk\n" + _SAFE + b",customer,low\n",
    "customers.yaml": b"title: ours\ntags:\n- address: '" + _SAFE + b"'\n",
}
"""Lists of safe addresses that are nobody's format, in the shapes of publishers' lists."""


class LabelFormatContract:
    """What every label format must do: subclass it, name the class `Test…` and set the attributes.

    Attributes:
        format: the format under test.
        file_name: the name of a typical file.
        sample: the bytes of a complete file of at least two rows.
        reordered: the bytes of a file with the same rows in another order.
        may_end_early: whether a truncated file can be valid, as with lines of text.
        marks: of a publisher's list, the keys or header fields in the sample that identify the publisher; empty if its lists
            have none, so that only the file's name does.
    """

    format: ClassVar[LabelFormat]
    file_name: ClassVar[str]
    sample: ClassVar[bytes]
    reordered: ClassVar[bytes]
    may_end_early: ClassVar[bool] = False
    marks: ClassVar[tuple[bytes, ...]] = ()

    def test_it_recognises_its_own_file(self, tmp_path: Path) -> None:
        """By its name and its first bytes; any number of them is handled."""
        path = self._write(tmp_path, self.sample)
        assert self.format.recognises(path, self.sample[:65_536])
        for size in range(min(len(self.sample), 200)):
            assert self.format.recognises(path, self.sample[:size]) in {True, False}

    def test_it_does_not_recognise_what_is_none(self, tmp_path: Path) -> None:
        """Neither an empty file nor random bytes, under a name without a known suffix."""
        for raw in (b"", _noise(4096), b"\xff\xfe" * 50):
            assert not self.format.recognises(tmp_path / "file.bin", raw)

    def test_a_publishers_list_is_recognised_only_by_all_its_marks(self, tmp_path: Path) -> None:
        """Not with a key or header field renamed, nor, if it has none that identify the publisher, under another name."""
        if not self.format.publisher:
            assert not self.marks, "the user's own tables have no publisher to identify"
        elif not self.marks:
            assert not self._recognises(tmp_path / f"my_customers{Path(self.file_name).suffix}", self.sample)
        for mark in self.marks:
            assert mark in self.sample, f"the sample has no {mark!r}"
            renamed = self.sample.replace(mark, b"my_" + mark)
            assert not self._recognises(tmp_path / self.file_name, renamed), f"recognised without its {mark!r}"

    def test_another_list_under_another_name_is_no_publishers(self, tmp_path: Path) -> None:
        """A user's own list, table or groups of addresses, safe or not, has no publisher."""
        for name, raw in _OTHERS.items():
            is_recognised = self._recognises(tmp_path / name, raw)
            assert not (is_recognised and self.format.publisher), f"{name} is recognised as {self.format.name}"

    def test_it_reads_text_in_declared_columns(self, tmp_path: Path) -> None:
        """Every value is text; a publisher's list has addresses and categories, and only the columns of publishers' lists."""
        frame = self.format.load(self._write(tmp_path, self.sample))
        assert len(frame) >= 2
        assert "address" in frame.columns
        assert all(isinstance(value, str) for name in frame.columns for value in frame[name])
        assert frame.columns.is_unique
        if self.format.publisher:
            assert CATEGORY in frame.columns
            assert set(frame.columns) <= set(PUBLISHER_COLUMNS)
        else:
            assert set(frame.columns) <= {*RAW_ADDRESS_LABELS.types, *SNAPSHOT_KEY}, (
                "the sample has a column that raw_address_labels lacks"
            )

    def test_it_reads_the_same_twice(self, tmp_path: Path) -> None:
        """No state is kept between two reads."""
        path = self._write(tmp_path, self.sample)
        assert self.format.load(path).equals(self.format.load(path))

    def test_the_order_of_rows_does_not_matter(self, tmp_path: Path) -> None:
        """The rows are the same for any order in the file."""
        straight = self.format.load(self._write(tmp_path, self.sample))
        mixed = self.format.load(self._write(tmp_path, self.reordered))
        assert _rows(straight) == _rows(mixed)

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        """With an error that names the file."""
        self._refuses(self._write(tmp_path, b""))

    def test_a_binary_file_is_refused(self, tmp_path: Path) -> None:
        """Random bytes are not a list."""
        self._refuses(self._write(tmp_path, _noise(65_536)))

    def test_a_file_in_another_encoding_is_refused(self, tmp_path: Path) -> None:
        """UTF-16, and invalid UTF-8 in the middle of a valid file."""
        half = len(self.sample) // 2
        self._refuses(self._write(tmp_path, b"\xff\xfe" + self.sample.decode("latin-1").encode("utf-16-le")))
        self._refuses(self._write(tmp_path, self.sample[:half] + b"\xff\xfe\xfa" + self.sample[half:]))

    def test_a_file_cut_short_is_refused(self, tmp_path: Path) -> None:
        """Truncated anywhere; if a truncated file can be valid, at most the truncated row may differ from the whole file's."""
        whole = _rows(self.format.load(self._write(tmp_path, self.sample)))
        body = self.sample.rstrip()
        for size in range(1, len(body), max(1, len(body) // 200)):
            try:
                rows = _rows(self.format.load(self._write(tmp_path, body[:size])))
            except BadInputError as error:
                assert self.file_name in str(error)
            else:
                assert self.may_end_early, f"the first {size} bytes were read as a whole file"
                assert len([row for row in rows if row not in whole]) <= 1

    def test_a_file_of_100_mib_is_refused(self, tmp_path: Path) -> None:
        """Whether it holds rows or blanks."""
        for unit in (self.sample, b" "):
            path = tmp_path / self.file_name
            try:
                with path.open("wb") as stream:
                    chunk = unit * (MEBIBYTE // len(unit) + 1)
                    while stream.tell() <= LARGE:
                        stream.write(chunk)
                self._refuses(path)
            finally:
                path.unlink()  # pytest keeps the folders of its last runs

    def _recognises(self, path: Path, raw: bytes) -> bool:
        path.write_bytes(raw)
        return self.format.recognises(path, raw[:65_536])

    def _write(self, folder: Path, raw: bytes) -> Path:
        path = folder / self.file_name
        path.write_bytes(raw)
        return path

    def _refuses(self, path: Path) -> None:
        try:
            rows = self.format.load(path)
        except BadInputError as error:
            assert self.file_name in str(error), "the error does not name the file"
        else:
            raise AssertionError(f"{len(rows)} rows were read from an invalid file")


def _noise(size: int) -> bytes:
    return random.Random(0).randbytes(size)  # noqa: S311  noise for a test


def _rows(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(tuple(row) for row in frame[sorted(frame.columns)].itertuples(index=False, name=None))
