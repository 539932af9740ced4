"""Small files in the shapes of publishers' label lists, under the publishers' names, and in a user's own shapes."""

from __future__ import annotations

import hashlib
import io
import json

import base58
import pandas as pd

A = "0x00000000000000000000000000000000000000aa"
B = "0x00000000000000000000000000000000000000bb"
C = "0x00000000000000000000000000000000000000cc"
BTC = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def ss58(number: int, prefix: int = 0) -> str:
    """Return a valid SS58 address of a 32-byte account; prefix 0 is Polkadot, 2 Kusama, 42 generic."""
    body = bytes([prefix]) + number.to_bytes(32, "big")
    return base58.b58encode(body + hashlib.blake2b(b"SS58PRE" + body).digest()[:2]).decode()


DOT, KSM, OTHER_DOT = ss58(10**70), ss58(10**71, 2), ss58(10**72)
TAG = f"- address: '{A}'\n  label: One\n  currency: ETH\n"
OTHER_TAG = f"- label: Two\n  abuse: scam\n  confidence: web_crawl\n  address: {BTC}\n"
PACK = "title: A pack\ncreator: me\ncategory: mixing_service\nconfidence: authority_data\ncurrency: BTC\nlastmod: 2022-05-16\ntags:\n"
ENTRIES = {A: {"name": "Relay", "labels": ["dex", "0x-protocol"]}, B: {"name": "", "labels": ["binance"]}}
DARKLIST = [{"address": f"{A} ", "comment": "Fake", "date": "2018-11-06"}, {"address": B, "comment": "", "date": "7/22/17"}]
SITES = {"3xpool.bid": [DOT], "polkadot.gifts": [KSM, OTHER_DOT], "Hacker wallet": [DOT]}
OWN = pd.DataFrame({"address": [A, B], "risk_level": ["high", "low"], "label": ["mixer", 'an "exchange", maybe'], "source": "me"})


def packed(frame: pd.DataFrame) -> bytes:
    """Return a frame as a Parquet file."""
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


PUBLISHED: dict[tuple[str, str], bytes] = {
    ("ofac", "sanctioned_addresses_ETH.json"): json.dumps([A, B], indent=2).encode(),
    ("ofac", "sanctioned_addresses_ETH.txt"): f"{A}\n{B}\n".encode(),
    ("ofac", "sanctioned_addresses_USDT.txt"): f"{A}\nTBHTJqAy4DhHhmT3dNceJYNRz4SdLofLre\n".encode(),
    ("tagpack", "pack.yaml"): (PACK + TAG + OTHER_TAG).encode(),
    ("etherscan", "combinedAccountLabels.json"): json.dumps(ENTRIES).encode(),
    ("etherscan", "combinedAllLabels.json"): json.dumps({"": {"name": "", "labels": ["burn"]}} | ENTRIES).encode(),
    ("mew", "addresses-darklist.json"): json.dumps(DARKLIST).encode(),
    ("polkadot-js", "address.json"): json.dumps(SITES, indent="\t").encode(),
    ("forta", "etherscan_malicious_labels.csv"): (
        f"banned_address,wallet_tag,data_source\n{A},Fake_Phishing1,etherscan-heist-list\n{B},,etherscan-phish-hack-list\n"
    ).encode(),
    ("forta", "phishing_scams.csv"): (
        f"address,etherscan_tag,etherscan_labels,is_contract\n{A},x,phish-hack,False\n{B},y,phish-hack,True\n"
    ).encode(),
}
"""(Format, name of the publisher's file) → a complete file."""

_COLUMNS = OWN.to_dict("list")
OWN_FILES: dict[tuple[str, str], bytes] = {
    ("csv", "labels.csv"): OWN.to_csv(index=False).encode(),
    ("parquet", "labels.parquet"): packed(OWN),
    ("json", "records.json"): OWN.to_json(orient="records").encode(),
    ("json", "lines.jsonl"): OWN.to_json(orient="records", lines=True).encode(),
    ("json", "wrapped.json"): json.dumps({"data": OWN.to_dict("records")}).encode(),
    ("json", "columns.json"): json.dumps(_COLUMNS).encode(),
    ("json", "default.json"): OWN.to_json().encode(),
    ("json", "split.json"): OWN.to_json(orient="split").encode(),
    ("json", "table.json"): OWN.to_json(orient="table").encode(),
    ("json", "levels.json"): json.dumps({"low": [A], "high": [B, C]}).encode(),
    ("addresses", "addresses.json"): json.dumps([A, B]).encode(),
    ("addresses", "addresses.txt"): f"{A}\n{B}\n".encode(),
}
"""(Format, name) → a complete file of a user's own."""
