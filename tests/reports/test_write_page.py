"""A page is written whole or not at all, and only where a file may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.errors import BadInputError
from trainer.reports import write_page


def test_a_page_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for text in ("first – ü", "second"):
        write_page(text, path)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_earlier_page_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page("first", path)
    with pytest.raises(UnicodeEncodeError):
        write_page("second \ud800", path)
    assert path.read_text(encoding="utf-8") == "first" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "device"])
def test_what_is_no_file_is_not_written_to(tmp_path: Path, kind: str) -> None:
    other, path = tmp_path / "other", tmp_path / "report.html"
    if kind == "link":
        other.write_text("precious", encoding="utf-8")
    if kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/null")
    else:
        path.symlink_to(other)
    with pytest.raises(BadInputError, match="is a link, a folder or a device"):
        write_page("page", path)
    assert not other.exists() or other.read_text(encoding="utf-8") == "precious"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="There is no folder"):
        write_page("page", tmp_path / "absent" / "report.html")
