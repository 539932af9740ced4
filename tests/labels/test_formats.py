"""Each reader against the contract, on small files in its publisher's shape; and how a file's format is detected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.label_lists import (
    BTC,
    DARKLIST,
    DOT,
    ENTRIES,
    OTHER_TAG,
    OWN,
    OWN_FILES,
    PACK,
    PUBLISHED,
    SITES,
    TAG,
    A,
    B,
    packed,
)
from trainer.errors import BadInputError, UsageError
from trainer.labels.formats import choose, formats, read_labels
from trainer.testing import LabelFormatContract

KNOWN = formats()


class TestCsv(LabelFormatContract):
    format = KNOWN["csv"]
    file_name = "labels.csv"
    sample = OWN.to_csv(index=False).encode()
    reordered = OWN[::-1].to_csv(index=False).encode()
    may_end_early = True


class TestParquet(LabelFormatContract):
    format = KNOWN["parquet"]
    file_name = "labels.parquet"
    sample = packed(OWN)
    reordered = packed(OWN[::-1].reset_index(drop=True))


class TestJson(LabelFormatContract):
    format = KNOWN["json"]
    file_name = "labels.json"
    sample = OWN.to_json(orient="records").encode()
    reordered = OWN[::-1].to_json(orient="records").encode()


class TestJsonLines(LabelFormatContract):
    format = KNOWN["json"]
    file_name = "labels.jsonl"
    sample = OWN.to_json(orient="records", lines=True).encode()
    reordered = OWN[::-1].to_json(orient="records", lines=True).encode()
    may_end_early = True


class TestAddressesText(LabelFormatContract):
    format = KNOWN["addresses"]
    file_name = "addresses.txt"
    sample = OWN_FILES["addresses", "addresses.txt"]
    reordered = f"{B}\r\n\r\n{A}\r\n".encode()
    may_end_early = True


class TestAddressesJson(LabelFormatContract):
    format = KNOWN["addresses"]
    file_name = "addresses.json"
    sample = OWN_FILES["addresses", "addresses.json"]
    reordered = json.dumps([B, A]).encode()


class TestOfacJson(LabelFormatContract):
    format = KNOWN["ofac"]
    file_name = "sanctioned_addresses_ETH.json"
    sample = PUBLISHED["ofac", file_name]
    reordered = json.dumps([B, A]).encode()


class TestOfacText(LabelFormatContract):
    format = KNOWN["ofac"]
    file_name = "sanctioned_addresses_ETH.txt"
    sample = PUBLISHED["ofac", file_name]
    reordered = f"{B}\r\n\r\n{A}\r\n".encode()
    may_end_early = True


class TestTagPack(LabelFormatContract):
    format = KNOWN["tagpack"]
    file_name = "pack.yaml"
    sample = PUBLISHED["tagpack", file_name]
    reordered = (PACK + OTHER_TAG + TAG).encode()
    may_end_early = True
    marks = (b"title", b"creator", b"tags")


class TestEtherscan(LabelFormatContract):
    format = KNOWN["etherscan"]
    file_name = "combinedAccountLabels.json"
    sample = PUBLISHED["etherscan", file_name]
    reordered = json.dumps({B: ENTRIES[B], A: {"labels": ["0x-protocol", "dex"], "name": "Relay"}}).encode()
    marks = (b"name", b"labels")


class TestMew(LabelFormatContract):
    format = KNOWN["mew"]
    file_name = "addresses-darklist.json"
    sample = PUBLISHED["mew", file_name]
    reordered = json.dumps([dict(reversed(row.items())) for row in reversed(DARKLIST)]).encode()
    marks = (b"address", b"comment", b"date")


class TestPolkadotJs(LabelFormatContract):
    format = KNOWN["polkadot-js"]
    file_name = "address.json"
    sample = PUBLISHED["polkadot-js", file_name]
    reordered = json.dumps({site: SITES[site][::-1] for site in reversed(SITES)}).encode()


class TestFortaMalicious(LabelFormatContract):
    format = KNOWN["forta"]
    file_name = "etherscan_malicious_labels.csv"
    sample = PUBLISHED["forta", file_name]
    reordered = f'banned_address,wallet_tag,data_source\n{B},"",etherscan-phish-hack-list\n{A},Fake_Phishing1,etherscan-heist-list\n'.encode()
    may_end_early = True
    marks = (b"banned_address", b"wallet_tag", b"data_source")


class TestFortaPhishing(LabelFormatContract):
    format = KNOWN["forta"]
    file_name = "phishing_scams.csv"
    sample = PUBLISHED["forta", file_name]
    reordered = f"address,etherscan_tag,etherscan_labels,is_contract\n{B},y,phish-hack,True\n{A},x,phish-hack,False\n".encode()
    may_end_early = True
    marks = (b"address", b"etherscan_tag", b"etherscan_labels", b"is_contract")


CONTRACTS = [one for one in globals().values() if isinstance(one, type) and issubclass(one, LabelFormatContract)][1:]


# Tested in test_publishers.py, which tests that none of them is left out.
ELSEWHERE = {"cryptoscamdb", "curated-labels", "eth-labels", "network-flags", "oli", "opensanctions", "scamsniffer"}


def test_every_format_is_tested_against_the_contract() -> None:
    assert {contract.format.name for contract in CONTRACTS} == set(KNOWN) - ELSEWHERE


# ---- which format ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS)
def test_auto_recognises_a_file_as_its_format_alone(contract: type[LabelFormatContract], tmp_path: Path) -> None:
    path = tmp_path / contract.file_name
    path.write_bytes(contract.sample)
    assert choose(path).name == contract.format.name


def test_every_format_says_what_it_is() -> None:
    assert [name for name, one in KNOWN.items() if not one.description] == []


def test_two_formats_that_recognise_a_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = KNOWN | {"twin": KNOWN["mew"].__class__("twin", lambda path, head: True, KNOWN["mew"].read, "twin")}
    monkeypatch.setattr("trainer.labels.formats.detect.formats", lambda: twin)
    path = tmp_path / TestMew.file_name
    path.write_bytes(TestMew.sample)
    with pytest.raises(BadInputError, match="mew or twin; give --format"):
        choose(path)


def test_mapped_columns_are_for_the_users_own_tables(tmp_path: Path) -> None:
    path = tmp_path / TestFortaPhishing.file_name
    path.write_bytes(TestFortaPhishing.sample)
    assert choose(path, own=True).name == "csv"
    with pytest.raises(UsageError, match="--map is for addresses, csv"):
        choose(path, "forta", own=True)


# ---- what the readers return ----------------------------------------------------------------------------------------


def read(tmp_path: Path, name: str, raw: str | bytes, format: str = "auto") -> list[dict[str, str]]:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_labels(path, format).to_dict("records")  # type: ignore[return-value]


def test_yaml_scalars_stay_text(tmp_path: Path) -> None:
    tags = f"- address: {A}\n  label: 0123\n  currency: null\n- address: 1e10\n  label: no\n- {{address: 2022-01-01, currency: usdt}}\n"
    rows = read(tmp_path, "pack.yml", PACK + tags)
    assert [row["address"] for row in rows] == [A, "1e10", "2022-01-01"]
    assert [row["address_subtype"] for row in rows] == ["0123", "no", ""]
    assert [row["network"] for row in rows] == ["", "bitcoin", ""]


def test_a_pack_cut_in_its_last_tag_is_refused_but_it_may_end_without_a_line_break(tmp_path: Path) -> None:
    tags = f"- address: {BTC}\n  label: One\n- address: {BTC}\n  label: Two"
    assert len(read(tmp_path, "pack.yaml", PACK + tags)) == 2
    for cut in (
        f"- address: {BTC}\n  label: One\n- address: {BTC}",
        f"- address: {BTC}\n- address: {BTC[:-4]}",
        tags[:-3],
        tags[:-3] + "On",
    ):
        with pytest.raises(BadInputError, match="cut short"):
            read(tmp_path, "pack.yaml", PACK + cut)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("an object", PACK + "- address: !!python/object/apply:os.system ['touch owned']\n"),
        ("merged keys", PACK + "- &t {address: x}\n- {<<: *t}\n"),
        ("an alias bomb", BOMB + PACK + "- address: *i\n"),
        ("no tags", "title: x\ncreator: y\n"),
        ("tags without addresses", PACK + "- label: x\n"),
        ("one tag without an address", PACK + TAG + "- label: x\n"),
        ("no title", "creator: x\n" + "tags:\n" + TAG),
        ("nested without end", PACK + "[" * 100_000),
        ("two documents", PACK + TAG + "---\n" + PACK + TAG),
        ("a list", "- title: x\n"),
    ],
)  # fmt: skip
def test_yaml_that_is_not_a_tagpack_is_refused(tmp_path: Path, what: str, text: str) -> None:
    with pytest.raises(BadInputError, match=r"pack\.yaml"):
        read(tmp_path, "pack.yaml", text, "tagpack")
    assert not Path("owned").exists()


def test_an_alias_bomb_in_an_ignored_field_is_harmless_and_in_a_label_named(tmp_path: Path) -> None:
    assert read(tmp_path, "pack.yaml", BOMB + PACK + "- {address: x, context: *i}\n")[0]["address"] == "x"
    with pytest.raises(BadInputError, match="the label of its tag 1 is not text or a list of text"):
        read(tmp_path, "pack.yaml", BOMB + PACK + "- {address: x, label: *i}\n")


def test_an_etherscan_address_has_a_row_for_each_label(tmp_path: Path) -> None:
    rows = read(tmp_path, TestEtherscan.file_name, TestEtherscan.sample)
    assert [(row["address"], row["category"], row["address_subtype"]) for row in rows] == [
        (A, "dex", "Relay"),
        (A, "0x-protocol", "Relay"),
        (B, "binance", ""),
    ]


def test_a_sanctions_list_gets_its_network_from_its_currency(tmp_path: Path) -> None:
    wanted = {
        "XBT": (BTC, "bitcoin"),
        "ETC": (A, "ethereum-classic"),
        "USDT": (A, ""),
        "XRP": ("rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66", "ripple"),
    }
    rows = {name: read(tmp_path, f"sanctioned_addresses_{name}.txt", f"{one}\n")[0] for name, (one, _) in wanted.items()}
    assert {name: (row["address"], row["network"]) for name, row in rows.items()} == wanted


@pytest.mark.parametrize("text", [f"{A}\n<html>\n", "this is prose\n", f"{A} {B}\n", f"{A}\ncafé\n"])
def test_text_that_is_not_a_list_of_addresses_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInputError, match="is not one address"):
        read(tmp_path, "sanctioned_addresses_ETH.txt", text)


@pytest.mark.parametrize(
    ("format", "value"),
    [
        ("ofac", {"a": 1}), ("ofac", [[A]]), ("ofac", [None]), ("etherscan", [A]), ("etherscan", {A: {"labels": "dex"}}), ("etherscan", {A: [1]}),
        ("etherscan", {A: {"labels": [None]}}), ("mew", [{"address": A}]), ("mew", {}), ("mew", [1]), ("polkadot-js", {"a": "b"}), ("polkadot-js", [A]),
        ("polkadot-js", {"a": [{}]}), ("polkadot-js", {"whitelist": [DOT]}), ("json", {"a": 1}), ("json", [1]), ("json", 7), ("mew", None),
    ],
)  # fmt: skip
def test_json_of_another_shape_is_refused(tmp_path: Path, format: str, value: object) -> None:
    with pytest.raises(BadInputError, match=r"x\.json is not"):
        read(tmp_path, "x.json", json.dumps(value), format)


@pytest.mark.parametrize("format", ["ofac", "etherscan", "mew", "polkadot-js", "json"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 100_000, "NaN", "", '{"a": ["x"], "a": ["y"]}', "[1" + "0" * 5000])
def test_hostile_json_is_refused(tmp_path: Path, format: str, text: str) -> None:
    with pytest.raises(BadInputError, match=r"x\.json"):
        read(tmp_path, "x.json", text, format)


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = '[{"address": "0xa", "confidence_score": 0.10, "window_days": 90, "flag": true, "none": null, "list": [1.50]}]'
    assert read(tmp_path, "x.json", text) == [
        {"address": "0xa", "confidence_score": "0.10", "window_days": "90", "flag": "true", "none": "", "list": '["1.50"]'}
    ]


@given(
    st.sampled_from(["auto", *sorted(KNOWN)]),
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["tags", "title", "address", "labels", "comment"]), inner, max_size=3), max_leaves=8).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["file.json", "file.jsonl", "file.txt", "file.csv", "file.yaml", "file.parquet", *(name for _, name in PUBLISHED)]),
)  # fmt: skip
def test_any_file_is_read_as_text_or_refused_with_bad_input(
    tmp_path_factory: pytest.TempPathFactory, name: str, raw: bytes, file_name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / file_name
    path.write_bytes(raw)
    try:
        frame = read_labels(path, name)
    except BadInputError as error:
        assert path.name in str(error)
    else:
        assert all(isinstance(value, str) for column in frame for value in frame[column])


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_lone_surrogate_is_named_by_its_row(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    row = '{"address": "0x12\\udcff", "risk_level": "high"}'
    path.write_text(f"[{row}]\n" if name == "a.json" else f"{row}\n")
    with pytest.raises(BadInputError, match=r"Row 1 of the list has a lone surrogate \('\\udcff'\)"):
        read_labels(path)
