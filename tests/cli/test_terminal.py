"""No text of a user's files, names or arguments reaches the terminal as it stands where it could control it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.cli.output import emit
from trainer.cli.terminal import Verbatim, encodable, folded, visible

ROOT = Path(__file__).parents[2]
HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202egpj.exe\u2066\u200b\x9b2J\u2028\x85\rfake"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


@given(st.text())
def test_what_is_visible_has_nothing_unsafe_and_is_left_alone_otherwise(text: str) -> None:
    shown = visible(text)
    assert not UNSAFE.search(shown) and visible(shown) == shown
    assert UNSAFE.search(text) or len(shown) >= len(text)


def test_unsafe_characters_are_shown_as_escapes() -> None:
    assert visible("a\x1b[31m\u202e\ud800→é\n\t") == r"a\x1b[31m\u202e\ud800→é" + "\n\t"


WORDS = st.lists(st.text("abcdefgh-_/.,", min_size=1, max_size=40), min_size=1, max_size=30)


@given(WORDS, st.integers(20, 120), st.integers(0, 8))
def test_a_line_is_folded_between_words_only(words: list[str], width: int, indent: int) -> None:
    line = " " * indent + " ".join(words)
    lines = folded(line, width).split("\n")
    assert [word for one in lines for word in one.split()] == words
    assert all(len(one) <= width or len(one.split()) == 1 for one in lines)
    assert all(one.startswith(" " * indent) for one in lines) and all(one.startswith(" " * (indent + 2)) for one in lines[1:])


def test_a_number_keeps_its_per_cent_sign_an_interval_is_whole_and_a_command_is_never_folded() -> None:
    assert folded("about a share of 95 %", 20) == "about a share of\n  95 %"
    assert folded("the value is 0.5 [0.4, 0.6]", 24) == "the value is 0.5\n  [0.4, 0.6]"
    command = Verbatim("  export TRAINER_TARGET=embedded TRAINER_WAREHOUSE=/a/b/c")
    assert folded(command, 20) == command and folded(str(command), None) == command


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "0.1 → 0.2 … – 'ü' ·"), ("latin-1", "0.1 -> 0.2 ... - 'ü' ·"), ("ascii", r"0.1 -> 0.2 ... - '\xfc' |")],
)
def test_what_an_encoding_lacks_has_plain_characters_in_its_place(encoding: str, shown: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert encodable("0.1 → 0.2 … – 'ü' ·", stream) == shown
    assert encodable(shown, stream) == shown


def run(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    env = (
        os.environ | {"DBT_PROFILES_DIR": str(ROOT), "TRAINER_WAREHOUSE": str(folder / "wh"), "TRAINER_DEBUG": "0"} | environment
    )
    done = subprocess.run(
        [sys.executable, "-m", "trainer", *arguments], cwd=folder, env=env, capture_output=True, check=False, timeout=120
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a command has loaded the seeds already."""
    return tmp_path_factory.mktemp("hostile")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", HOSTILE),
        (HOSTILE,),
        ("fit", f"--{HOSTILE}"),
        ("labels", "add", "list.csv", "--network", "ethereum", "--dry-run"),
        ("labels", "add", "list.csv", "--network", "ethereum", "--format", HOSTILE),
        ("labels", "add", f"{HOSTILE.replace('/', '')}.csv"),
        ("features", "add", "list.csv", "--network", "ethereum", "--processing-date", "2025-01-01", "--window-days", "9"),
        ("models", "show", HOSTILE),
        ("simulate", "out", "--network", HOSTILE),
    ],
)
def test_every_message_is_safe(folder: Path, arguments: tuple[str, ...]) -> None:
    rows = f"address,risk_level,label,{HOSTILE.replace(chr(13), '')}\n" + "".join(
        f'"{HOSTILE}{i}",{HOSTILE[:3]},"x",1\n' for i in range(3)
    )
    (folder / "list.csv").write_text(rows)
    code, said = run(folder, *arguments)
    assert code in {2, 3, 6} and "Traceback" not in said
    assert not UNSAFE.search(said), said


@pytest.mark.slow
def test_a_usage_error_is_safe_where_the_encoding_is_ascii(folder: Path) -> None:
    code, said = run(folder, "fit", "\x1b[31mred\u202e", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert code == 2 and not UNSAFE.search(said) and r"\x1b[31mred" in said


@pytest.mark.slow
def test_a_terminal_of_ascii_is_no_error(folder: Path) -> None:
    code, said = run(folder, "labels", "add", "\u00fcber→.csv", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert code == 3 and "Traceback" not in said and said.isascii()


@pytest.mark.slow
def test_a_name_with_a_line_break_is_no_line_of_ours(folder: Path) -> None:
    code, said = run(folder, "models", "show", "x\ntrainer: all is well")
    assert code == 6 and said.count("\n") == 1 and r"x\ntrainer: all is well" in said


@pytest.mark.slow
@pytest.mark.parametrize(("redirect", "code"), [(">&-", 0), ("2>&-", 0), ("> /dev/full", 4)])
def test_output_that_is_closed_or_full_is_no_traceback(folder: Path, redirect: str, code: int) -> None:
    env = os.environ | {"DBT_PROFILES_DIR": str(ROOT), "TRAINER_WAREHOUSE": str(folder / "wh")}
    command = ["bash", "-c", f'"{sys.executable}" -m trainer models list --json {redirect}']
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code and "Traceback" not in done.stderr and "Exception ignored" not in done.stderr, done


def test_a_line_break_in_a_value_does_not_make_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit({}, False, ["network a\nDone.", "two"])
    assert capsys.readouterr().out == "network a\\nDone.\ntwo\n"
