"""A user's own tables: every shape that is read gives the same rows, and every other is refused with a description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.label_lists import BTC, DOT, OWN, OWN_FILES, A, B, C
from trainer.errors import BadInputError
from trainer.labels.formats import choose, read_labels
from trainer.labels.formats.seen import describe

TABLES = [(kind, name) for kind, name in OWN_FILES if kind != "addresses" and name != "levels.json"]


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(("format", "name"), TABLES)
def test_every_shape_gives_the_same_rows(tmp_path: Path, format: str, name: str) -> None:
    path = write(tmp_path, name, OWN_FILES[format, name])
    assert choose(path).name == format
    assert read_labels(path).to_dict("records") == OWN.to_dict("records")


def test_addresses_by_level_have_that_level(tmp_path: Path) -> None:
    path = write(tmp_path, "bylevel.json", {"Low": [A], "high": [B, C], "critical": []})
    assert choose(path).name == "json"
    assert read_labels(path).to_dict("records") == [
        {"address": A, "risk_level": "low"}, {"address": B, "risk_level": "high"}, {"address": C, "risk_level": "high"},
    ]  # fmt: skip


def test_an_index_that_pandas_writes_is_no_column_but_one_of_ones_own_is(tmp_path: Path) -> None:
    assert "index" not in read_labels(write(tmp_path, "t.json", OWN_FILES["json", "table.json"]))
    own = {"schema": {"primaryKey": ["id"]}, "data": [{"index": "7", "id": 1, "address": A}]}
    assert list(read_labels(write(tmp_path, "own.json", own))) == ["index", "id", "address"]


columns = st.dictionaries(
    st.sampled_from(["risk_level", "label", "network"]), st.lists(st.text(max_size=5), min_size=3, max_size=3), max_size=3
)


@given(columns, st.lists(st.sampled_from([A, B, C, BTC]), min_size=3, max_size=3))
def test_any_table_is_the_same_in_every_orientation(
    tmp_path_factory: pytest.TempPathFactory, others: dict[str, list[str]], addresses: list[str]
) -> None:
    frame = pd.DataFrame({"address": addresses, **others})
    folder = tmp_path_factory.mktemp("orientations")
    rows = frame.to_dict("records")
    assert read_labels(write(folder, "list.json", frame.to_dict("list"))).to_dict("records") == rows
    assert read_labels(write(folder, "data.json", {"data": rows})).to_dict("records") == rows
    for orient in ("records", "columns", "split", "table"):
        path = write(folder, f"{orient}.json", frame.to_json(orient=orient))
        assert read_labels(path).to_dict("records") == rows, orient


# ---- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ({"whitelist": [A], "blacklist": [B]}, "a JSON object of lists of addresses with the keys 'whitelist', 'blacklist'"),
        ({"exchange-x": [A, B], "exchange-y": [C]}, "lists of addresses with the keys 'exchange-x', 'exchange-y'"),
        ({"domains": ["a.example"], "address": [A]}, "lists and lists of addresses with the keys 'domains', 'address'"),
        ({"domains": ["a.example"], "address": [A, B]}, "the keys 'domains', 'address'"),
        ({"a.example": [A], "b.example": [B]}, "lists of addresses with the keys 'a.example', 'b.example'"),
        ({"a.example": [DOT]}, "give --format polkadot-js"),
        ({"address": [A, B], "risk_level": ["low"]}, "the keys 'address', 'risk_level'"),
        ({"address": {"0": A}, "risk_level": {"1": "low"}}, "a JSON object of objects with the keys 'address', 'risk_level'"),
        ({"columns": ["address"], "data": [[A, "low"]]}, "the keys 'columns', 'data'"),
        ({"columns": ["address", "address"], "data": [[A, B]]}, "the keys 'columns', 'data'"),
        ({"data": [A]}, "the keys 'data'"),
        ({"rows": [{"address": A, "risk_level": "low"}]}, "the keys 'rows'"),
        ({"low": [A], "unknown": [B]}, "the keys 'low', 'unknown'"),
        ({"low": A}, "a JSON object of text or numbers with the keys 'low'"),
        ({A: "low", B: "high"}, "a JSON object of text or numbers"),
        ({}, "an empty JSON object"),
        ([A, 7.5, "short"], "a JSON list of text or numbers"),
        ([[A, "low"]], "a JSON list of lists of addresses"),
        ("7", "JSON of a single value"),
        ('["a", ', "is not complete JSON"),
    ],
)
def test_json_of_another_shape_is_refused_by_what_it_holds(tmp_path: Path, content: Any, seen: str) -> None:
    path = write(tmp_path, "mine.json", content)
    with pytest.raises(BadInputError) as refused:
        choose(path)
    assert seen in str(refused.value) and "give --format, one of: addresses, cryptoscamdb, csv" in str(refused.value)
    with pytest.raises(BadInputError, match=r"mine\.json"):
        read_labels(path, "json")


@pytest.mark.parametrize(
    ("name", "text", "seen"),
    [
        ("mine.txt", "these are prose\n", "the line 'these are prose' is not one address"),
        ("mine.txt", f"{A}\n{B}", "may have been cut short"),
        ("mine.txt", "low\nhigh\n", "this list, which begins 'low'"),
        ("mine.yaml", "name: x\nurl: y\n", "YAML with the keys 'name', 'url'"),
        ("mine.yml", "- a\n- b\n", "YAML with no keys"),
        ("mine.xlsx", "PK", "this '.xlsx' file"),
    ],
)
def test_another_file_is_refused_by_what_it_holds(tmp_path: Path, name: str, text: str, seen: str) -> None:
    with pytest.raises(BadInputError) as refused:
        choose(write(tmp_path, name, text))
    assert seen in str(refused.value) and "give --format, one of: addresses, cryptoscamdb, csv" in str(refused.value)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ({"a.example": [A], "b.example": [B]}, "if it is scamsniffer's phishing list, give --format scamsniffer"),
        ({"domains": ["a.example"], "address": [A, B]}, "if it is scamsniffer's phishing list, give --format scamsniffer"),
        ({"a.example": [DOT]}, "if it is polkadot-js's phishing list, give --format polkadot-js"),
        ({"whitelist": [A], "blacklist": [B]}, "addresses with the keys 'whitelist', 'blacklist'; make it a table"),
        ({"exchange-x": [DOT], "exchange-y": [DOT]}, "the keys 'exchange-x', 'exchange-y'; make it a table"),
        ({"a.example": []}, "the keys 'a.example'; make it a table"),
    ],
)
def test_a_publisher_is_proposed_only_for_addresses_by_site(tmp_path: Path, content: Any, advice: str) -> None:
    assert advice in describe(write(tmp_path, "mine.json", content), {"scamsniffer", "polkadot-js"})
    assert "scamsniffer" not in describe(tmp_path / "mine.json", {"json"})


def test_a_file_larger_than_any_label_list_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.write(b"{")
        stream.truncate(65 * 1024 * 1024)
    with pytest.raises(BadInputError, match="larger than 64 MiB"):
        choose(path)


# ---- CSV and plain lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("address;risk_level\n0xa;high\n", "separated by ';'"),
        ("\ufeffaddress;risk_level\r\n0xa;high\r\n", "separated by ';'"),
        ("address\trisk_level\n0xa\thigh\n", r"separated by '\\t'"),
        (f"{A}\n{B}\n", "its first line has an address"),
        (f"{A},high\n{B},low\n", "its first line has an address"),
        (f"ethereum,{A},Fraud\n", "its first line has an address"),
        (f"{BTC},high\n", "its first line has an address"),
        (f"{DOT}\n", "its first line has an address"),
        ("address;risk_level\n0xa;0,9\n", "fields where its header has"),
    ],
)
def test_a_csv_file_with_another_separator_or_no_header_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        read_labels(write(tmp_path, "mine.csv", text.encode()))


def test_a_byte_order_mark_is_not_part_of_the_header(tmp_path: Path) -> None:
    assert list(read_labels(write(tmp_path, "mine.csv", "\ufeffaddress,risk_level\n0xa,low\n".encode()))) == [
        "address",
        "risk_level",
    ]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("mine.txt", f"{A}\n{BTC}\n"), ("mine.txt", f"\ufeff {A}\r\n\r\n{BTC} \r\n"), ("mine.json", json.dumps([A, f" {BTC}"])),
        ("not_sanctioned.txt", f"{A}\n{BTC}\n"), ("addresses-darklist.json", json.dumps([A, BTC])),
    ],
)  # fmt: skip
def test_a_plain_list_has_addresses_and_no_level(tmp_path: Path, name: str, raw: str) -> None:
    path = write(tmp_path, name, raw.encode())
    assert choose(path).name == "addresses" and not choose(path).publisher
    assert read_labels(path).to_dict("list") == {"address": [A, BTC]}


def test_a_plain_list_named_csv_is_none(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="has a header"):
        read_labels(write(tmp_path, "mine.csv", f"{A}\n"), "addresses")
