"""The rows that readers of publishers' lists return: nothing is lost, and nothing is given a network or a day by default."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.label_lists import BTC, DOT, ENTRIES, KSM, OTHER_DOT, OTHER_TAG, PACK, SITES, TAG, A, B
from trainer.errors import BadInputError
from trainer.labels.formats import choose, read_labels
from trainer.labels.formats.days import american_day, iso_day

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data"


def read(path: Path, content: Any, format: str = "auto") -> list[dict[str, str]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_labels(path, format).to_dict("records")  # type: ignore[return-value]


# ---- TagPacks -------------------------------------------------------------------------------------------------------


def test_a_tag_inherits_the_header_and_has_a_row_for_each_category(tmp_path: Path) -> None:
    common = {"source": "tagpack: A pack", "valid_from": "2022-05-16"}
    one = common | {"address": A, "provenance": "authority_data", "network": "ethereum", "address_subtype": "One"}
    two = common | {"address": BTC, "provenance": "web_crawl", "network": "bitcoin", "address_subtype": "Two"}
    assert read(tmp_path / "pack.yaml", PACK + TAG + OTHER_TAG) == [
        one | {"category": "mixing_service"}, two | {"category": "mixing_service"}, two | {"category": "scam"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "categories"),
    [
        ("abuse: [scam]", ["exchange", "scam"]),
        ("abuse: scam", ["exchange", "scam"]),
        ("concepts: [phishing]", ["exchange", "phishing"]),
        ("concepts: phishing", ["exchange", "phishing"]),
        ("abuse: [scam, ransomware]", ["exchange", "scam", "ransomware"]),
        ("abuse: [scam]\n  concepts: [phishing, scam]", ["exchange", "scam", "phishing"]),
        ("category: [exchange, mixing_service]", ["exchange", "mixing_service"]),
        ("category: null\n  concepts:\n  - phishing\n  - sextortion", ["phishing", "sextortion"]),
        ("concepts: [exchange, Exchange]", ["exchange"]),
        ("category: ''\n  abuse: []", [""]),
        ("abuse: ~\n  concepts: [null, phishing]", ["exchange", "phishing"]),
    ],
)
def test_every_word_of_a_tag_is_a_row(tmp_path: Path, fields: str, categories: list[str]) -> None:
    pack = f"title: T\ncreator: c\ncurrency: ETH\ncategory: exchange\ntags:\n- address: '{A}'\n  label: x\n  {fields}\n"
    rows = read(tmp_path / "p.yaml", pack)
    assert [row["category"] for row in rows] == categories
    assert {(row["address"], row["network"], row["address_subtype"]) for row in rows} == {(A, "ethereum", "x")}


@pytest.mark.parametrize(
    ("header", "tag", "provenance"),
    [
        ("confidence: web_crawl", "", ["web_crawl"]), ("", "", [""]), ("confidence: [web_crawl, forensic]", "", ["web_crawl", "forensic"]),
        ("confidence: web_crawl", "confidence: [authority_data]", ["authority_data"]), ("confidence: web_crawl", "confidence: null", [""]),
    ],
)  # fmt: skip
def test_confidence_may_be_a_list_or_absent(tmp_path: Path, header: str, tag: str, provenance: list[str]) -> None:
    pack = f"title: T\ncreator: c\n{header}\ntags:\n- address: '{A}'\n  category: scam\n  {tag}\n"
    assert [row["provenance"] for row in read(tmp_path / "p.yaml", pack)] == provenance


def test_the_tag_of_a_transaction_is_a_row_without_address(tmp_path: Path) -> None:
    pack = f"title: T\ncreator: c\ncurrency: ETH\ncategory: exchange\ntags:\n- address: '{A}'\n  label: x\n- tx_hash: '0x{1:064d}'\n  label: t\n"
    rows = read(tmp_path / "t.yaml", pack)
    assert [(row["address"], row["category"], row["address_subtype"]) for row in rows] == [
        (A, "exchange", "x"),
        ("", "exchange", "t"),
    ]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ("abuse: {scam: yes}", "the abuse of its tag 1 is not text or a list of text"),
        ("abuse: [[scam]]", "the abuse of its tag 1"),
        ("concepts: [{name: phishing}]", "the concepts of its tag 1"),
        ("confidence: {a: b}", "the confidence of its tag 1"),
        ("currency: [ETH, BTC]", "the currency of its tag 1 is not text"),
        ("lastmod: [2022-01-01]", "the lastmod of its tag 1"),
        ("network: {a: b}", "the network of its tag 1"),
    ],
)
def test_a_value_that_is_not_understood_is_named(tmp_path: Path, fields: str, named: str) -> None:
    tag = f"- address: '{A}'\n  {fields}\n"
    with pytest.raises(BadInputError, match=named):
        read(tmp_path / "p.yaml", f"title: T\ncreator: c\ntags:\n{tag}")
    header = f"title: T\ncreator: c\n{fields}\ntags:\n- address: '{A}'\n"
    with pytest.raises(BadInputError, match=named.replace("its tag 1", "its header")):
        read(tmp_path / "p.yaml", header)


def test_an_address_that_is_a_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the address of its tag 1 is not text"):
        read(tmp_path / "p.yaml", f"title: T\ncreator: c\ntags:\n- address: ['{A}', '{B}']\n")


def test_the_day_of_a_tag_is_its_own_or_the_headers(tmp_path: Path) -> None:
    tags = f"- address: {A}\n- address: {A}\n  lastmod: 1700000000\n- address: {A}\n  lastmod: last week\n- address: {A}\n  lastmod: null\n"
    days = [
        row["valid_from"] for row in read(tmp_path / "p.yaml", PACK.replace("2022-05-16", "2023-08-16 12:18:52.619444") + tags)
    ]
    assert days == ["2023-08-16", "2023-11-14", "", ""]


# ---- days -----------------------------------------------------------------------------------------------------------


@given(st.dates(date(1974, 1, 1), date(2099, 12, 31)))
def test_a_day_survives_every_spelling(day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    spelt = [
        day.isoformat(),
        f" {day} ",
        f"{day}T23:59:59Z",
        f"{day} 00:00:00.1",
        str(int(noon.timestamp())),
        f"{noon.timestamp()}",
    ]
    assert {iso_day(text) for text in spelt} == {day.isoformat()}
    if day.year >= 2000:
        assert american_day(f"{day.month}/{day.day}/{day:%y}") == american_day(f"{day:%m/%d/%Y}") == day.isoformat()


@given(st.text(max_size=12) | st.sampled_from(["2022-13-01", "2022-02-30", "0000-01-01", "20220101", "22-01-01", "99999999999", "13/7/17", "0/1/17", "7/18/1917"]))  # fmt: skip
def test_anything_else_is_no_day(text: str) -> None:
    for read_day in (iso_day, american_day):
        day = read_day(text)
        assert day == "" or date.fromisoformat(day).isoformat() == day
    assert iso_day("2022-13-01") == iso_day("20220101") == american_day("18/7/17") == american_day("7/18/1917") == ""


def test_the_days_of_the_darklist_are_iso_or_american(tmp_path: Path) -> None:
    days = ["2018-11-06", "7/22/17", "12/1/2017", "22/7/17", "", "soon", None]
    rows = read(tmp_path / "addresses-darklist.json", [{"address": A, "comment": "", "date": day} for day in days])
    assert [row["valid_from"] for row in rows] == ["2018-11-06", "2017-07-22", "2017-12-01", "", "", "", ""]
    assert {(row["category"], row["network"]) for row in rows} == {("darklist", "ethereum")}


# ---- Etherscan and its sisters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "network"),
    [
        ("etherscan", "ethereum"), ("bscscan", "bsc"), ("polygonscan/combined", "polygon"), ("data/arbiscan/combined/2023", "arbitrum"),
        ("optimistic.etherscan.io", "optimism"), ("optimism", "optimism"), ("ftmscan.com", "fantom"), ("snowtrace", "avalanche"),
        ("avalanche", "avalanche"), ("gnosisscan.io/x", "gnosis"), ("basescan.org", "base"), ("BscScan", "bsc"), ("etherscan/bscscan", "bsc"),
        ("labels", ""), ("bscscan/a/b/c", ""), ("my-bscscan", ""), ("etherscan-labels", ""), ("goerli.etherscan.io", ""), ("ethereum", ""),
    ],
)  # fmt: skip
def test_the_folder_alone_says_which_explorer_it_is(tmp_path: Path, folder: str, network: str) -> None:
    rows = read(tmp_path / folder / "combinedAllLabels.json", ENTRIES)
    assert {row["network"] for row in rows} == {network}


def test_the_folder_counts_for_a_relative_path_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bscscan").mkdir()
    monkeypatch.chdir(tmp_path / "bscscan")
    assert {row["network"] for row in read(Path("combinedAllLabels.json"), ENTRIES)} == {"bsc"}


def test_a_key_that_is_no_address_stays_a_row(tmp_path: Path) -> None:
    entries = {"": {"name": "", "labels": ["burn"]}, "No matching records found": {"name": "x", "labels": []}} | ENTRIES
    rows = read(tmp_path / "combinedAllLabels.json", entries)
    assert [(row["address"], row["category"]) for row in rows[:2]] == [("", "burn"), ("No matching records found", "")]


# ---- the others -----------------------------------------------------------------------------------------------------


def test_a_site_has_a_row_for_each_address(tmp_path: Path) -> None:
    rows = read(tmp_path / "address.json", SITES)
    assert [(row["address_subtype"], row["address"]) for row in rows] == [
        ("3xpool.bid", DOT), ("polkadot.gifts", KSM), ("polkadot.gifts", OTHER_DOT), ("Hacker wallet", DOT),
    ]  # fmt: skip
    assert {row["category"] for row in rows} == {"phishing"}


def test_a_lightlist_is_no_darklist_even_if_told_so(tmp_path: Path) -> None:
    rows = [{"address": A, "comment": "Official contribution address", "date": "2018-01-01"}]
    with pytest.raises(BadInputError, match="name is that of the lightlist"):
        read(tmp_path / "addresses-lightlist.json", rows, "mew")
    with pytest.raises(BadInputError, match="keys of another table: risk"):
        read(tmp_path / "notes.json", [rows[0] | {"risk": "low"}], "mew")


# ---- the real lists -------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real lists are not at {REAL}")
class TestRealLists:
    """What the readers return for the publishers' own files."""

    def test_tagpacks(self) -> None:
        rows, tags, dated = 0, 0, 0
        for path in sorted((REAL / "label_files" / "tagpacks").glob("*.yaml")):
            assert choose(path).name == "tagpack"
            frame = read_labels(path)
            rows, tags = rows + len(frame), tags + path.read_text().replace("    - address:", "- address:").count("\n- address:")
            dated += int((frame["valid_from"] != "").sum())
            assert (frame["address"] != "").all()
        assert (tags, rows) == (6445, 6466)  # the 21 tags of lazarus.yaml have a category and an abuse
        assert rows - dated == 2  # sinbad_io.yaml has no lastmod

    def test_darklist(self) -> None:
        frame = read_labels(REAL / "label_files" / "mew" / "addresses-darklist.json")
        assert (len(frame), frame["address"].str.fullmatch("0x[0-9a-fA-F]{40}").sum()) == (693, 692)
        assert (frame["valid_from"] != "").sum() == 670
        assert frame.loc[frame["valid_from"] != "", "valid_from"].agg(["min", "max"]).tolist() == ["2017-07-18", "2018-11-06"]

    def test_explorers(self) -> None:
        bsc, ethereum = REAL / "label_files_2026" / "bscscan" / "combinedAllLabels.json", REAL / "label_files" / "etherscan"
        assert choose(bsc).name == "etherscan"
        frame = read_labels(bsc)
        assert frame["network"].unique().tolist() == ["bsc"] and frame["address"].nunique() == 6726
        assert (~frame["address"].str.fullmatch("0x[0-9a-fA-F]{40}")).sum() == 3
        assert read_labels(ethereum / "combinedAccountLabels.json")["network"].unique().tolist() == ["ethereum"]
