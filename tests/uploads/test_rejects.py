"""The refusal of a file with bad rows, and the file of rejected rows."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from trainer.errors import BadInputError
from trainer.uploads import refusal, rejected_rows


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"address": [f"x{i}" for i in range(1, rows + 1)]}, index=pd.RangeIndex(1, rows + 1, name="row"), dtype=object
    )


def test_a_refusal_lists_the_first_ten_rows_and_counts_the_others() -> None:
    few = str(refusal(Path("a.csv"), {3: "is late", 2: "is bad"}, 4))
    assert few.startswith("a.csv: 2 of 4 rows are bad, nothing was loaded: row 2: is bad; row 3: is late;")
    assert "--skip-bad" in few and "more rows" not in few
    many = str(refusal(Path("a.csv"), dict.fromkeys(range(1, 14), "is bad"), 20))
    assert "row 10: is bad; and 3 more rows;" in many and "row 11" not in many


def written(
    path: Path, rows: pd.DataFrame, reasons: dict[int, str], to: Path | None = None, *, is_wanted: bool = True
) -> str | None:
    with rejected_rows(path, rows, reasons, to, is_wanted=is_wanted) as rejects:
        return rejects


def test_rejected_rows_are_written_with_number_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert written(path, frame(3), {}) is None and written(path, frame(3), {1: "is bad"}, is_wanted=False) is None
    assert list(tmp_path.iterdir()) == []
    for reasons, name in (
        ({3: "is late", 1: "is bad"}, "a.csv.rejects.csv"),
        ({3: "is late", 1: "is bad"}, "a.csv.rejects.csv"),
        ({2: "is bad"}, "a.csv.2.rejects.csv"),
    ):
        assert written(path, frame(3), reasons) == str(tmp_path / name)
    assert (tmp_path / "a.csv.rejects.csv").read_text() == "row,address,reason\n1,x1,is bad\n3,x3,is late\n"
    assert written(path, frame(3), {2: "is bad"}, tmp_path / "other.csv") == str(tmp_path / "other.csv")
    (tmp_path / "folder").mkdir()
    assert written(path, frame(3), {2: "is bad"}, tmp_path / "folder") == str(tmp_path / "folder" / "a.csv.rejects.csv")


def test_no_file_is_overwritten_and_no_link_followed(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("mine")
    (tmp_path / "a.csv.rejects.csv").symlink_to(own)
    (tmp_path / "a.csv.2.rejects.csv").symlink_to(tmp_path / "nowhere")
    assert written(tmp_path / "a.csv", frame(1), {1: "is bad"}) == str(tmp_path / "a.csv.3.rejects.csv")
    assert own.read_text() == "mine" and not (tmp_path / "nowhere").exists()
    with pytest.raises(BadInputError, match=r"own exists already, nothing was loaded; name a new file with --rejects"):
        written(tmp_path / "a.csv", frame(1), {1: "is bad"}, own)
    with pytest.raises(
        BadInputError, match=r"cannot be written .*nothing was loaded; name another file or folder with --rejects"
    ):
        written(tmp_path / "a.csv", frame(1), {1: "is bad"}, tmp_path / "no" / "folder.csv")


def test_a_load_that_is_refused_leaves_no_rejects_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="refused"), rejected_rows(tmp_path / "a.csv", frame(1), {1: "bad"}, is_wanted=True):
        raise ValueError("refused")
    assert list(tmp_path.iterdir()) == []


def test_formulas_are_defused_and_numbers_are_not(tmp_path: Path) -> None:
    cells = [
        "=1+2",
        "+cmd|'/C calc'!A0",
        "@SUM(A1)",
        "-1.5",
        "+3",
        "-x",
        "\tx",
        "plain",
        "\rx",
        " =1",
        "-inf",
        "\uff1d1",
        "half \udcff",
    ]
    rows = pd.DataFrame({"=address": pd.Series(cells, dtype=object)}).set_axis(pd.RangeIndex(1, 14, name="row"))
    path = written(tmp_path / "a.csv", rows, dict.fromkeys(range(1, 14), "=bad"))
    assert path is not None
    kept = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert kept["'=address"].tolist() == [
        "'=1+2",
        "'+cmd|'/C calc'!A0",
        "'@SUM(A1)",
        "-1.5",
        "+3",
        "'-x",
        "'\tx",
        "plain",
        "'\rx",
        "' =1",
        "'-inf",
        "'\uff1d1",
        r"half \udcff",
    ]
    assert set(kept["reason"]) == {"'=bad"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user, whom a folder's mode can refuse")
def test_a_list_in_a_folder_that_cannot_be_written_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    pid = os.fork()
    if not pid:  # the child: another user than root, who would be allowed everything
        os.setuid(65534)
        try:
            written(closed / "a.csv", frame(1), {1: "is bad"})
        except BadInputError as error:
            os._exit(0 if "--rejects" in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
