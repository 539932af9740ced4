"""Standing labels on snapshots: each has those that hold on its date, under any spelling, with the meaning that the seeds give."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import dbt, parsed, run_dbt
from tests.support.label_lists import ss58
from tests.support.snapshots import ADDRESSES, tables, write
from tests.support.standing import VOTES, Call, add, applied, listed, own_list, rows, snapshots
from tests.support.warehouse import ROOT
from trainer import connect

DAYS = ("2025-01-15", "2025-02-15", "2025-03-15")


def test_lists_added_before_the_first_snapshot_apply_to_every_later_one(own_house: Path, call: Call, tmp_path: Path) -> None:
    one, two, three = ADDRESSES[:3]
    always = add(
        call,
        own_list(tmp_path / "a.csv", [{"address": one}, {"address": "0x" + "9" * 40}], source="always"),
        "--network",
        "earlynet",
    )
    assert (always["matched"], always["unknown"]) == ({}, 2)
    dated = [
        {"address": two, "valid_from": "2025-02-01", "valid_to": "2025-03-01"},
        {"address": three, "valid_from": "2025-02-15"},
    ]
    add(call, own_list(tmp_path / "b.csv", dated, source="dated"), "--network", "earlynet")
    said = []
    for day in DAYS:
        done = call("ingest", snapshots(tmp_path / day, "earlynet", [day], ADDRESSES), "--json")
        assert done.code == 0, done.err
        said.append(json.loads(done.out)["snapshots"][0]["labels"])
    assert said == [{"always": 1}, {"always": 1, "dated": 2}, {"always": 1, "dated": 1}]
    assert f"earlynet/{DAYS[2]}/90 your labels apply to addresses of it: always (1), dated (1)" in done.err
    holding = [(one,), (one, two, three), (one, three)]
    assert applied("earlynet") == [(day, address) for day, those in zip(DAYS, holding, strict=True) for address in those]
    again = add(call, tmp_path / "a.csv", "--network", "earlynet")
    assert again["added"] == 0 and again["matched"] == {f"earlynet/{day}/90": 1 for day in DAYS}


# ---- what words mean ------------------------------------------------------------------------------------------------


@contextmanager
def edited_taxonomy(folder: Path, changes: dict[str, str]) -> Iterator[None]:
    """Use a copy of the dbt project in which lines of the seed label_taxonomy are replaced; '' appends a line."""
    project = Path(shutil.copytree(ROOT / "dbt_project", folder / "dbt_project"))
    seed = project / "seeds" / "label_taxonomy.csv"
    text = seed.read_text()
    for old, new in changes.items():
        assert not old or text.count(old) == 1
        text = text.replace(old, new) if old else text + new
    seed.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROJECT_DIR", str(project))
        patch.setenv("DBT_TARGET_PATH", str(project / "target"))
        yield


def voted(network: str) -> list[Any]:
    """Load the taxonomy, run dbt and return the votes on a network's addresses."""
    run_dbt(["seed", "--select", "label_taxonomy"])
    run_dbt([*VOTES, "int_label_votes__gold"])
    return rows(
        "SELECT toString(processing_date), address, evidence, vote, source FROM int_label_votes__gold "
        "WHERE network = {network:String} ORDER BY ALL",
        network=network,
    )


def taxonomy_line(publisher: str, category: str) -> str:
    seed = (ROOT / "dbt_project" / "seeds" / "label_taxonomy.csv").read_text().splitlines()
    (line,) = [line for line in seed if line.startswith(f"{publisher},{category},")]
    return line + "\n"


def test_editing_the_taxonomy_changes_the_labels_of_that_category_only(own_house: Path, call: Call, tmp_path: Path) -> None:
    known, other, unknown = ADDRESSES[:3]
    names = {known: "binance", other: "phish-hack", unknown: "brand-new-word"}
    file = tmp_path / "combinedAccountLabels.json"
    file.write_text(json.dumps({address: {"name": "", "labels": [word]} for address, word in names.items()}))
    call("ingest", snapshots(tmp_path, "wordnet", DAYS[:2], ADDRESSES))
    found = add(call, file, "--network", "wordnet")
    assert found["unmapped"] == {"brand-new-word": 1}
    file.unlink()
    before = voted("wordnet")
    counted = ("run", "--select", "+fct_label_source_summary", "--exclude", "staging", "fct_snapshot_addresses")
    assert {(address, vote) for _, address, _, vote, _ in before} == {(known, 0), (other, 1)} and len(before) == 4
    run_dbt(counted)
    summary = "SELECT unmapped_labels, unmapped_categories FROM fct_label_source_summary WHERE network = 'wordnet'"
    assert rows(summary) == [(1, ["brand-new-word"])] * 2
    line = taxonomy_line("etherscan", "binance")
    risky = line.replace(",low,", ",high,")
    assert risky != line
    try:
        with edited_taxonomy(tmp_path, {line: risky, "": "etherscan,brand-new-word,critical,,,\n"}):
            after = voted("wordnet")
            run_dbt(counted)
            assert rows(summary) == [(0, [])] * 2
    finally:
        assert voted("wordnet") == before
    changed = [(day, address, word, 1, source) for day, address, word, _, source in before]
    assert after == sorted(changed + [(day, unknown, "brand-new-word", 1, "etherscan") for day in DAYS[:2]])


# ---- spellings ------------------------------------------------------------------------------------------------------


def test_an_account_matches_under_any_ss58_prefix(own_house: Path, call: Call, tmp_path: Path) -> None:
    generic, polkadot, kusama = ([ss58(10**70 + number, prefix) for number in range(3)] for prefix in (42, 0, 2))
    call("ingest", snapshots(tmp_path, "torus", DAYS[:1], generic))
    sites = tmp_path / "address.json"
    sites.write_text(json.dumps({"site.example": [polkadot[0], kusama[1]]}))
    stamped = ("--processing-date", DAYS[0], "--window-days", 90, "--source", "stamped")
    assert add(call, sites, "--network", "torus", *stamped)["matched"] == {f"torus/{DAYS[0]}/90": 2}
    assert add(call, sites, "--network", "torus", "--source", "standing")["matched"] == {f"torus/{DAYS[0]}/90": 2}
    with connect() as client:  # plain SQL, which no door respells
        client.command(
            "INSERT INTO raw_standing_labels (network, address, label, risk_level, source) VALUES "
            f"('torus', '{polkadot[0]}', 'x', 'high', 'sql'), ('torus', '{kusama[2]}', 'x', 'high', 'sql')"
        )
    found = applied("torus", "label_source, address")
    assert found == sorted(
        [(source, address) for source in ("stamped", "standing") for address in generic[:2]]
        + [("sql", generic[0]), ("sql", generic[2])]
    )
    ingested = json.loads(call("ingest", tmp_path / "snapshots", "--json").out)["snapshots"][0]["labels"]
    assert ingested == {"sql": 2, "stamped": 2, "standing": 2}
    # The frame that the guide inserts is respelt at the door.
    row = {"network": "torus", "address": polkadot[2], "label": "x", "risk_level": "high", "source": "frame"}
    with connect() as client:
        client.insert_df("raw_standing_labels", pd.DataFrame([row]))
    assert rows("SELECT address FROM raw_standing_labels WHERE source = 'frame'") == [generic[2]]


def test_an_address_that_only_flows_or_clusters_name_is_labelled(own_house: Path, call: Call, tmp_path: Path) -> None:
    sender, member = "0x" + "7" * 40, "0x" + "8" * 40
    frames = tables()
    frames["money_flows"] = pd.DataFrame({"from_address": [sender], "to_address": [ADDRESSES[0]], "tx_count": 2})
    frames["clusters"] = pd.DataFrame({"cluster_id": ["c"], "cluster_type": ["x"], "addresses_involved": [[member]]})
    write(tmp_path, frames, "flownet", f"{DAYS[0]}/90")
    call("ingest", tmp_path / "snapshots")
    found = add(
        call,
        own_list(tmp_path / "a.csv", [{"address": sender}, {"address": member.upper()}], source="flows"),
        "--network",
        "flownet",
    )
    assert found["matched"] == {f"flownet/{DAYS[0]}/90": 2}
    assert applied("flownet", "address") == [sender, member]


# ---- policy ---------------------------------------------------------------------------------------------------------


def test_the_policy_decides_which_labels_a_snapshot_sees(own_house: Path, call: Call, tmp_path: Path) -> None:
    call("ingest", snapshots(tmp_path, "policynet", DAYS[:1], ADDRESSES))
    key = ("--network", "policynet", "--source")
    add(call, own_list(tmp_path / "a.csv", [{"address": ADDRESSES[0]}]), *key, "standing")
    add(
        call,
        own_list(tmp_path / "b.csv", [{"address": ADDRESSES[1]}]),
        *key,
        "stamped",
        "--processing-date",
        DAYS[0],
        "--window-days",
        90,
    )
    with connect() as client:
        client.command(
            "INSERT INTO address_labels (network, processing_date, window_days, address, risk_level, source, created_timestamp) "
            f"SELECT 'policynet', '{DAYS[0]}', 90, address, 'high', 'sot', toUnixTimestamp(created) FROM values("
            f"'address String, created DateTime', ('{ADDRESSES[2]}', '2025-01-10'), ('{ADDRESSES[3]}', '2025-02-10'))"
        )
    seen = {}
    for policy in ("stamped", "valid", "timestamp"):
        options = ("--vars", json.dumps({"label_as_of": policy}))
        ended = dbt(*VOTES, *options, manifest=parsed(*options))
        assert ended.success, ended.exception
        seen[policy] = rows("SELECT address FROM fct_applied_labels WHERE network = 'policynet' ORDER BY 1")
    run_dbt(VOTES)
    assert seen == {"stamped": ADDRESSES[1:4], "valid": ADDRESSES[:4], "timestamp": ADDRESSES[:3]}


def test_a_sanctions_list_of_a_stablecoin_labels_the_network_of_each_form(own_house: Path, call: Call, tmp_path: Path) -> None:
    tron = "TBHTJqAy4DhHhmT3dNceJYNRz4SdLofLre"
    file = listed(tmp_path / "sanctioned_addresses_USDT.txt", [ADDRESSES[0], tron])
    for network, address in (("tron", tron), ("ethereum-classic", ADDRESSES[0])):
        call("ingest", snapshots(tmp_path / network, network, DAYS[:1], [address]))
        assert add(call, file, "--network", network)["added"] == 1
        assert applied(network, "address, label_source, risk_level") == [(address, "ofac", "critical")]
