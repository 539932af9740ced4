"""A folder of label lists: what is read in it, in which order, and that one bad file stops all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.warehouse import ROOT
from trainer.errors import BadInputError, UsageError
from trainer.labels import check_labels, list_files

A = "0x" + "ab" * 20
OFAC = ROOT.parent / "shared" / "data" / "label_files" / "ofac"
GOOD = f"address,risk_level\n{A},high\n"


def folder(path: Path, **files: str | bytes) -> Path:
    path.mkdir(parents=True)
    for name, content in files.items():
        (path / name.replace("__", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_files_of_a_folder_are_read_in_order_without_notes_and_rejects(tmp_path: Path) -> None:
    lists = folder(
        tmp_path / "lists", b__csv=GOOD, a__txt=f"{A}\n", LICENSE="MIT", README__md="# Lists", PROVENANCE__txt="from x",
        __hidden="x", b__csv__rejects__csv="row,reason\n",
    )  # fmt: skip
    folder(lists / "older", c__csv=GOOD)
    assert [file.name for file in list_files(lists, network="ethereum", risk_level="high")] == ["a.txt", "b.csv"]
    assert list_files(lists / "b.csv") == [lists / "b.csv"]
    with pytest.raises(BadInputError, match=r"There is no file .*/lists/B\.cvs, which should be a label list; there is b\.csv"):
        list_files(lists / "B.cvs")


@pytest.mark.parametrize("files", [{}, {"README__md": "# Lists"}])
def test_a_folder_without_a_list_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(BadInputError, match=r"There is no label list in the folder .*lists\."):
        list_files(folder(tmp_path / "lists", **files))
    folder(tmp_path / "lists" / "inner", a__csv=GOOD)
    with pytest.raises(BadInputError, match=r"the folders in it are not read; name one of them, such as .*lists/inner\."):
        list_files(tmp_path / "lists")


def test_every_file_of_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    lists = folder(tmp_path / "lists", a__csv=GOOD, b__csv="address,risk_level\n0x12,high\n", c__json=b"{", d__xlsx=b"PK")
    with pytest.raises(BadInputError) as refused:
        list_files(lists, network="ethereum")
    said = str(refused.value)
    assert said.startswith("3 of 4 files cannot be added, ") and "a.csv" not in said
    assert [said.count(f"lists/{name}") for name in ("b.csv", "c.json", "d.xlsx")] == [1, 1, 1]


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\xff" * 50, b"a\rb", b"\xff\r\n\r", b'{"a": {"b"', b"PAR1", b"title: x\ntags: 3\n"]
)
@pytest.mark.parametrize("name", ["z__csv", "z__json", "z__parquet", "z__yaml", "z__xlsx", "z"])
def test_a_file_that_cannot_be_read_is_named_before_anything_is_loaded(tmp_path: Path, name: str, content: bytes) -> None:
    lists = folder(tmp_path / "lists", a__csv=GOOD, **{name: content})
    with pytest.raises(BadInputError, match=name.replace("__", r"\.")):
        list_files(lists, network="ethereum")


def test_one_bad_row_of_your_own_names_its_file(tmp_path: Path) -> None:
    lists = folder(tmp_path / "lists", a__csv=GOOD, b__csv="address,risk_level\n0x12,high\n")
    check_labels(lists / "a.csv", network="ethereum")
    with pytest.raises(
        BadInputError, match=r"b\.csv: 1 of 1 rows are bad.*: row 1: '0x12' is not an .*move the file out of the folder"
    ):
        list_files(lists, network="ethereum")
    assert [file.name for file in list_files(lists, network="ethereum", skip_bad=True)] == ["a.csv", "b.csv"]
    with pytest.raises(UsageError, match=r"a_list\.txt, a list of format 'ofac'"):
        check_labels(
            folder(tmp_path / "x", a_list__txt=f"{A}\n") / "a_list.txt", network="ethereum", format="ofac", risk_level="low"
        )


@pytest.mark.shared
@pytest.mark.skipif(not OFAC.is_dir(), reason=f"the real lists are not at {OFAC}")
def test_every_file_of_the_real_folder_of_ofac_can_be_added_to_a_network() -> None:
    files = list_files(OFAC, network="ethereum")
    assert len(files) == 34 and "PROVENANCE.txt" not in {file.name for file in files}
