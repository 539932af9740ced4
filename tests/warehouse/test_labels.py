"""Label lists on the real engine: added, added again, corrected, removed, and recorded in the history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import Called, House, content
from trainer import connect

Call = Callable[..., Called]
A, B, C = (f"0x{i:040x}" for i in (0xAA, 0xBB, 0xCC))
KEY = ("--processing-date", "2025-08-01", "--window-days", 90)


def table(path: Path, rows: list[dict[str, Any]], network: str, source: str = "me") -> Path:
    good = {"address": A, "risk_level": "high", "confidence_score": 0.9, "label": "mixer", "source": source}
    frame = pd.DataFrame([good | row for row in rows]).assign(network=network, processing_date="2025-08-01", window_days=90)
    frame.to_csv(path, index=False)
    return path


def add(call: Call, *arguments: object) -> dict[str, Any]:
    done = call("labels", "add", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def labels(network: str, columns: str = "address, risk_level, round(confidence_score, 2)") -> list[tuple[Any, ...]]:
    with connect() as client:
        query = f"SELECT {columns} FROM raw_address_labels FINAL WHERE network = {{network:String}} ORDER BY ALL"
        return list(client.query(query, parameters={"network": network}).result_rows)


def history(network: str, columns: str = "event, address, risk_level") -> list[tuple[Any, ...]]:
    with connect() as client:
        query = f"SELECT {columns} FROM label_history WHERE network = {{network:String}} ORDER BY changed_at, event, address"
        return list(client.query(query, parameters={"network": network}).result_rows)


@pytest.fixture(scope="module", autouse=True)
def _alone(house: House) -> Iterator[None]:
    """Remove the labels afterwards: those that contradict each other must not fail the checks of other tests."""
    yield
    with connect() as client:
        client.command("DELETE FROM raw_address_labels WHERE network NOT IN ('simnet', 'coins', 'minenet', 'torus')")


# ---- adding ---------------------------------------------------------------------------------------------------------


def test_adding_again_changes_nothing_and_more_rows_add_only_themselves(house: House, call: Call, tmp_path: Path) -> None:
    first = table(tmp_path / "a.csv", [{}, {"address": B}, {"address": B}], "again")
    one = add(call, first)
    assert (one["added"], one["present"], one["repeated"], one["rows"]) == (2, 0, 1, 3)
    with connect() as client:
        before = content(client, "raw_address_labels", "again", but=""), content(client, "label_history", "again", but="")
    two = add(call, first)
    assert (two["added"], two["present"], two["repeated"]) == (0, 2, 1)
    with connect() as client:
        assert (
            content(client, "raw_address_labels", "again", but=""),
            content(client, "label_history", "again", but=""),
        ) == before
    three = add(call, table(tmp_path / "b.csv", [{}, {"address": C}], "again"))
    assert (three["added"], three["present"], three["replaced"]) == (1, 1, 0)
    assert [row[0] for row in labels("again")] == [A, B, C]


def test_addresses_are_stored_in_canonical_form(house: House, call: Call, tmp_path: Path) -> None:
    rows = [{"address": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}, {"address": "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"}]
    found = add(call, table(tmp_path / "a.csv", rows, "ethereum-classic"))
    assert (found["added"], found["repeated"], found["addresses"]) == (1, 1, 1)
    assert labels("ethereum-classic", "address") == [(rows[1]["address"],)]


def test_mapped_columns_and_json_give_the_same_labels_as_the_guides_table(house: House, call: Call, tmp_path: Path) -> None:
    options = ("--network", "mapped", *KEY, "--source", "me")
    pd.DataFrame({"addr": [A, B], "risk": ["high", "low"], "address": ["x", "y"]}).to_csv(tmp_path / "m.csv", index=False)
    found = add(call, tmp_path / "m.csv", "--map", "address=addr,risk_level=risk, label=risk", *options)
    assert found["added"] == 2 and found["ignored_columns"] == []
    (tmp_path / "m.json").write_text(
        json.dumps([{"address": A, "risk_level": "high", "label": "high"}, {"address": B, "risk_level": "low", "label": "low"}])
    )
    assert add(call, tmp_path / "m.json", *options)["added"] == 0
    for code, text in ((2, "adress=addr"), (2, "address"), (2, "address=a,address=b"), (3, "address=nowhere")):
        refused = call("labels", "add", tmp_path / "m.csv", "--map", text, *options)
        assert refused.code == code and text.split("=")[0].split(",")[0] in refused.err, refused


def test_a_dry_run_counts_and_changes_nothing(house: House, call: Call, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [{}], "dry")
    assert add(call, file, "--dry-run")["added"] == 1 and labels("dry") == [] and history("dry") == []
    add(call, file)
    newer = table(tmp_path / "b.csv", [{"risk_level": "low"}], "dry")
    assert add(call, newer, "--dry-run")["replaced"] == 1 and labels("dry") == [(A, "high", pytest.approx(0.9))]
    assert call("labels", "remove", "--source", "me", "--network", "dry", "--dry-run").out.startswith(
        "1 label of me would be removed"
    )
    assert len(labels("dry")) == 1


# ---- correcting -----------------------------------------------------------------------------------------------------


def test_a_corrected_row_replaces_the_older_one_of_the_same_source_only(house: House, call: Call, tmp_path: Path) -> None:
    add(call, table(tmp_path / "other.csv", [{}], "fix", source="other"))
    old = table(tmp_path / "old.csv", [{}, {"address": B}, {"label": "exchange"}], "fix")
    add(call, old)
    new = table(tmp_path / "new.csv", [{"risk_level": "critical", "confidence_score": 1.0}, {"address": B}], "fix")
    found = add(call, new)
    assert (found["added"], found["present"], found["replaced"]) == (1, 1, 1)
    corrected = labels("fix", "address, source, label, risk_level")
    assert corrected == [
        (A, "me", "exchange", "high"),
        (A, "me", "mixer", "critical"),
        (A, "other", "mixer", "high"),
        (B, "me", "mixer", "high"),
    ]
    assert add(call, new)["added"] == 0 and labels("fix", "address, source, label, risk_level") == corrected
    assert history("fix")[-2:] in (
        [("added", A, "critical"), ("replaced", A, "high")],
        [("replaced", A, "high"), ("added", A, "critical")],
    )
    assert add(call, old)["replaced"] == 1  # the older file again: the last one added counts


def test_two_opinions_in_one_file_both_stay(house: House, call: Call, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [{}, {"risk_level": "low"}], "both")
    assert add(call, file)["added"] == 2 and add(call, file)["added"] == 0 and len(labels("both")) == 2


# ---- removing -------------------------------------------------------------------------------------------------------


def test_removing_deletes_a_sources_rows_of_the_given_snapshots(house: House, call: Call, tmp_path: Path) -> None:
    for source in ("me", "other"):
        add(call, table(tmp_path / f"{source}.csv", [{}, {"address": B}], "out", source))
    add(call, table(tmp_path / "else.csv", [{}], "out2"))
    kept = labels("out2")
    for key in (
        ("--network", "out", "--window-days", 91),
        ("--network", "out", "--processing-date", "2025-08-02"),
        ("--network", "nowhere"),
    ):
        assert json.loads(call("labels", "remove", "--source", "me", *key, "--json").out)["removed"] == 0
    done = call("labels", "remove", "--source", "me", "--network", "out", *KEY, "--json")
    assert done.code == 0 and json.loads(done.out) == {"source": "me", "removed": 2, "dry_run": False}
    assert labels("out", "address, source") == [(A, "other"), (B, "other")] and labels("out2") == kept
    assert [row[0] for row in history("out")].count("removed") == 2
    assert call("labels", "remove", "--source", "other", "--network", "out").code == 0 and labels("out") == []
    again = add(call, tmp_path / "me.csv")
    assert again["added"] == 2 and [row[0] for row in labels("out")] == [A, B]


def test_an_unknown_source_is_refused_and_the_known_ones_are_listed(house: House, call: Call, tmp_path: Path) -> None:
    add(call, table(tmp_path / "a.csv", [{}], "unknown", source="known one"))
    done = call("labels", "remove", "--source", "x'; DROP TABLE raw_address_labels; --")
    assert done.code == 3 and "'known one'" in done.err


def test_the_history_has_the_labels_of_any_time_and_their_file(house: House, call: Call, tmp_path: Path) -> None:
    add(call, table(tmp_path / "one.csv", [{}, {"address": B}], "past"))
    add(call, table(tmp_path / "two.csv", [{"risk_level": "low"}], "past"))
    call("labels", "remove", "--source", "me", "--network", "past")
    query = (
        "SELECT address, risk_level, argMax(file, changed_at) FROM label_history WHERE network = 'past' AND changed_at <= "
        "(SELECT max(changed_at) FROM label_history WHERE network = 'past' AND endsWith(file, {file:String})) "
        "GROUP BY address, source, label, risk_level, confidence_score HAVING argMax(event, changed_at) = 'added' ORDER BY address"
    )
    with connect() as client:
        then = {file: client.query(query, parameters={"file": file}).result_rows for file in ("one.csv", "two.csv")}
        hashes = client.query(
            "SELECT DISTINCT length(file_sha256) FROM label_history WHERE network = 'past' AND file != ''"
        ).result_rows
    assert [(a, level, Path(file).name) for a, level, file in then["one.csv"]] == [(A, "high", "one.csv"), (B, "high", "one.csv")]
    assert [(a, level, Path(file).name) for a, level, file in then["two.csv"]] == [(A, "low", "two.csv"), (B, "high", "one.csv")]
    assert hashes == [(64,)] and labels("past") == []


# ---- publishers' lists ----------------------------------------------------------------------------------------------

PACK = f"""title: A pack
creator: me
category: mixing_service
currency: ETH
tags:
- {{address: '{A}', label: One}}
- {{address: 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa, currency: BTC}}
- {{address: '{B}', category: something new}}
- {{address: '{B[:-1]}'}}
"""


def test_the_good_rows_of_a_publishers_list_are_loaded_and_the_others_reported(house: House, call: Call, tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(PACK)
    done = call("labels", "add", path, "--network", "base", *KEY, "--json")
    found = json.loads(done.out)
    assert (found["added"], found["rejected"], found["elsewhere"], found["unmapped"]) == (2, 1, 1, {"something new": 1})
    assert sorted(found["reasons"]) == ["2", "4"] and found["format"] == "tagpack" and found["addresses"] == 2
    assert "another network's address" in done.err and "something new (1)" in done.err and "row 4" in done.err
    assert labels("base", "address, label, risk_level, source, trust_level, address_subtype") == [
        (A, "mixing_service", "", "tagpack: A pack", "", "One"),
        (B, "something new", "", "tagpack: A pack", "", ""),
    ]
    assert not list(tmp_path.glob("*.rejects.csv"))
    kept = json.loads(call("labels", "add", path, "--network", "base", *KEY, "--skip-bad", "--json").out)
    assert pd.read_csv(kept["rejects_file"])["row"].tolist() == [2, 4] and kept["added"] == 0


def test_a_withdrawn_source_no_longer_votes(house: House, call: Call, tmp_path: Path) -> None:
    query = "SELECT source, vote, evidence FROM int_label_votes WHERE network = 'votes' ORDER BY source"
    select = [
        "run",
        "--select",
        "stg_custom_address_labels",
        "fct_applied_labels",
        "int_label_votes__gold",
        "int_label_voters",
        "int_label_votes",
    ]
    add(call, table(tmp_path / "a.csv", [{}], "votes"))
    add(call, table(tmp_path / "b.csv", [{"risk_level": "low", "label": "exchange"}], "votes", source="other"))
    seen = []
    for _ in range(2):
        run_dbt(select)
        with connect() as client:
            seen.append(client.query(query).result_rows)
        assert call("labels", "remove", "--source", "me", "--network", "votes").code == 0 or len(seen) == 2
    assert seen == [[("me", 1, "mixer"), ("other", 0, "exchange")], [("other", 0, "exchange")]]


@pytest.mark.parametrize(
    "name",
    [
        "pack.yaml",
        "sanctioned_addresses_ETH.txt",
        "sanctioned_addresses_ETH.json",
        "combinedAccountLabels.json",
        "address.json",
        "x.csv",
        "x.parquet",
    ],
)
@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff\xfe\x01" * 99, b"title: x\ntags:\n- address: \xff\n", b'{"0xaa": {"name": "x", "labe', b'["0x00']
)
def test_a_file_that_is_not_a_label_list_exits_three(house: House, call: Call, tmp_path: Path, name: str, raw: bytes) -> None:
    (tmp_path / name).write_bytes(raw)
    done = call("labels", "add", tmp_path / name, "--network", "ethereum", *KEY)
    assert done.code == 3 and name in done.err and done.out == "", done
