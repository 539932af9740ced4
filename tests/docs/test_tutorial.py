"""The tutorial's commands run from top to bottom in an empty folder, and print what the page says, but for ids and figures."""

from __future__ import annotations

import re

import pytest

from tools.run_tutorial import PAGE, Ran, page_of, run_page

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> list[Ran]:
    return list(run_page(TEXT, tmp_path_factory.mktemp("my-alerts")))


def test_every_command_succeeds(ran: list[Ran]) -> None:
    assert len(ran) >= 9
    assert {one.command: one.printed for one in ran if one.code} == {}


def words(text: str) -> set[str]:
    """The words of an output without figures, ids and addresses."""
    return {word for word in re.findall(r"[a-z_]{4,}", text) if not re.search(r"0x|[0-9]", word)}


@pytest.mark.parametrize("command", ["trainer init", "trainer fit", "trainer update data/snapshots", "trainer labels report"])
def test_the_page_shows_what_is_printed(ran: list[Ran], command: str) -> None:
    (one,) = [one for one in ran if one.command == command]
    documented, printed = words(one.documented), words(one.printed)
    assert documented
    assert len(documented & printed) / len(documented) > 0.9, documented - printed


def test_own_labels_and_the_own_rule_take_part(ran: list[Ran]) -> None:
    (report,) = [one.printed for one in ran if one.command == "trainer labels report"]
    assert re.search(r"^night_worker\b", report, re.MULTILINE)
    assert re.search(r"^custom\b", report, re.MULTILINE)
    assert next(one.printed for one in ran if one.command == "trainer predict").startswith("Model xgboost-")


def test_the_page_is_rewritten_with_new_outputs_only() -> None:
    text = "Words.\n```console\n$ one\nold\n$ two\n```\n```sql\nselect 1\n```\n"
    ran = [Ran("one", "old\n", "new\n", 0), Ran("two", "", "also\nnew\n", 0)]
    assert page_of(text, ran) == "Words.\n```console\n$ one\nnew\n$ two\nalso\nnew\n```\n```sql\nselect 1\n```\n"
