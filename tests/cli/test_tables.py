"""Tables on the terminal: as tables where they fit, else as paragraphs; no number and no short text is broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.cli.tables import needed_width, paragraph, print_tables
from trainer.labels import LabelSource
from trainer.reports import MISSING, Table, source_table

SOURCES = [
    LabelSource(
        "ofac",
        "standing",
        1_250,
        156,
        12,
        "2025-03-21",
        133,
        by_risk_level={"critical": 1_250},
        matched={"ethereum/2025-08-01/90": 7, "ethereum/2025-09-01/90": 1_004},
    ),
    LabelSource("my [red]list[/red]", "stamped, standing", 3, 3),
]


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int | None) -> list[str]:
    if width is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(width))
    print_tables([source_table(SOURCES)])
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("width", [60, 80, 200, None])
def test_no_number_is_broken_at_any_width(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int | None
) -> None:
    lines = printed(monkeypatch, capsys, width)
    text = "\n".join(lines)
    assert max(map(len, lines)) <= (width or 200)
    for cell in ("ofac", "my [red]list[/red]", "1,250", "156", "2025-03-21", "133", "7–1,004", "stamped, standing"):
        assert cell in text, text
    assert len(lines) < 30, text


def test_a_table_is_one_line_per_row_where_it_fits_and_a_paragraph_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (wide,) = [line.split() for line in printed(monkeypatch, capsys, None) if line.strip().startswith("ofac")]
    assert wide == ["ofac", "standing", "1,250", "156", "1,250", "critical", "12", "2025-03-21", "133", "2", "7–1,004", MISSING]
    narrow = printed(monkeypatch, capsys, 60)
    below = narrow[narrow.index("ofac") + 1]
    assert below.startswith("  kind: standing · labels: 1,250 ·")
    assert not [line for line in narrow if line.endswith(MISSING)]


@given(
    st.lists(st.tuples(st.text("abc é界", min_size=1, max_size=9), st.text("01, –.", max_size=60)), min_size=1),
    st.integers(20, 90),
)
def test_a_paragraph_has_every_cell_with_a_value(cells: list[tuple[str, str]], width: int) -> None:
    headers, values = ("name", *(header for header, _ in cells)), ("first", *(value for _, value in cells))
    shown = paragraph(headers, values, width)
    assert shown.splitlines()[0] == "first"
    squeezed = "".join(shown.split())
    for header, value in cells:
        if value != MISSING:
            assert "".join(f"{header}:{value}".split()) in squeezed


@pytest.mark.parametrize(("text", "width"), [("x y " * 100, 20), ("x" * 50, 50), ("x" * 25 + " y", 25), ("y", len("text"))])
def test_the_needed_width_counts_headers_by_word_and_text_up_to_a_fold_between_words(text: str, width: int) -> None:
    table = Table("t", "T", "", ("a long header", "text"), (True, False), [("1", text), ("1,234,567", "y")])
    assert needed_width(table) == len("1,234,567") + width + 2 * 2 + 1
