"""A user's own words for risk levels (`--map-category`), and what is wrong with a call for every row of any file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import BadInputError, UsageError
from trainer.labels import AddOptions, check_labels
from trainer.labels.categories import read_categories
from trainer.labels.checks import Checked, check_own
from trainer.labels.taxonomy import RISK_LEVELS

A, B, C, D = (f"0x{i:040x}" for i in range(1, 5))
GIVEN: dict[str, Any] = {"network": "ethereum", "processing_date": None, "window_days": None, "source": "desk"}
NETWORK: AddOptions = {"network": "ethereum"}


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def checked(folder: Path, categories: str, rows: list[dict[str, str]], **given_: Any) -> Checked:
    frame = pd.DataFrame(rows, dtype=str)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    words = read_categories(written(folder / "words.csv", categories))
    return check_own(folder / "list.csv", frame, GIVEN | given_, words)


def test_a_word_has_the_level_of_the_file_in_any_case_and_an_unknown_word_abstains(tmp_path: Path) -> None:
    rows = [{"address": A, "category": " Ponzi"}, {"address": B, "category": "EXCHANGE"}, {"address": C, "category": "rug"}]
    found = checked(
        tmp_path,
        "category,risk_level,confidence_score\nponzi,high,0.8\nExchange,LOW,\nfoo,,\n",
        [*rows, {"address": D, "category": ""}],
    )
    assert found.problems == {} and len(found.good) == 4
    assert found.good["risk_level"].tolist() == ["high", "low", "", ""]
    assert found.good["confidence_score"].tolist() == ["0.8", "0.5", "0.5", "0.5"]
    assert found.good["label"].tolist() == ["Ponzi", "EXCHANGE", "rug", ""]
    assert found.unmapped == {"rug": 1, "(none)": 1} and found.levels == {"high": 1, "low": 1}
    # The seed label_taxonomy may give the words of `desk` a meaning later.
    assert found.good["publisher"].tolist() == ["", "", "desk", "desk"]


def test_without_a_column_category_the_words_are_those_of_label(tmp_path: Path) -> None:
    assert checked(tmp_path, "category,risk_level\nscam,high\n", [{"address": A, "label": "scam"}]).levels == {"high": 1}
    with pytest.raises(BadInputError, match=r"list\.csv has no column label.*--map category="):
        checked(tmp_path, "category,risk_level\nscam,high\n", [{"address": A, "kind": "scam"}])
    with pytest.raises(BadInputError, match=r"list\.csv has a column risk_level of its own.*--map-category"):
        checked(tmp_path, "category,risk_level\nscam,high\n", [{"address": A, "label": "scam", "risk_level": "low"}])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "category,risk_level\nponzi,grave\n",
            r"words\.csv, line 2: risk_level 'grave' is not one of low, medium, high, critical",
        ),
        ("category,risk_level\na,low\n A ,high\n", r"words\.csv, line 3: the category 'a' appears twice"),
        ("category,risk_level,confidence_score\na,low,2\n", r"line 2: confidence_score '2' is not a number in \[0, 1\]"),
        ("category,risk_level,confidence_score\na,low,nan\n", r"confidence_score 'nan' is not"),
        ("word,level\na,low\n", r"words\.csv has no column category, risk_level; it has: word, level"),
        ("", r"words\.csv is not a CSV file: it has no header"),
    ],
)
def test_a_mistake_in_the_words_names_the_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read_categories(written(tmp_path / "words.csv", text))


def test_a_file_of_words_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"There is no file .*nix\.csv\.$"):
        read_categories(tmp_path / "nix.csv")


@given(st.binary(max_size=60) | st.text('category,risk_level\nlowhigh" ', max_size=60).map(str.encode))
def test_any_bytes_are_words_or_bad_input(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("words") / "words.csv"
    path.write_bytes(raw)
    try:
        categories = read_categories(path)
    except BadInputError as error:
        assert "words.csv" in str(error)
        return
    assert {level for level, _ in categories.values()} <= {"", *RISK_LEVELS}


# ---- the call -------------------------------------------------------------------------------------------------------

TOMORROW = date.today() + timedelta(days=1)
NO_COLUMN = r"has no column risk_level; it has: address, category; give every row one with --risk-level, or .*--map-category"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"risk_level": "nonsense"}, UsageError, r"^--risk-level 'nonsense' is not one of low, medium, high, critical\.$"),
        ({"network": "ether eum", "risk_level": "low"}, UsageError, r"^--network: 'ether eum' is not the name of a network"),
        ({"valid_from": TOMORROW, "risk_level": "low"}, UsageError, rf"^--valid-from {TOMORROW} is in the future\.$"),
        ({"processing_date": TOMORROW, "window_days": 9, "risk_level": "low"}, UsageError, "--processing-date .* in the future"),
        ({"risk_level": "low", "categories": Path("words.csv")}, UsageError, "--risk-level .*--map-category .*one or the other"),
        ({"processing_date": date(2025, 8, 1), "risk_level": "low"}, BadInputError, "no window_days; give --window-days, or leave out --processing-date"),
        ({"window_days": 90, "risk_level": "low"}, BadInputError, "no processing_date; give --processing-date, or leave out --window-days"),
        ({"risk_level": "low", "complete": True}, BadInputError, r"list\.csv names no publisher.*give --source"),
        (
            {"risk_level": "low", "complete": True, "source": "me", "processing_date": date(2025, 8, 1), "window_days": 9},
            UsageError,
            "--complete and --valid-from are for standing labels",
        ),
        ({"network": None, "risk_level": "low"}, BadInputError, "no column network; give --network"),
        ({}, BadInputError, NO_COLUMN),
    ],
)  # fmt: skip
def test_what_is_wrong_for_every_row_is_one_error(
    tmp_path: Path, options: AddOptions, error: type[Exception], message: str
) -> None:
    rows = "".join(f"{address},scam\n" for address in (A, B, C))
    path = written(tmp_path / "list.csv", f"address,category\n{rows}")
    with pytest.raises(error, match=message) as raised:
        check_labels(path, **{**NETWORK, **options})
    assert "row 1" not in str(raised.value)


def test_a_risk_level_is_given_in_any_case_and_must_agree_with_the_files_own(tmp_path: Path) -> None:
    check_labels(written(tmp_path / "a.txt", f"{A}\n{B}\n"), network="ethereum", risk_level=" High")
    own = written(tmp_path / "own.csv", f"address,risk_level,confidence_score\n{A},HIGH,0.9\n{B},low,0.9\n")
    with pytest.raises(BadInputError, match=r"1 of 2 rows are bad.*row 2: risk_level 'low' differs from --risk-level high"):
        check_labels(own, network="ethereum", risk_level="high")
    with pytest.raises(BadInputError, match=r"row 1: confidence_score '0.9' differs from --confidence 0.5"):
        check_labels(own, network="ethereum", confidence=0.5)
    check_labels(own, network="ethereum", confidence=0.9)


def test_a_half_stamp_in_the_file_names_the_column(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", f"address,risk_level,processing_date\n{A},low,2025-08-01\n")
    with pytest.raises(
        BadInputError, match="give --window-days, or leave out the column processing_date, so that the labels stand"
    ):
        check_labels(path, network="ethereum")
    check_labels(path, network="ethereum", window_days=90)
