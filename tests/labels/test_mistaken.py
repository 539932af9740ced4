"""No list is taken for a publisher's that is not: mutated files, judged by an oracle of its own, and known confusions."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.label_lists import BTC, DOT, KSM, OWN_FILES, PUBLISHED, A, B, C
from trainer.errors import BadInputError
from trainer.labels.formats import choose, detect, formats, read_labels

CASES = 2000
KNOWN = formats()


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look the entry points up once."""
    monkeypatch.setattr(detect, "formats", lambda: KNOWN)


# ---- the oracle: exactly the publisher's name, keys and kind of address ---------------------------------------------

EVM = re.compile("0x[0-9a-fA-F]{40}")
OFAC_NAME = re.compile(
    r"sanctioned_addresses_(ARB|BCH|BSC|BSV|BTG|DASH|ETC|ETH|LTC|TRX|USDC|USDT|XBT|XMR|XRP|XVG|ZEC)\.(txt|json)"
)
HEADERS = {
    "etherscan_malicious_labels.csv": ["banned_address", "wallet_tag", "data_source"],
    "phishing_scams.csv": ["address", "etherscan_tag", "etherscan_labels", "is_contract"],
}


def has_evm(values: Any) -> bool:
    return any(EVM.fullmatch(str(value).strip()) for value in values)


def is_ofacs(name: str, text: str) -> bool:
    if not OFAC_NAME.fullmatch(name):
        return False
    listed = json.loads(text) if name.endswith(".json") else text.split("\n")
    return isinstance(listed, list) and all(re.fullmatch("[0-9A-Za-z:]{20,128}", one.strip()) for one in listed if one.strip())


def is_etherscans(name: str, text: str) -> bool:
    content = json.loads(text) if name in {"combinedAccountLabels.json", "combinedAllLabels.json"} else None
    return isinstance(content, dict) and has_evm(content) and all(set(one) == {"name", "labels"} for one in content.values())


def is_mews(name: str, text: str) -> bool:
    rows = json.loads(text) if name == "addresses-darklist.json" else None
    is_list = isinstance(rows, list) and all(set(row) == {"address", "comment", "date"} for row in rows)
    return is_list and has_evm(row["address"] for row in rows)


def is_polkadot_js(name: str, text: str) -> bool:
    sites = json.loads(text) if name == "address.json" else None
    if not isinstance(sites, dict) or not any("." in site for site in sites):
        return False
    groups = "low|medium|high|critical|whitelist|blacklist|lightlist|exchange|binance|kraken"
    listed = [one for values in sites.values() for one in values]
    return bool(listed) and set(listed) <= {DOT, KSM, *SS58} and not any(re.match(groups, site.lower()) for site in sites)


def is_fortas(name: str, text: str) -> bool:
    rows = list(csv.reader(io.StringIO(text))) if name in HEADERS else []
    return bool(rows) and rows[0] == HEADERS[name] and has_evm(row[0] for row in rows[1:])


def is_tagpack(name: str, text: str) -> bool:
    pack = yaml.load(text, yaml.BaseLoader) if name.lower().endswith((".yaml", ".yml")) else None
    return isinstance(pack, dict) and {"title", "creator", "tags"} <= set(pack) and any("address" in tag for tag in pack["tags"])


SS58 = {one for sites in [json.loads(PUBLISHED["polkadot-js", "address.json"])] for listed in sites.values() for one in listed}
ORACLE: dict[str, Callable[[str, str], bool]] = {
    "ofac": is_ofacs, "etherscan": is_etherscans, "mew": is_mews, "polkadot-js": is_polkadot_js, "forta": is_fortas, "tagpack": is_tagpack,
}  # fmt: skip


def publisher_of(path: Path) -> str:
    """Return the one publisher whose file this is by the oracle; '' if it is nobody's."""
    for publisher, is_its in ORACLE.items():
        try:
            if is_its(path.name, path.read_bytes().decode("utf-8-sig")):
                return publisher
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, csv.Error, yaml.YAMLError):
            continue  # damaged, or of another shape
    return ""


# ---- the mutations --------------------------------------------------------------------------------------------------

FILES = [(name, raw) for (_, name), raw in [*PUBLISHED.items(), *OWN_FILES.items()]]
NAMES = [name for name, _ in FILES]
NOISE_NAMES = [
    "not_sanctioned.txt", "ofac_delisted_2025.txt", "known_exchanges.json", "addresses-lightlist.json", "whitelist.json", "combined.json",
    "sanctioned_addresses.txt", "sanctioned_addresses_NEW.json", "sanctioned_addresses_eth.txt", "notes.json", "ofac.json", "forta.csv",
    "etherscan.json", "polkadot-js.json", "mew.json", "tagpack.txt", "exchanges.csv", "labels", "addresses.json", "ofac.yaml",
]  # fmt: skip
FOLDERS = ["", "ofac", "sanctions", "etherscan", "bscscan", "forta", "mew", "polkadot-js", "whitelist", "delisted"]
GROUPS = [
    ("whitelist", "blacklist"), ("low", "high"), ("exchange-x", "exchange-y"), ("binance", "kraken"), ("domains", "address"), ("data", "rows"),
    ("a.example", "b.example"), ("address", "label"), ("Binance hot wallet", "phishing"), ("", ""), ("lightlist", "darklist"),
]  # fmt: skip
KEYS = [
    "address",
    "comment",
    "date",
    "name",
    "labels",
    "banned_address",
    "wallet_tag",
    "data_source",
    "etherscan_tag",
    "etherscan_labels",
    "is_contract",
    "title",
    "creator",
    "tags",
    "risk_level",
    "label",
    "source",
]
Mutation = Callable[[str, bytes, random.Random], tuple[str, bytes]]


def kept(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    return name, raw


def renamed(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    stem, _, suffix = name.rpartition(".")
    made = [f"my_{name}", f"not_{name}", f"{stem} (1).{suffix}", f"{stem}_delisted.{suffix}", name.upper(), f"{name}.bak", f"{stem}.txt", f"{stem}.json"]  # fmt: skip
    return rng.choice([*made, *NOISE_NAMES, *NAMES]), raw


def key_renamed(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    key = rng.choice([one for one in KEYS if one.encode() in raw] or KEYS).encode()
    return name, raw.replace(key, rng.choice([b"my_" + key, key.title(), key + b"2", b""]), rng.choice([1, -1]))


def key_dropped(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    key = rng.choice([one for one in KEYS if one.encode() in raw] or KEYS).encode()
    return name, re.sub(rb'"%b": ("[^"]*"|\[[^\]]*\])(, )?|^%b:.*\n|%b,|,%b\b' % ((key,) * 4), b"", raw, flags=re.MULTILINE)


def key_added(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    key = rng.choice(["risk", "risk_level", "level", "network"]).encode()
    if raw.startswith((b"[", b"{")):
        return name, re.sub(rb"\{(?=.)", b'{"%b": "low", ' % key, raw, count=rng.choice([0, 1]), flags=re.DOTALL)
    return name, re.sub(rb"(?m)$", b"," + key, raw, count=1)


def swapped(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    return name, rng.choice(FILES)[1]


def grouped(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    first, second = rng.choice(GROUPS)
    kind = rng.choice([(A, B, C), (DOT, KSM, DOT), (BTC, BTC, BTC), ("alice", "bob", "carol")])
    whole = rng.choice(
        [{first: kind[:2], second: kind[2:]}, {first: kind[0], second: kind[1]}, [{first: one} for one in kind], list(kind)]
    )
    return name, json.dumps(whole).encode()


def truncated(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    return name, raw[: rng.randrange(1, len(raw) + 1)] if raw else raw


def wrapped(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    before, after = rng.choice([(b'{"data": ', b"}"), (b"[", b"]"), (b'{"addresses": ', b"}"), (b"labels:\n  ", b""), (b"# ", b""), (b"\xef\xbb\xbf", b"\n")])  # fmt: skip
    return name, before + raw + after


def of_another_kind(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    other = rng.choice([DOT, BTC, "alice", "0xa", "", C]).encode()
    return name, re.sub(rb"0x[0-9a-f]{40}|1[1-9A-HJ-NP-Za-km-z]{30,50}", other, raw)


def encoded(name: str, raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    return name, rng.choice(
        [raw.decode("latin-1").encode("utf-16"), raw.replace(b",", b";"), raw.replace(b"\n", b"\r\n"), raw.upper(), raw + raw]
    )


MUTATIONS: list[Mutation] = [
    kept, renamed, key_renamed, key_dropped, key_added, swapped, grouped, truncated, wrapped, of_another_kind, encoded,
]  # fmt: skip


def mutated(folder: Path, rng: random.Random) -> tuple[Path, str]:
    """Write a file with one to three mutations and return its path and what was done."""
    name, raw = rng.choice(FILES)
    steps = [name]
    for mutation in rng.choices(MUTATIONS, k=rng.choice([1, 1, 2, 3])):
        name, raw = mutation(name, raw, rng)
        steps.append(mutation.__name__)
    path = folder / rng.choice(FOLDERS) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path, " > ".join([*steps, str(path.relative_to(folder))])


def test_nothing_is_loaded_under_a_wrong_publisher_in_2000_mutated_files(tmp_path: Path) -> None:
    rng = random.Random(20261126)
    outcomes: Counter[str] = Counter()
    wrong = []
    for number in range(CASES):
        path, steps = mutated(tmp_path / str(number), rng)
        try:
            chosen = choose(path)
        except BadInputError:
            outcomes["refused"] += 1
            continue
        outcomes[chosen.publisher or "own"] += 1
        try:
            frame = chosen.load(path)
        except BadInputError:
            outcomes["unreadable"] += 1
            continue
        if chosen.publisher and chosen.publisher != publisher_of(path):
            wrong.append(f"{steps}: {len(frame)} rows as {chosen.name}")
    assert wrong == []
    assert sum(outcomes.values()) - outcomes["unreadable"] == CASES
    assert outcomes["refused"] > 300 and outcomes["own"] > 300, outcomes
    assert min(outcomes[publisher] for publisher in ORACLE) > 5, f"the mutations leave too little of a publisher: {outcomes}"


@pytest.mark.parametrize(("format", "name"), PUBLISHED)
def test_the_publishers_own_file_is_recognised_in_any_folder(tmp_path: Path, format: str, name: str) -> None:
    for folder in FOLDERS:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(PUBLISHED[format, name])
        assert choose(path).name == format == publisher_of(path)


# ---- known confusions -----------------------------------------------------------------------------------------------


def judged(path: Path, content: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return the format chosen for a file and its (address, level) pairs; ('refused', []) if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    try:
        chosen = choose(path)
        frame = read_labels(path)
    except BadInputError as error:
        assert "--format" in str(error) and path.name in str(error)
        return "refused", []
    levels = frame["risk_level"] if "risk_level" in frame else [""] * len(frame)
    return chosen.name, list(zip(frame["address"], levels, strict=True)) if "address" in frame else []


REFUSED = ("refused", [])
BY_LEVEL = ("json", [(A, "low"), (B, "high")])


@pytest.mark.parametrize("name", ["mine.json", "address.json", "combined.json"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"low": [A], "high": [B]}, BY_LEVEL),
        ({"address": [A, B], "risk_level": ["low", "high"]}, BY_LEVEL),
        ({"address": {"0": A, "1": B}, "risk_level": {"0": "low", "1": "high"}}, BY_LEVEL),
        ({"data": [{"address": A, "risk_level": "low"}, {"address": B, "risk_level": "high"}]}, BY_LEVEL),
        ({"low": [DOT], "high": [KSM]}, ("json", [(DOT, "low"), (KSM, "high")])),
        ({"whitelist": [A], "blacklist": [B]}, REFUSED),
        ({"whitelist": [DOT], "blacklist": [KSM]}, REFUSED),
        ({"exchange-x": [A], "exchange-y": [B]}, REFUSED),
        ({"exchange-x": [DOT], "exchange-y": [KSM]}, REFUSED),
        ({"binance.com": [DOT], "kraken.com": [KSM]}, REFUSED),
        ({"Binance": [DOT], "OKX": [KSM]}, REFUSED),
        ({"domains": ["a.example"], "address": [A]}, REFUSED),
        ({"a.example": [A], "b.example": [B]}, REFUSED),
        ({"a.example": [A], "b.example": [DOT]}, REFUSED),
        ({"a.example": [DOT], "b.example": [DOT[:-1]]}, REFUSED),
        ({"my customers": [DOT], "my suppliers": [KSM]}, REFUSED),
        ({"a.example": []}, REFUSED),
        ([A, B], ("addresses", [(A, ""), (B, "")])),
    ],
)
def test_an_object_of_lists_is_read_by_its_own_levels_or_refused(
    tmp_path: Path, name: str, content: Any, expected: tuple[str, list[tuple[str, str]]]
) -> None:
    assert judged(tmp_path / name, content) == expected


ROW = {"address": A, "comment": "Official contribution address", "date": "2018-01-01"}


@pytest.mark.parametrize(
    ("name", "rows", "level"),
    [
        ("addresses-lightlist.json", [ROW], ""),
        ("addresses_darklist.json", [ROW], ""),
        ("Addresses-Darklist.json", [ROW], ""),
        ("darklist.json", [ROW], ""),
        ("my-addresses-darklist.json", [ROW], ""),
        ("notes.json", [{"address": A, "comment": "verified", "risk": "low"}], ""),
        ("addresses-darklist.json", [{"address": A, "comment": "verified", "risk": "low"}], ""),
        ("addresses-darklist.json", [ROW | {"risk_level": "low"}], "low"),
        ("addresses-darklist.json", [ROW, ROW | {"risk": "low"}], ""),
        ("addresses-darklist.json", [{"address": A, "comment": "x"}], ""),
        ("addresses-darklist.json", [{"address": DOT, "comment": "x", "date": ""}], ""),
        ("addresses-darklist.json", [{"Address": A, "comment": "x", "date": ""}], ""),
    ],
)
def test_a_list_of_comments_is_no_darklist_by_its_shape(
    tmp_path: Path, name: str, rows: list[dict[str, str]], level: str
) -> None:
    kind, pairs = judged(tmp_path / name, rows)
    assert kind == "json" and {one for _, one in pairs} <= {level}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sanctions/known_exchanges.json", [A]),
        ("not_sanctioned.txt", f"{A}\n"),
        ("ofac_delisted_2025.txt", f"{A}\n"),
        ("ofac/safe.txt", f"{A}\n"),
        ("OFAC_SDN.json", [A]),
        ("sanctioned_addresses.txt", f"{A}\n"),
        ("not_sanctioned_addresses_ETH.txt", f"{A}\n"),
        ("sanctioned_addresses_ETH_delisted.json", [A]),
        ("sanctioned_addresses_NEW.txt", f"{A}\n"),
        ("sanctioned_addresses_eth.txt", f"{A}\n"),
        ("sanctioned_addresses_ETH (1).json", [A]),
        ("Sanctioned_Addresses_ETH.txt", f"{A}\n"),
        ("sanctioned_addresses_XBT.txt", f"{A}\n"),
    ],
)
def test_only_ofacs_own_name_is_sanctions(tmp_path: Path, name: str, content: Any) -> None:
    assert judged(tmp_path / name, content) == ("addresses", [(A, "")])


@pytest.mark.parametrize("content", ["prose of sanctions\n", {"ETH": [A]}, [{"address": A}], ["alice", "bob"], f"{A}"])
def test_ofacs_name_alone_is_not_enough(tmp_path: Path, content: Any) -> None:
    suffix = "txt" if isinstance(content, str) else "json"
    assert judged(tmp_path / f"sanctioned_addresses_ETH.{suffix}", content)[0] in {"refused", "json"}


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("labels.json", {A: {"name": "x", "labels": ["heist"]}}),
        ("combinedAllLabels.json", {A: {"name": "x", "labels": ["heist"], "risk": "low"}}),
        ("combinedAllLabels.json", {A: {"name": "x"}}),
        ("combinedAllLabels.json", {DOT: {"name": "x", "labels": ["heist"]}}),
        ("combinedAllLabels.json", {"binance": {"name": "x", "labels": ["heist"]}}),
        ("combinedAllLabels (1).json", {A: {"name": "x", "labels": ["heist"]}}),
        ("combinedAllLabels.json", {"a.example": [A]}),
    ],
)
def test_labels_by_address_are_etherscans_only_by_name_keys_and_address(tmp_path: Path, name: str, entries: Any) -> None:
    assert judged(tmp_path / name, entries) == REFUSED
