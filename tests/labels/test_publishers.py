"""Readers of the lists that came with the second set of publishers: the contract, their shapes, and the real files."""

from __future__ import annotations

import csv
import gzip
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trainer import addresses
from trainer.errors import BadInputError
from trainer.labels.formats import choose, formats, read_labels
from trainer.labels.formats.chains import EVM_CHAINS, OTHER_CHAINS, network_of_chain
from trainer.labels.formats.currencies import network_named
from trainer.labels.formats.yaml_text import LOADER
from trainer.labels.taxonomy import Taxonomy, read_taxonomy
from trainer.testing import LabelFormatContract

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
REAL = ROOT.parent / "shared" / "data" / "label_files_2026"
A = "0x00000000000000000000000000000000000000aa"
B = "0x00000000000000000000000000000000000000bb"
BTC = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
shared = [pytest.mark.shared, pytest.mark.skipif(not REAL.is_dir(), reason=f"the real lists are not at {REAL}")]
KNOWN = formats()
PUBLISHERS = ["cryptoscamdb", "curated-labels", "eth-labels", "forta", "network-flags", "oli", "opensanctions", "scamsniffer"]


def text_of(records: list[dict[str, Any]]) -> bytes:
    return pd.DataFrame(records).to_csv(index=False).encode()


def lines_of(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


# ---- the contract ---------------------------------------------------------------------------------------------------

OLI = [
    {"address": A, "chain_id": "eip155:8453", "contract_name": "Drainer", "owner_project": None, "usage_category": "cybercrime"},
    {"address": B, "chain_id": "eip155:10", "contract_name": None, "owner_project": "mirror", "usage_category": None},
]


class TestOliCsv(LabelFormatContract):
    format = KNOWN["oli"]
    file_name = "labels.csv"
    sample = text_of(OLI)
    reordered = text_of(OLI[::-1])
    may_end_early = True
    marks = (b"address", b"chain_id", b"usage_category", b"owner_project")


class TestOliJson(LabelFormatContract):
    format = KNOWN["oli"]
    file_name = "labels.json"
    sample = json.dumps(OLI, indent=4).encode()
    reordered = json.dumps(OLI[::-1]).encode()
    marks = (b"address", b"chain_id", b"usage_category", b"owner_project")


class TestEthLabelsAccounts(LabelFormatContract):
    format = KNOWN["eth-labels"]
    file_name = "accounts.csv"
    sample = f'address,chainId,label,nameTag\n"{A}",1,"phish-hack","Fake_Phishing1"\n"{B}",56,"binance","Binance: Wallet, 2"\n'.encode()
    reordered = f'address,chainId,label,nameTag\n"{B}",56,"binance","Binance: Wallet, 2"\n"{A}",1,"phish-hack","Fake_Phishing1"\n'.encode()
    may_end_early = True
    marks = (b"address", b"chainId", b"label", b"nameTag")


class TestEthLabelsTokens(LabelFormatContract):
    format = KNOWN["eth-labels"]
    file_name = "tokens.csv"
    sample = (
        f'address,chainId,label,name,symbol,website,image\n"{A}",1,"dex","A","A","",""\n"{B}",1,"dex","B","B","",""\n'.encode()
    )
    reordered = (
        f'address,chainId,label,name,symbol,website,image\n"{B}",1,"dex","B","B","",""\n"{A}",1,"dex","A","A","",""\n'.encode()
    )
    may_end_early = True
    marks = (b"address", b"chainId", b"label", b"symbol", b"image")


class InAFolder(LabelFormatContract):
    """The contract for a format that is recognised by the folder of its file, too."""

    format = KNOWN["scamsniffer"]

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        (tmp_path / self.file_name).parent.mkdir(parents=True)


class TestScamSnifferCombined(InAFolder):
    file_name = "blacklist/combined.json"
    sample = json.dumps({"a.example": [A], "b.example": [B, A]}, indent=2).encode()
    reordered = json.dumps({"b.example": [A, B], "a.example": [A]}).encode()


class TestScamSnifferArchive(InAFolder):
    file_name = "blacklist/archive/2022-09-07.json"
    sample = json.dumps({"domains": ["a.example"], "address": [A, B]}, indent=2).encode()
    reordered = json.dumps({"address": [B, A], "domains": []}).encode()
    marks = (b"domains", b"address")


ENTRY = f"- name: a.example\n  url: http://a.example\n  category: Phishing\n  subcategory: MyEtherWallet\n  addresses:\n    ETH:\n    - '{A}'\n    BTC: [{BTC}]\n  reporter: CryptoScamDB\n"
OTHER_ENTRY = f"- name: b.example\n  url: http://b.example\n  category: Scamming\n  description: |-\n    two\n    lines\n  addresses:\n    ETH:\n    - '{B}'\n  reporter: me\n"


class TestCryptoScamDB(LabelFormatContract):
    format = KNOWN["cryptoscamdb"]
    file_name = "urls.yaml"
    sample = f"---\n{ENTRY}{OTHER_ENTRY}".encode()
    reordered = f"---\n{OTHER_ENTRY}{ENTRY}".encode()
    may_end_early = True
    marks = (b"name", b"url", b"category", b"reporter")


CONTRACTS_HEADER = "contract_address,contract_tag,contract_creator,contract_creation_tx,contract_creator_tag,source,notes,contract_creator_etherscan_label\n"


class TestFortaContracts(LabelFormatContract):
    format = KNOWN["forta"]
    file_name = "malicious_smart_contracts.csv"
    sample = (
        f"{CONTRACTS_HEADER}{A},X Exploiter: Contract,{B},0x1,X Exploiter,tags,,exploit\n{B},,{A},0x2,,github,X Hack,\n".encode()
    )
    reordered = (
        f"{CONTRACTS_HEADER}{B},,{A},0x2,,github,X Hack,\n{A},X Exploiter: Contract,{B},0x1,X Exploiter,tags,,exploit\n".encode()
    )
    may_end_early = True
    marks = (b"contract_address", b"contract_creation_tx", b"notes", b"contract_creator_etherscan_label")


def wallet(**fields: Any) -> dict[str, Any]:
    """Return an entity as OpenSanctions writes it; properties are given as such."""
    given = {name: fields.pop(name) for name in ("datasets", "first_seen", "schema", "id", "caption") if name in fields}
    common = {"id": "w", "caption": A, "schema": "CryptoWallet", "referents": [], "datasets": ["us_ofac_sdn"], "target": True}
    seen = {"first_seen": "2023-04-20T10:20:30", "last_seen": "2025-11-20T06:00:00", "last_change": "2024-01-01T00:00:00"}
    return {**common, **seen, **given, "properties": {"publicKey": [A], **fields}}


ENTITIES = [
    wallet(currency=["ETH"], topics=["sanction", "crime.theft"], holder=["NK-1"], datasets=["us_ofac_sdn", "ransomwhere"]),
    wallet(id="NK-1", caption="Lazarus Group", schema="Organization", topics=["sanction"]),
    wallet(publicKey=[BTC, "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"], currency=["XBT"], first_seen=None),
]


class TestOpenSanctions(LabelFormatContract):
    format = KNOWN["opensanctions"]
    file_name = "entities.ftm.json"
    sample = lines_of(ENTITIES[::2])
    reordered = lines_of(ENTITIES[::-2])
    may_end_early = True
    marks = (b'"id"', b"schema", b"properties", b"datasets")


class TestOpenSanctionsLines(TestOpenSanctions):
    file_name = "wallets.ndjson"


DECISIONS = [
    {"address": A, "network": "torus", "label": "mule", "case_id": "c1", "decision_id": "d1", "doc_ref": "r", "decided_at_timestamp": 1_735_689_600_000, "reviewer": "ann"},
    {"address": B, "network": "base", "label": "scam_seed", "case_id": "", "decision_id": "d2", "doc_ref": "", "decided_at_timestamp": 1_735_775_999_999, "reviewer": "bob"},
]  # fmt: skip


def document(rows: list[dict[str, Any]], **fields: Any) -> bytes:
    common = {"schema": "chain-insights.curated-labels.v1", "generated_at_timestamp": 1_740_000_000_000, "rows": rows}
    return json.dumps(common | fields).encode()


class TestCuratedCsv(LabelFormatContract):
    format = KNOWN["curated-labels"]
    file_name = "curated.csv"
    sample = text_of(DECISIONS)
    reordered = text_of(DECISIONS[::-1])
    may_end_early = True
    marks = (b"address", b"label", b"decision_id", b"reviewer")


class TestCuratedJson(LabelFormatContract):
    format = KNOWN["curated-labels"]
    file_name = "curated.json"
    sample = document(DECISIONS)
    reordered = document(DECISIONS[::-1])
    marks = (b"schema", b"chain-insights.curated-labels.v1")


class TestNetworkFlags(LabelFormatContract):
    format = KNOWN["network-flags"]
    file_name = "flags.csv.gz"
    sample = gzip.compress(f"ethereum,{A},Fraud\nBitcoin,{BTC},Sanctioned\n".encode())
    reordered = gzip.compress(f"Bitcoin,{BTC},Sanctioned\r\nethereum,{A},Fraud".encode())


CONTRACTS = [
    one
    for one in globals().values()
    if isinstance(one, type) and issubclass(one, LabelFormatContract) and one not in {LabelFormatContract, InAFolder}
]


def test_every_format_of_these_publishers_is_tested_against_the_contract() -> None:
    assert {contract.format.name for contract in CONTRACTS} == set(PUBLISHERS)


# ---- which format ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS)
def test_of_these_publishers_only_one_recognises_a_file(contract: type[LabelFormatContract], tmp_path: Path) -> None:
    path = tmp_path / contract.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contract.sample)
    assert choose(path).name == contract.format.name
    recognising = [name for name in PUBLISHERS if KNOWN[name].recognises(path, contract.sample)]
    assert recognising == [contract.format.name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("address.json", json.dumps([A])),
        ("blacklist/address.json", json.dumps([A])),
        ("combined.json", json.dumps({"a.example": [A]})),
        ("blacklist/combined.json", json.dumps({"low": [A], "high": [B]})),
        ("blacklist/combined.json", json.dumps({"a.example": ["155dDX"]})),
        ("blacklist/combined.json", '{"a.example": {}}'),
        ("scam_archive.json", json.dumps({"domains": ["a.example"], "address": [A]})),
        ("archive/2022-09-07.json", json.dumps({"address": [A], "label": ["x"]})),
        ("sites.yaml", "---\n- name: a\n  url: b\n  category: trusted\n"),
        ("tags.csv", f"address,chain_id,usage_category,risk_level\n{A},eip155:1,dex,low\n"),
        ("tags.csv", f"address,chain_id,usage_category\n{A},1,dex\n"),
        ("tags.csv", f"address,chain_id,usage_category\n{A},eip155:1,dex\n"),
        ("tags.csv", f"address,chain_id,usage_category,owner_project,is_safe\n{A},eip155:1,dex,x,yes\n"),
        ("tags.csv", f"address,chainId,label,nameTag,risk_level\n{A},1,dex,x,low\n"),
        ("tags.csv", f"address,chainId,label,nameTag\n{A},ethereum,dex,x\n"),
        ("wallets.jsonl", '{"address": "x", "risk_level": "low"}\n'),
        ("wallets.jsonl", '{"id": "x", "schema": "CryptoWallet", "properties": {}}\n'),
        ("labels.json", '{"schema": "my.labels", "rows": []}'),
        ("labels.csv", "address,network,label,case_id,decision_id,doc_ref,decided_at_timestamp\n"),
    ],
)
def test_what_only_looks_like_a_publishers_list_is_not_recognised(name: str, text: str) -> None:
    assert [one for one in PUBLISHERS if KNOWN[one].recognises(Path("/lists") / name, text.encode())] == []


@pytest.mark.parametrize("text", [f"network,address,flag\nethereum,{A},Fraud\n", f"ethereum,{A},Safe\n", "", f"{A},Fraud\n"])
def test_only_lines_that_all_end_in_a_flag_are_network_flags(text: str) -> None:
    assert not KNOWN["network-flags"].recognises(Path("x.csv.gz"), gzip.compress(text.encode()))


def test_a_large_file_is_recognised_by_its_beginning(tmp_path: Path) -> None:
    sites = json.dumps({f"site{number}.example": [f"0x{number:040x}"] for number in range(5000)}).encode()
    for size in range(60_000, 60_200):
        assert KNOWN["scamsniffer"].recognises(tmp_path / "blacklist" / "combined.json", sites[:size])
    flags = gzip.compress("".join(f"ethereum,0x{number * 7919:040x},Fraud\n" for number in range(50_000)).encode())
    assert KNOWN["network-flags"].recognises(tmp_path / "x.csv.gz", flags[:65_536])


# ---- what the readers return ----------------------------------------------------------------------------------------


def read(tmp_path: Path, name: str, raw: str | bytes, format: str) -> list[dict[str, str]]:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_labels(path, format).to_dict("records")  # type: ignore[return-value]


def test_chains_have_the_names_of_networks() -> None:
    assert [network_of_chain(chain) for chain in ("eip155:8453", "1", " EIP155:56 ", "81457", "eip155:99999")] == [
        "base", "ethereum", "bsc", "blast", "eip155-99999",
    ]  # fmt: skip
    assert [network_of_chain(chain) for chain in ("", "eip155:any", "starknet:SN_MAIN", "Base")] == [
        "",
        "",
        "starknet-sn_main",
        "base",
    ]
    assert network_of_chain("solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp") == "solana"
    assert {addresses.form_of(network) for network in EVM_CHAINS.values()} == {addresses.EVM}
    assert network_of_chain("polkadot:91b171bb158e2d3848fa23a9f1c25182") in OTHER_CHAINS.values()


@given(st.integers(min_value=0, max_value=2**63))
def test_every_chain_id_gives_the_name_of_a_network(chain: int) -> None:
    network = network_of_chain(f"eip155:{chain}")
    assert network == network_of_chain(str(chain)) and addresses.network_problem(network) is None


def test_networks_are_named_by_symbol_or_name() -> None:
    assert [network_named(text) for text in ("XBT", "bitcoin", "Ethereum Classic", "TRON", "USDT", "", "Nowhere")] == [
        "bitcoin", "bitcoin", "ethereum-classic", "tron", "", "", "",
    ]  # fmt: skip


def test_a_use_of_a_contract_keeps_its_chain_and_name(tmp_path: Path) -> None:
    for name, raw in (("x.csv", text_of(OLI)), ("x.json", json.dumps(OLI))):
        assert read(tmp_path, name, raw, "oli") == [
            {"address": A, "category": "cybercrime", "network": "base", "address_subtype": "Drainer"},
            {"address": B, "category": "", "network": "optimism", "address_subtype": "mirror"},
        ]


def test_eth_labels_are_etherscans_on_the_chain_of_each_row(tmp_path: Path) -> None:
    rows = read(tmp_path, "accounts.csv", TestEthLabelsAccounts.sample, "auto")
    assert [(row["category"], row["network"], row["address_subtype"]) for row in rows] == [
        ("phish-hack", "ethereum", "Fake_Phishing1"),
        ("binance", "bsc", "Binance: Wallet, 2"),
    ]
    assert {row["source"] for row in rows} == {"eth-labels"} and KNOWN["eth-labels"].publisher == "etherscan"


def test_eth_labels_writes_its_values_as_json_and_a_saved_copy_is_plain_csv(tmp_path: Path) -> None:
    header = "address,chainId,label,name,symbol,website,image\n"
    for line in (f'"{A}",1,"art","\\"Hope\\" by, N","H","",null\n', f'{A},1,art,"""Hope"" by, N",H,,\n'):
        row = read(tmp_path, "tokens.csv", header + line, "auto")[0]
        assert (row["address"], row["category"], row["address_subtype"]) == (A, "art", '"Hope" by, N')
    with pytest.raises(BadInputError, match="line 2"):
        read(tmp_path, "tokens.csv", header + f'"{A}",1,"art","\\"Hope\\" by, N"\n', "eth-labels")


def test_scamsniffers_addresses_are_read_in_each_of_its_shapes(tmp_path: Path) -> None:
    row = {"address": A, "category": "phishing", "network": "ethereum", "address_subtype": ""}
    site = row | {"address": B, "address_subtype": "b.example"}
    assert read(tmp_path, "address.json", json.dumps([A]), "scamsniffer") == [row]
    assert read(tmp_path, "combined.json", json.dumps({"b.example": [B]}), "scamsniffer") == [site]
    everything = {"domains": ["a.example"], "address": [A], "combined": {"b.example": [B]}}
    assert read(tmp_path, "all.json", json.dumps(everything), "scamsniffer") == [row, site]
    with pytest.raises(BadInputError, match="only addresses can be labelled"):
        read(tmp_path, "2022-07-12.json", json.dumps({"domains": ["a.example"], "combined": {}}), "scamsniffer")
    for groups in ({"low": [A], "high": [B]}, {"a.example": [A], "whitelist": [B]}, {"address": [A], "label": ["x"]}):
        with pytest.raises(BadInputError, match="is not the name of a site"):
            read(tmp_path, "combined.json", json.dumps(groups), "scamsniffer")


def test_an_entry_of_cryptoscamdb_has_a_row_for_each_address_under_any_currency(tmp_path: Path) -> None:
    rows = read(tmp_path, "urls.yaml", TestCryptoScamDB.sample, "auto")
    assert [(row["address"], row["category"], row["network"], row["address_subtype"]) for row in rows] == [
        (A, "Phishing", "ethereum", "a.example (MyEtherWallet)"),
        (BTC, "Phishing", "bitcoin", "a.example (MyEtherWallet)"),
        (B, "Scamming", "ethereum", "b.example"),
    ]


@pytest.mark.parametrize(
    ("written", "networks"),
    [
        (f"'{A}'", [""]), (f"['{A}', {BTC}]", ["", ""]), (f"{{ETH: '{A}'}}", ["ethereum"]), ("{ETH: [], BTC: ''}", []), ("", []), ("[]", []),
        ("{BNB: [bnb160943aa8wjfwzq52snqe3dpzq3mgcxlfjm2d7y]}", ["binance-chain"]), (f"{{BNB: ['{A}'], UNKNOWN: ['{B}']}}", ["bsc", ""]),
    ],
)  # fmt: skip
def test_addresses_of_other_shapes_are_read(tmp_path: Path, written: str, networks: list[str]) -> None:
    text = f"---\n- {{name: a, url: b, category: Scamming}}\n- name: a\n  url: b\n  category: Scamming\n  addresses: {written}\n{ENTRY}"
    rows = read(tmp_path, "urls.yaml", text, "cryptoscamdb")
    assert [row["network"] for row in rows] == [*networks, "ethereum", "bitcoin"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{ETH: {a: b}}", r"entry 2 \('odd'\) has an address that is not text"),
        ("[{ETH: [x]}]", r"entry 2 \('odd'\) has an address that is not text"),
        ("{ETH: [[x]]}", r"entry 2 \('odd'\) has an address that is not text"),
        ("{ETH: &a [x, *a]}", "is not YAML"),
    ],
)
def test_what_is_no_address_is_named(tmp_path: Path, written: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(tmp_path, "urls.yaml", f"---\n{ENTRY}- {{name: odd, url: b, category: c, addresses: {written}}}\n", "cryptoscamdb")


def test_addresses_repeated_by_aliases_are_refused(tmp_path: Path) -> None:
    bomb = f"---\n- {{name: a, url: b, category: c, addresses: &a [{', '.join(['x'] * 1000)}]}}\n"
    bomb += "- {name: a, url: b, category: c, addresses: *a}\n" * 1000
    with pytest.raises(BadInputError, match="repeats addresses by aliases"):
        read(tmp_path, "urls.yaml", bomb, "cryptoscamdb")


@pytest.mark.parametrize(
    "text",
    ["name: a\n", "- a\n", "- name: a\n  url: b\n", "- {name: [a], url: b, category: c}\n", "[" * 100_000 + "\n", "a: &a [*a]\n"],
)
def test_yaml_that_is_not_a_list_of_scams_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInputError, match=r"urls\.yaml"):
        read(tmp_path, "urls.yaml", text, "cryptoscamdb")


def test_a_malicious_contract_and_its_creator_are_two_rows(tmp_path: Path) -> None:
    rows = read(tmp_path, "x.csv", TestFortaContracts.sample, "forta")
    assert [(row["address"], row["category"], row["address_subtype"], row["provenance"]) for row in rows] == [
        (A, "malicious smart contract", "X Exploiter: Contract", "tags"),
        (B, "exploit", "X Exploiter", "tags"),
        (B, "malicious smart contract", "X Hack", "github"),
        (A, "creator of a malicious smart contract", "X Hack", "github"),
    ]
    assert {row["network"] for row in rows} == {"ethereum"}


def test_a_wallet_has_a_row_for_each_topic_and_dataset(tmp_path: Path) -> None:
    rows = read(tmp_path, "entities.ftm.json", lines_of(ENTITIES), "auto")
    assert {(row["category"], row["source"]) for row in rows[:4]} == {
        (topic, f"opensanctions: {dataset}")
        for topic in ("sanction", "crime.theft")
        for dataset in ("us_ofac_sdn", "ransomwhere")
    }
    assert {(row["address"], row["network"], row["address_subtype"], row["valid_from"]) for row in rows[:4]} == {
        (A, "ethereum", "Lazarus Group", "2023-04-20")
    }
    assert [(row["address"], row["category"], row["network"], row["valid_from"]) for row in rows[4:]] == [
        (BTC, "", "bitcoin", ""), ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "", "bitcoin", ""),
    ]  # fmt: skip


def test_a_wallet_of_several_coins_is_on_each_of_their_networks(tmp_path: Path) -> None:
    def networks(*currencies: str) -> list[str]:
        rows = read(tmp_path, "x.jsonl", lines_of([wallet(currency=list(currencies))]), "opensanctions")
        return [row["network"] for row in rows]

    assert networks("ETH", "Ethereum", "USDT") == ["ethereum"] and networks("USDT") == networks() == [""]
    assert networks("BSC", "ETH") == ["bsc", "ethereum"]


def test_a_holder_may_be_nested_and_a_family_is_a_name(tmp_path: Path) -> None:
    nested = wallet(holder=[{"id": "x", "caption": "Suex", "properties": {}}, "unknown"], alias=["Conti"])
    assert read(tmp_path, "x.jsonl", lines_of([nested]), "opensanctions")[0]["address_subtype"] == "Suex; Conti"


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([ENTITIES[1]], "no entity of the schema CryptoWallet .1 Organization"),
        ([wallet(topics="sanction")], "line 1: topics is not a list"),
        ([ENTITIES[0], wallet(publicKey=[{}])], "line 2: publicKey has a value that is not text"),
        ([wallet(first_seen="yesterday")], "line 1: first_seen is not a date"),
        ([wallet(first_seen=["2023-04-20"])], "line 1: first_seen is not a date"),
        ([{"schema": "CryptoWallet"}], "line 1 is not an entity"),
        ([7], "line 1 is not an entity"),
    ],
)  # fmt: skip
def test_entities_of_another_shape_are_refused(tmp_path: Path, entities: list[Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(tmp_path, "x.jsonl", lines_of(entities), "opensanctions")


def test_a_decision_is_valid_from_its_day_and_counts_once(tmp_path: Path) -> None:
    expected = [
        {
            "address": A,
            "category": "mule",
            "provenance": "ann",
            "network": "torus",
            "address_subtype": "d1",
            "valid_from": "2025-01-01",
        },
        {
            "address": B,
            "category": "scam_seed",
            "provenance": "bob",
            "network": "base",
            "address_subtype": "d2",
            "valid_from": "2025-01-01",
        },
    ]
    repeated = [*DECISIONS, DECISIONS[0] | {"doc_ref": "another"}]
    assert read(tmp_path, "x.csv", text_of(repeated), "auto") == expected
    assert read(tmp_path, "x.json", document(repeated), "auto") == expected


def test_a_decision_without_a_time_is_as_old_as_its_document(tmp_path: Path) -> None:
    row = DECISIONS[0] | {"decided_at_timestamp": None}
    assert read(tmp_path, "x.json", document([row]), "auto")[0]["valid_from"] == "2025-02-19"
    assert read(tmp_path, "x.csv", text_of([row]), "auto")[0]["valid_from"] == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reviewer": " "}, "rows without a reviewer are no labels: 2"),
        ({"label": ""}, "row 2 has no label"),
        ({"decided_at_timestamp": 1_735_689_600}, "row 2: decided_at_timestamp '1735689600' is not a time in milliseconds"),
        ({"decided_at_timestamp": 1_735_689_600_000_000}, "is not a time in milliseconds"),
        ({"decided_at_timestamp": "2025-01-01"}, "is not a time in milliseconds"),
        ({"decision_id": "d1"}, "row 2 contradicts an earlier row with the decision 'd1'"),
    ],
)
def test_a_row_that_is_no_decision_is_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    rows = [DECISIONS[0], DECISIONS[1] | change]
    for name, raw in (("x.csv", text_of(rows)), ("x.json", document(rows))):
        with pytest.raises(BadInputError, match=message):
            read(tmp_path, name, raw, "curated-labels")


@pytest.mark.parametrize("schema", ["chain-insights.detection-findings.v1", "chain-insights.detection-findings.v2"])
def test_findings_nobody_reviewed_are_no_labels(tmp_path: Path, schema: str) -> None:
    with pytest.raises(BadInputError, match="which nobody has reviewed"):
        read(tmp_path, "x.json", document(DECISIONS, schema=schema), "auto")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"schema": "chain-insights.curated-labels.v2"}, "its schema is 'chain-insights.curated-labels.v2'"),
        ({"schema": None}, "its schema is ''"),
        ({"rows": {}}, "its rows are not a list"),
        ({"rows": [1]}, "its rows are not a list"),
    ],
)
def test_another_document_is_not_curated_labels(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(tmp_path, "x.json", json.dumps(json.loads(document([])) | fields), "curated-labels")


def test_flags_keep_the_network_of_each_line(tmp_path: Path) -> None:
    raw = gzip.compress(f"ETH,{A},Fraud\n\nSomechain,{B},sanctioned\n bitcoin ,{BTC},New Flag\n".encode())
    assert [tuple(row.values()) for row in read(tmp_path, "x.csv.gz", raw, "network-flags")] == [
        (A, "Fraud", "ethereum"),
        (B, "sanctioned", "somechain"),
        (BTC, "New Flag", "bitcoin"),
    ]


def test_a_compressed_bomb_is_refused(tmp_path: Path) -> None:
    line = f"ethereum,{A},Fraud\n".encode()
    bomb = gzip.compress(line * (65 * 1024 * 1024 // len(line)))
    assert len(bomb) < 1_000_000 and KNOWN["network-flags"].recognises(Path("x.csv.gz"), bomb[:65_536])
    with pytest.raises(BadInputError, match=r"x\.csv\.gz unpacks to more than 64 MiB"):
        read(tmp_path, "x.csv.gz", bomb, "network-flags")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (f"ethereum,{A},Fraud\n".encode(), "is not a compressed list"),
        (gzip.compress(f"ethereum,{A},Fraud\nethereum,{A}\n".encode()), "line 2 has 2 fields"),
        (gzip.compress(b'ethereum,"x'), "line 1, is not CSV"),
        (gzip.compress(b"ethereum,\xff,Fraud\n"), "is not a compressed list"),
        (gzip.compress(b"ethereum,\x00,Fraud\n"), "is binary"),
        (gzip.compress(f"ethereum,{A},Fraud\n".encode()) + b"more", "is not a compressed list"),
    ],
    ids=["plain", "fields", "quote", "bytes", "binary", "tail"],  # gzip writes the time: ids must not differ between two workers
)
def test_damaged_flags_are_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read(tmp_path, "x.csv.gz", raw, "network-flags")


# ---- damaged files --------------------------------------------------------------------------------------------------


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Draw (format, file name, bytes): a sample with pieces of it removed, repeated or overwritten."""
    contract = draw(st.sampled_from(CONTRACTS))
    raw = contract.sample
    is_packed = contract.file_name.endswith(".gz")
    raw = gzip.decompress(raw) if is_packed and draw(st.booleans()) else raw
    unpacked = is_packed and raw != contract.sample
    for _ in range(draw(st.integers(1, 4))):
        start, size = draw(st.integers(0, len(raw))), draw(st.integers(0, 12))
        raw = (
            raw[:start]
            + draw(st.sampled_from([b"", b",", b'"', b"[", b"}", b"\n", b"null", b"7", b"\xff", raw[start : start + 30]]))
            + raw[start + size :]
        )
    return contract.format.name, Path(contract.file_name).name, gzip.compress(raw) if unpacked else raw


@given(damaged())
def test_a_damaged_file_is_read_as_text_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[str, str, bytes]
) -> None:
    chosen, name, raw = file
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(raw)
    assert KNOWN[chosen].recognises(path, raw) in {True, False}
    try:
        frame = read_labels(path, chosen)
    except BadInputError as error:
        assert name in str(error)
    else:
        assert all(isinstance(value, str) for column in frame for value in frame[column])


@pytest.mark.parametrize("format", PUBLISHERS)
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a": ' * 100_000, "NaN", "7", '{"a": ["x"], "a": ["y"]}', "[1" + "0" * 5000, '[{"address": [1]}]']
)
def test_hostile_json_is_refused(tmp_path: Path, format: str, text: str) -> None:
    with pytest.raises(BadInputError, match=r"x\.json"):
        read(tmp_path, "x.json", f"{text}\n", format)


# ---- the taxonomy and the real lists --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return read_taxonomy(SEEDS)


LEVELS = [
    ("oli", "cybercrime", "high"), ("oli", "cex", "low"), ("oli", "dex", ""), ("oli", "privacy", "medium"), ("etherscan", "phish-hack", "high"),
    ("etherscan", "heist", "critical"), ("etherscan", "compromised", ""), ("scamsniffer", "phishing", "high"), ("cryptoscamdb", "Scamming", "high"),
    ("forta", "malicious smart contract", "high"), ("forta", "exploit", "critical"), ("opensanctions", "sanction", "critical"),
    ("opensanctions", "crime.fraud", "high"), ("opensanctions", "role.pep", ""), ("opensanctions", "poi", "medium"), ("curated-labels", "mule", "high"),
    ("curated-labels", "exchange_terminal", "low"), ("curated-labels", "deposit_endpoint", ""), ("network-flags", "Fraud", "high"),
    ("network-flags", "Sanctioned", "critical"),
]  # fmt: skip


@pytest.mark.parametrize(("publisher", "category", "level"), LEVELS)
def test_the_level_of_a_category(taxonomy: Taxonomy, publisher: str, category: str, level: str) -> None:
    meaning = taxonomy.meaning(publisher, category)
    assert taxonomy.is_listed(publisher, category) and (meaning.risk_level if meaning else "") == level


def test_the_name_of_a_source_is_described() -> None:
    described = pd.read_csv(SEEDS / "label_sources.csv").set_index("source")["lineage"]
    assert described[["eth-labels", "opensanctions: us_ofac_sdn"]].tolist() == ["etherscan", "ofac"]
    assert {KNOWN[name].publisher for name in PUBLISHERS} <= set(described.index)


class TestRealLists:
    """Counts on the publishers' real files, made again by other means."""

    pytestmark = shared

    @pytest.mark.parametrize(
        ("file", "format", "rows", "distinct", "networks"),
        [
            ("oli/example-labels.csv", "oli", 2, 2, {"optimism", "arbitrum"}),
            ("oli/base_top_100_contracts_by_txcount_2024_07_24.json", "oli", 100, 100, {"base"}),
            ("eth-labels/tokens_first_3000_lines.csv", "eth-labels", 2999, 1753, {"ethereum"}),
            ("forta/malicious_smart_contracts.csv", "forta", 2 * 753, 1273, {"ethereum"}),
        ],
    )
    def test_lists(self, file: str, format: str, rows: int, distinct: int, networks: set[str]) -> None:
        chosen = choose(REAL / file)
        frame = chosen.load(REAL / file)
        assert (chosen.name, len(frame)) == (format, rows) and set(frame["network"]) == networks
        assert all(addresses.problem(one, "ethereum") is None for one in frame["address"])
        assert frame["address"].map(addresses.canonical).nunique() == distinct

    def test_a_bare_list_of_scamsniffer_is_read_if_it_is_named(self) -> None:
        path = REAL / "scamsniffer" / "address.json"
        assert [name for name in PUBLISHERS if KNOWN[name].recognises(path, path.read_bytes())] == []
        found = set(re.findall(r"0x[0-9a-fA-F]{40}", path.read_text()))
        assert set(read_labels(path, "scamsniffer")["address"]) == found and len(found) == 2530

    def test_every_address_of_cryptoscamdb_is_read_quickly(self) -> None:
        path = REAL / "cryptoscamdb" / "urls.yaml"
        start = time.process_time()
        yaml.load(path.read_text(), Loader=LOADER)
        floor = time.process_time() - start
        frame = choose(path).load(path)
        assert time.process_time() - start < 4 * floor  # parsed twice (nesting first), and a little for the rest
        entries = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)  # another loader: unquoted hexadecimal is a number there
        listed = [(entry["name"], item) for entry in entries for item in _scalars(entry.get("addresses"))]
        assert len(frame) == len(listed) == 5841
        assert [row["address"] for row in frame.to_dict("records")] == [item.strip() for _, item in listed]
        assert all(subtype.startswith(name) for subtype, (name, _) in zip(frame["address_subtype"], listed, strict=True))
        assert (frame["network"] == "").sum() == 9  # currencies UNKNOWN and USDT

    @pytest.mark.parametrize(
        "pattern", ["oli/*labels.csv", "oli/*.json", "eth-labels/*.csv", "forta/*.csv", "cryptoscamdb/*.yaml"]
    )
    def test_every_category_is_mapped_or_deliberately_not(self, taxonomy: Taxonomy, pattern: str) -> None:
        for path in REAL.glob(pattern):
            chosen = choose(path)
            categories = set(chosen.load(path)["category"]) - {""}
            assert [name for name in categories if not taxonomy.is_listed(chosen.publisher, name)] == [], path

    def test_every_label_of_bscscan_and_every_use_of_oli_is_in_the_taxonomy(self, taxonomy: Taxonomy) -> None:
        entries = json.loads((REAL / "bscscan" / "combinedAllLabels.json").read_text())
        labels = {label for entry in entries.values() for label in entry["labels"]}
        uses = re.findall(r"category_id: (\w+)", (REAL / "oli" / "usage_category.yml").read_text())
        assert len(labels) == 181 and [label for label in labels if not taxonomy.is_listed("etherscan", label)] == []
        assert len(uses) > 30 and [use for use in uses if not taxonomy.is_listed("oli", use)] == []

    def test_every_row_of_forta_is_represented(self) -> None:
        path = REAL / "forta" / "malicious_smart_contracts.csv"
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        pairs = {(row["address"], row["category"]) for row in read_labels(path).to_dict("records")}
        for row in rows:
            assert (row["contract_address"], "malicious smart contract") in pairs
            label = row["contract_creator_etherscan_label"] or "creator of a malicious smart contract"
            assert (row["contract_creator"], label) in pairs


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _scalars(inner)
    elif value is not None:
        yield str(value)
