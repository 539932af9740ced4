"""Each reader against the contract, on small files in its publisher's shape; and how a file's format is detected."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import BadInputError, UsageError
from trainer.labels.formats import choose, formats, read_labels
from trainer.testing import LabelFormatContract

A = "0x00000000000000000000000000000000000000aa"
B = "0x00000000000000000000000000000000000000bb"
BTC = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
KNOWN = formats()
OWN = pd.DataFrame({"address": [A, B], "risk_level": ["high", "low"], "label": ["mixer", 'an "exchange", maybe'], "source": "me"})


def packed(frame: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


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


class TestOfacJson(LabelFormatContract):
    format = KNOWN["ofac"]
    file_name = "sanctioned_addresses_ETH.json"
    sample = json.dumps([A, B], indent=2).encode()
    reordered = json.dumps([B, A]).encode()


class TestOfacText(LabelFormatContract):
    format = KNOWN["ofac"]
    file_name = "sanctioned_addresses_ETH.txt"
    sample = f"{A}\n{B}\n".encode()
    reordered = f"{B}\r\n\r\n{A}\r\n".encode()
    may_end_early = True


TAG = f"- address: '{A}'\n  label: One\n  currency: ETH\n"
OTHER_TAG = f"- label: Two\n  abuse: scam\n  confidence: web_crawl\n  address: {BTC}\n"
PACK = "title: A pack\ncreator: me\ncategory: mixing_service\nconfidence: authority_data\ncurrency: BTC\nlastmod: 2022-05-16\ntags:\n"


class TestTagPack(LabelFormatContract):
    format = KNOWN["tagpack"]
    file_name = "pack.yaml"
    sample = (PACK + TAG + OTHER_TAG).encode()
    reordered = (PACK + OTHER_TAG + TAG).encode()
    may_end_early = True


class TestEtherscan(LabelFormatContract):
    format = KNOWN["etherscan"]
    file_name = "combinedAccountLabels.json"
    sample = json.dumps({A: {"name": "Relay", "labels": ["dex", "0x-protocol"]}, B: {"name": "", "labels": ["binance"]}}).encode()
    reordered = json.dumps(
        {B: {"name": "", "labels": ["binance"]}, A: {"labels": ["0x-protocol", "dex"], "name": "Relay"}}
    ).encode()


class TestMew(LabelFormatContract):
    format = KNOWN["mew"]
    file_name = "addresses-darklist.json"
    sample = json.dumps(
        [{"address": f"{A} ", "comment": "Fake", "date": "2018-11-06"}, {"address": B, "comment": "", "date": "7/22/17"}]
    ).encode()
    reordered = json.dumps(
        [{"comment": "", "address": B, "date": "7/22/17"}, {"address": f"{A} ", "comment": "Fake", "date": "x"}]
    ).encode()


class TestPolkadotJs(LabelFormatContract):
    format = KNOWN["polkadot-js"]
    file_name = "address.json"
    sample = json.dumps({"3xpool.bid": ["155dDX"], "polkadot.gifts": ["14Fscq", "16UZJx"]}, indent="\t").encode()
    reordered = json.dumps({"polkadot.gifts": ["16UZJx", "14Fscq"], "3xpool.bid": ["155dDX"]}).encode()


class TestFortaMalicious(LabelFormatContract):
    format = KNOWN["forta"]
    file_name = "etherscan_malicious_labels.csv"
    sample = f"banned_address,wallet_tag,data_source\n{A},Fake_Phishing1,etherscan-heist-list\n{B},,etherscan-phish-hack-list\n".encode()
    reordered = f'banned_address,wallet_tag,data_source\n{B},"",etherscan-phish-hack-list\n{A},Fake_Phishing1,etherscan-heist-list\n'.encode()
    may_end_early = True


class TestFortaPhishing(LabelFormatContract):
    format = KNOWN["forta"]
    file_name = "phishing_scams.csv"
    sample = f"address,etherscan_tag,etherscan_labels,is_contract\n{A},x,phish-hack,False\n{B},y,phish-hack,True\n".encode()
    reordered = f"address,etherscan_tag,etherscan_labels,is_contract\n{B},y,phish-hack,True\n{A},x,phish-hack,False\n".encode()
    may_end_early = True


CONTRACTS = [one for one in globals().values() if isinstance(one, type) and issubclass(one, LabelFormatContract)][1:]


def test_every_format_is_tested_against_the_contract() -> None:
    assert {contract.format.name for contract in CONTRACTS} == set(KNOWN)


# ---- which format ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS)
def test_auto_recognises_a_file_as_its_format_alone(contract: type[LabelFormatContract], tmp_path: Path) -> None:
    path = tmp_path / contract.file_name
    path.write_bytes(contract.sample)
    assert choose(path).name == contract.format.name


def test_a_list_of_addresses_is_not_detected_as_sanctions_unless_its_name_says_so(tmp_path: Path) -> None:
    path = tmp_path / "my_customers.json"
    path.write_text(json.dumps([A]))
    with pytest.raises(BadInputError, match="give --format"):
        choose(path)
    assert choose(path, "ofac").load(path)["address"].tolist() == [A]


def test_a_users_own_table_with_a_comment_is_not_a_darklist(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"address": A, "comment": "x", "risk_level": "low"}]))
    assert choose(path).name == "json"


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
    with pytest.raises(UsageError, match="--map is for csv"):
        choose(path, "forta", own=True)


# ---- what the readers return ----------------------------------------------------------------------------------------


def read(tmp_path: Path, name: str, raw: str | bytes, format: str = "auto") -> list[dict[str, str]]:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_labels(path, format).to_dict("records")  # type: ignore[return-value]


def test_a_tag_inherits_the_header_and_abuse_takes_precedence_over_category(tmp_path: Path) -> None:
    one, two = read(tmp_path, "pack.yaml", PACK + TAG + OTHER_TAG)
    common = {"source": "tagpack: A pack"}
    assert one == common | {
        "address": A,
        "category": "mixing_service",
        "provenance": "authority_data",
        "network": "ethereum",
        "address_subtype": "One",
    }
    assert two == common | {
        "address": BTC,
        "category": "scam",
        "provenance": "web_crawl",
        "network": "bitcoin",
        "address_subtype": "Two",
    }


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


def test_an_alias_bomb_in_an_ignored_field_is_harmless(tmp_path: Path) -> None:
    assert read(tmp_path, "pack.yaml", BOMB + PACK + "- {address: x, label: *i}\n")[0]["address_subtype"] == ""


def test_an_etherscan_address_has_a_row_for_each_label(tmp_path: Path) -> None:
    rows = read(tmp_path, TestEtherscan.file_name, TestEtherscan.sample)
    assert [(row["address"], row["category"], row["address_subtype"]) for row in rows] == [
        (A, "dex", "Relay"),
        (A, "0x-protocol", "Relay"),
        (B, "binance", ""),
    ]


def test_a_sanctions_list_gets_its_network_from_its_currency(tmp_path: Path) -> None:
    networks = {
        name: read(tmp_path, f"sanctioned_addresses_{name}.txt", f"{A}\n")[0]["network"] for name in ("XBT", "ETC", "USDT", "NEW")
    }
    assert networks == {"XBT": "bitcoin", "ETC": "ethereum-classic", "USDT": "", "NEW": ""}


@pytest.mark.parametrize("text", [f"{A}\n<html>\n", "this is prose\n", f"{A} {B}\n", f"{A}\ncafé\n"])
def test_text_that_is_not_a_list_of_addresses_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInputError, match="is not one address"):
        read(tmp_path, "sanctioned_addresses_ETH.txt", text)


@pytest.mark.parametrize(
    ("format", "value"),
    [
        ("ofac", {"a": 1}), ("ofac", [[A]]), ("ofac", [None]), ("etherscan", [A]), ("etherscan", {A: {"labels": "dex"}}), ("etherscan", {A: [1]}),
        ("etherscan", {A: {"labels": [None]}}), ("mew", [{"address": A}]), ("mew", {}), ("mew", [1]), ("polkadot-js", {"a": "b"}), ("polkadot-js", [A]),
        ("polkadot-js", {"a": [{}]}), ("json", {"a": 1}), ("json", [1]), ("json", 7), ("mew", None),
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
    st.sampled_from(sorted(KNOWN)),
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["tags", "title", "address", "labels", "comment"]), inner, max_size=3), max_leaves=8).map(lambda value: json.dumps(value).encode()),
    st.sampled_from([".json", ".jsonl", ".txt", ".csv", ".yaml", ".parquet"]),
)  # fmt: skip
def test_any_file_is_read_as_text_or_refused_with_bad_input(
    tmp_path_factory: pytest.TempPathFactory, name: str, raw: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"file{suffix}"
    path.write_bytes(raw)
    try:
        frame = read_labels(path, name)
    except BadInputError as error:
        assert path.name in str(error)
    else:
        assert all(isinstance(value, str) for column in frame for value in frame[column])
