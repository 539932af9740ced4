"""Text that no list should have: lone surrogates, bytes that are not UTF-8, controls, and what turns the direction of writing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.label_lists import OWN_FILES, PUBLISHED
from trainer.errors import BadInputError
from trainer.labels.add import check_labels
from trainer.labels.formats.base import parse_json

HOSTILE = {
    "not UTF-8": b"\xff",
    "a surrogate in UTF-8": b"\xed\xa0\x80",
    "a lone surrogate in JSON": rb"\ud800",
    "a lone surrogate at the end": rb"\udfff",
    "a C1 control": "\x9b".encode(),
    "an escape": b"\x1b[31m",
    "right to left": "\u202e".encode(),
    "an isolate": "\u2066".encode(),
}
TEXTS = {name: content for (_, name), content in (PUBLISHED | OWN_FILES).items() if not name.endswith(".parquet")}
PUBLISHERS = {name for _, name in PUBLISHED}
WORDS = 12  # of each file


def damaged(content: bytes, hostile: bytes) -> list[bytes]:
    """Return the content with `hostile` in the middle of a word, for words from its beginning to its end."""
    middles = [sum(word.span()) // 2 for word in re.finditer(rb"[A-Za-z]{2,}", content)]
    return [content[:at] + hostile + content[at:] for at in middles[:: 1 + len(middles) // WORDS]]


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_refused_in_a_sentence_or_is_only_text(name: str, tmp_path: Path) -> None:
    path, refused = tmp_path / name, dict.fromkeys(HOSTILE, 0)
    for kind, hostile in HOSTILE.items():
        for content in damaged(TEXTS[name], hostile):
            path.write_bytes(content)
            try:
                check_labels(path, network=None if name in PUBLISHERS else "ethereum")
            except BadInputError as error:
                assert error.exit_code == 3 and len(str(error).splitlines()) == 1
                refused[kind] += 1
    assert all(refused.values()), refused


@pytest.mark.parametrize("hostile", ["\x9b", "\x1b[31m", "\u202e", "\u2066"])
@pytest.mark.parametrize("column", ["label", "source"])
def test_a_control_character_in_a_text_is_named(column: str, hostile: str, tmp_path: Path) -> None:
    row = {"address": "0x" + "a" * 40, "risk_level": "high", "label": "mixer", "source": "me"} | {column: f"a{hostile}b"}
    path = tmp_path / "labels.csv"
    path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    with pytest.raises(BadInputError, match=f"{column} has the control character {re.escape(ascii(hostile[0]))}"):
        check_labels(path, network="ethereum")


def test_line_breaks_within_a_text_and_joined_letters_are_no_controls(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        f'address,risk_level,label,source\n0x{"a" * 40},high,"two\nlines\tof \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",me\n'
    )
    check_labels(path, network="ethereum")


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', r'{"a\ud800": 1}', '[{"b": {"c": 1, "d": 2, "c": 3}}]'])
def test_an_object_with_a_key_twice_or_a_lone_surrogate_in_one_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match="appears twice|a lone surrogate"):
        parse_json(text)


def test_a_repeated_key_in_json_lines_is_refused_like_in_json(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(f'{{"address": "0x{"a" * 40}", "risk_level": "low", "source": "me", "risk_level": "high"}}\n')
    with pytest.raises(BadInputError, match="line 1, is not JSON .*'risk_level' appears twice"):
        check_labels(path, network="ethereum")
