"""The publishers' real lists load as standing labels: every row is loaded or counted, and a second load changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import Called, House
from trainer import connect
from trainer.labels.taxonomy import read_taxonomy

Call = Callable[..., Called]
DATA = Path(__file__).parents[2].parent / "shared" / "data"
OLD, NEW = DATA / "label_files", DATA / "label_files_2026"
WINDOW_OF_LISTED = 9
TABLES = ("raw_standing_labels", "label_history", "label_editions")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not NEW.is_dir(), reason=f"the real lists are not at {DATA}"),
]

ETHEREUM = ("--network", "ethereum")
# File, options, format, and how many rows, valid addresses, rows of other networks and rejected rows it has.
LISTS: list[tuple[str, tuple[str, ...], str, int, int, int, int]] = [
    ("label_files/forta/etherscan_malicious_labels.csv", (), "forta", 7780, 7259, 0, 2),
    ("label_files/forta/phishing_scams.csv", (), "forta", 6726, 6205, 0, 2),
    ("label_files_2026/forta/malicious_smart_contracts.csv", (), "forta", 1506, 1273, 0, 0),
    ("label_files/etherscan/combinedAccountLabels.json", (), "etherscan", 24859, 23288, 0, 0),
    ("label_files_2026/bscscan/combinedAllLabels.json", (), "etherscan", 7282, 6704, 0, 3),
    ("label_files/polkadot-js/address.json", ("--network", "polkadot"), "polkadot-js", 279, 251, 0, 0),
    ("label_files/mew/addresses-darklist.json", (), "mew", 693, 629, 0, 1),
    ("label_files_2026/scamsniffer/address.json", ("--format", "scamsniffer"), "scamsniffer", 2530, 2530, 0, 0),
    ("label_files_2026/oli/example-labels.csv", (), "oli", 2, 2, 0, 0),
    ("label_files_2026/oli/base_top_100_contracts_by_txcount_2024_07_24.json", (), "oli", 100, 100, 0, 0),
    ("label_files_2026/eth-labels/tokens_first_3000_lines.csv", (), "eth-labels", 2999, 1753, 0, 0),
]


@pytest.fixture(scope="module", autouse=True)
def _alone(house: House) -> Iterator[None]:
    """Remove the lists afterwards: other tests must not see their labels."""
    yield
    with connect() as client:
        client.command(f"DELETE FROM raw_features WHERE network = 'ethereum' AND window_days = {WINDOW_OF_LISTED}")
        for table in TABLES:
            client.command(f"TRUNCATE TABLE {table}")


def add(call: Call, path: Path, *options: object) -> dict[str, Any]:
    done = call("labels", "add", path, *options, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def stored(table: str) -> tuple[int, int]:
    with connect() as client:
        query = f"SELECT count(), sum(sipHash64(toString(tuple(* EXCEPT (ingested_at))))) FROM {table} FINAL"
        row = client.query(query if table == "raw_standing_labels" else query.replace(" EXCEPT (ingested_at)", "")).result_rows[0]
    return int(row[0]), int(row[1])


@pytest.mark.parametrize(("file", "options", "format", "rows", "addresses", "elsewhere", "rejected"), LISTS)
def test_every_row_of_a_list_is_loaded_or_counted(
    call: Call, file: str, options: tuple[str, ...], format: str, rows: int, addresses: int, elsewhere: int, rejected: int
) -> None:
    found = add(call, DATA / file, *options)
    counts = tuple(found[name] for name in ("format", "rows", "addresses", "elsewhere", "rejected"))
    assert counts == (format, rows, addresses, elsewhere, rejected)
    assert found["added"] + found["repeated"] + found["elsewhere"] + found["rejected"] == rows
    meant = sum(found["unmapped"].values()) + sum(found["by_risk_level"].values())
    assert found["is_standing"] and meant == found["added"] + found["present"]
    before = [stored(table) for table in TABLES]
    again = add(call, DATA / file, *options)
    assert (again["added"], again["closed"], again["replaced"]) == (0, 0, 0)
    assert [stored(table) for table in TABLES] == before


def test_the_evm_addresses_of_ofac_are_known_from_all_its_lists(call: Call) -> None:
    for path in sorted((OLD / "ofac").glob("sanctioned_addresses_*.txt")):
        assert add(call, path, *ETHEREUM)["rejected"] == 0
    with connect() as client:
        query = (
            "SELECT uniqExact(address), uniqExact(list) FROM raw_standing_labels WHERE source = 'ofac' AND network = 'ethereum'"
        )
        assert client.query(query).result_rows == [(156, 6)]


def test_tagpacks_have_6445_tags(call: Call) -> None:
    done = call("labels", "add", OLD / "tagpacks", "--json")
    files = json.loads(done.out)["files"]
    assert done.code == 0 and len(files) == 14 and {one["format"] for one in files} == {"tagpack"}
    # 21 tags have a category and an abuse type, and are two rows each.
    assert sum(one["rows"] for one in files) == 6445 + 21
    for one in files:
        assert one["added"] + one["repeated"] + one["rejected"] + one["elsewhere"] == one["rows"], one["file"]


def test_every_well_formed_address_of_cryptoscamdb_is_loaded(call: Call) -> None:
    found = add(call, NEW / "cryptoscamdb" / "urls.yaml")
    assert found["rows"] == 5841 and sum(found[part] for part in ("added", "repeated", "rejected", "elsewhere")) == 5841
    assert len(found["reasons"]) == found["rejected"] + found["elsewhere"]  # each missing row is named
    with connect() as client:
        query = "SELECT network, uniqExact(address) FROM raw_standing_labels WHERE source = 'cryptoscamdb' GROUP BY ALL ORDER BY 2 DESC"
        networks = dict(client.query(query).result_rows)
    assert networks["ethereum"] == 2966 and "bitcoin" in networks
    assert sum(networks.values()) == found["addresses"]


def test_the_warehouse_gives_the_words_of_the_lists_the_meaning_that_was_announced(house: House) -> None:
    """On a snapshot of all listed addresses, each label has the risk level and confidence that `labels add` counts."""
    taxonomy = read_taxonomy()
    columns = "publisher, label, address_subtype, trust_level"
    with connect() as client:
        client.command(
            "INSERT INTO raw_features (network, processing_date, window_days, address) SELECT DISTINCT 'ethereum', "
            f"toDate('2025-08-01'), {WINDOW_OF_LISTED}, address FROM raw_standing_labels WHERE network = 'ethereum'"
        )
    run_dbt(["run", "--select", "+fct_applied_labels"])
    with connect() as client:
        listed = client.query(
            f"SELECT {columns}, count() FROM raw_standing_labels FINAL WHERE network = 'ethereum' GROUP BY ALL"
        ).result_rows
        applied = client.query(
            "SELECT publisher, risk_level, round(confidence_score, 3), count() FROM fct_applied_labels "
            f"WHERE network = 'ethereum' AND window_days = {WINDOW_OF_LISTED} GROUP BY ALL"
        ).result_rows
    expected: Counter[tuple[str, str, float]] = Counter()
    for publisher, category, name, provenance, count in listed:
        meaning = taxonomy.meaning(publisher, category, name, provenance)
        key = ("", 0.0) if meaning is None else (meaning.risk_level, round(meaning.confidence, 3))
        expected[publisher, *key] += count
    assert len(listed) > 20_000 and {key[0] for key in expected} >= {"ofac", "forta", "etherscan", "mew", "tagpack"}
    found = Counter({(publisher, level, round(confidence, 3)): count for publisher, level, confidence, count in applied})
    assert found == expected
