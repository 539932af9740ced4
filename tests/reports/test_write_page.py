"""A page is written whole or not at all, and only where a file may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.errors import BadInputError
from trainer.reports import write_page
from trainer.reports.page import Page, render


def test_a_page_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    for text in ("<!DOCTYPE html>first – ü", "<!doctype html>second"):
        write_page(text, path)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_earlier_page_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_page("<!DOCTYPE html>first", path)
    with pytest.raises(UnicodeEncodeError):
        write_page("second \ud800", path)
    assert path.read_text(encoding="utf-8") == "<!DOCTYPE html>first" and list(tmp_path.iterdir()) == [path]


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


@pytest.mark.parametrize("content", ['{"model_id": "m"}', "<html>", "<!doctype", "PAR1"])
def test_a_file_that_is_no_page_is_not_overwritten(tmp_path: Path, content: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"model\.json is no HTML page"):
        write_page("<!DOCTYPE html>", path)
    assert path.read_text(encoding="utf-8") == content and list(tmp_path.iterdir()) == [path]


def test_a_rendered_page_is_replaced_also_one_with_blank_lines_before_it(tmp_path: Path) -> None:
    page, path = render(Page("Title", "", [])), tmp_path / "report.html"
    assert page.startswith("<!DOCTYPE html>")
    path.write_text(f"\n\n{page}", encoding="utf-8")
    for _ in range(2):
        write_page(page, path)
        assert path.read_text(encoding="utf-8") == page


def test_an_empty_file_may_become_a_page(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.touch()
    write_page("<!DOCTYPE html>", path)
    assert path.read_text(encoding="utf-8") == "<!DOCTYPE html>"
