"""The refusal of a file with bad rows, and the file of rejected rows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from trainer.errors import BadInputError
from trainer.uploads import refusal, write_rejects


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


def test_rejected_rows_are_written_with_number_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert write_rejects(path, frame(3), {}) is None
    assert list(tmp_path.iterdir()) == []
    written = write_rejects(path, frame(3), {3: "is late", 1: "is bad"})
    assert written == str(tmp_path / "a.csv.rejects.csv")
    assert Path(written).read_text() == "row,address,reason\n1,x1,is bad\n3,x3,is late\n"


def test_a_rejects_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv.rejects.csv").mkdir()
    with pytest.raises(BadInputError, match=r"a\.csv\.rejects\.csv cannot be written .*nothing was loaded"):
        write_rejects(tmp_path / "a.csv", frame(1), {1: "is bad"})
