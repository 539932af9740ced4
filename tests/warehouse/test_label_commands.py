"""The commands of label lists as a user meets them: what they print, their exit codes, and the fields of `--json`.

On a small warehouse of the module's own; each test has sources of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, ROOT, Called
from trainer import connect
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse import create_tables

Call = Callable[..., Called]
NETWORK = ("--network", "ethereum")
FIRST, LAST = "ethereum/2025-08-01/90", "ethereum/2025-09-01/90"
NOWHERE = "0x00000000000000000000000000000000000000aa"
BITCOIN = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.fixture(scope="module")
def desk(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A warehouse with two snapshots of a small network, and addresses that occur in both, sorted."""
    root = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(root / "wh"))
        world = simulate(root / "world", alerts=200, dates=DATES, window_days=90, network="ethereum", seed=3)
        with connect() as client:
            create_tables(client)
            ingest(client, world.root / "snapshots")
            query = "SELECT address FROM raw_features GROUP BY address HAVING count() = 2 ORDER BY address"
            known = [address for (address,) in client.query(query).result_rows]
        run_dbt(["seed"])
    return root / "wh", known


@pytest.fixture
def run(desk: tuple[Path, list[str]], call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("TRAINER_WAREHOUSE", str(desk[0]))
    return call


@pytest.fixture
def known(desk: tuple[Path, list[str]]) -> list[str]:
    return desk[1]


def listed(path: Path, addresses: list[str], **columns: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame({"address": addresses, "risk_level": "high", "label": "scam"} | columns).to_csv(path, index=False)
    return path


def add(run: Call, *arguments: object) -> dict[str, Any]:
    done = run("labels", "add", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def rows(query: str, source: str = "") -> list[tuple[Any, ...]]:
    with connect() as client:
        return list(client.query(query, parameters={"source": source}).result_rows)


STANDING = (
    "SELECT address, label, risk_level, toString(valid_from), toString(valid_to) FROM raw_standing_labels FINAL "
    "WHERE source = {source:String} ORDER BY ALL"
)


# ---- adding ---------------------------------------------------------------------------------------------------------


def test_a_list_without_a_date_stands_for_every_snapshot(run: Call, known: list[str], tmp_path: Path) -> None:
    path = listed(tmp_path / "a.csv", [*known[:3], NOWHERE])
    done = run("labels", "add", path, *NETWORK, "--source", "stands", "--dry-run")
    assert done.out == "4 rows: 4 labels would be added, 0 already present, 0 rejected (4 high)\n" and "dbt run" not in done.err
    found = add(run, path, *NETWORK, "--source", "stands")
    expected = {
        "is_standing": True, "added": 4, "closed": 0, "edition_date": None, "matched": {FIRST: 3, LAST: 3}, "unknown": 1,
        "hints": [], "unmapped": {}, "by_risk_level": {"high": 4}, "is_known_edition": False, "dry_run": False,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert {row[3:] for row in rows(STANDING, "stands")} == {("1970-01-01", "2149-06-06")}
    again = run("labels", "add", path, *NETWORK, "--source", "stands")
    assert again.out == "4 rows: 0 labels added, 4 already present, 0 rejected (4 high)\n"
    assert "standing labels, for snapshots of any date" in again.err and "1 address is in no ingested snapshot" in again.err
    assert f"{FIRST} (3), {LAST} (3)" in again.err and "dbt run" not in again.err


def test_a_list_without_levels_is_told_how_to_give_one(run: Call, known: list[str], tmp_path: Path) -> None:
    (tmp_path / "address.json").write_text(json.dumps(known[:1]))
    (tmp_path / "list.txt").write_text(f"{known[1]}\n")
    for name in ("address.json", "list.txt"):
        done = run("labels", "add", tmp_path / name, *NETWORK)
        assert done.code == 3 and "--risk-level" in done.err and "--map-category" in done.err and name in done.err
        given = ("--source", "levels", "--risk-level", "high", "--label", "scam")
        assert add(run, tmp_path / name, *NETWORK, *given)["by_risk_level"] == {"high": 1}
    contracts = tmp_path / "malicious_smart_contracts.csv"
    contracts.write_text(f"contract_address,contract_tag,source\n{known[2]},X Exploiter,levels\n")
    mapped = ("--map", "address=contract_address,label=contract_tag", "--risk-level", "critical")
    assert add(run, contracts, *NETWORK, *mapped)["added"] == 1
    assert [row[:3] for row in rows(STANDING, "levels")] == [
        (known[0], "scam", "high"), (known[1], "scam", "high"), (known[2], "X Exploiter", "critical"),
    ]  # fmt: skip


def test_labels_that_match_nothing_are_counted_and_a_near_miss_says_why(run: Call, known: list[str], tmp_path: Path) -> None:
    path = listed(tmp_path / "l.csv", known[:2])
    cases = {
        ("Ethereum", "2025-08-01", 90): (2, "no snapshot of network 'Ethereum' is ingested, but of 'ethereum'"),
        ("ethereum", "2025-08-02", 90): (2, "the snapshot ethereum/2025-08-02/90 is not ingested; of this network: "),
        ("ethereum", "2025-08-01", 30): (2, f"other snapshots, to which the labels do not apply: {FIRST} (2), {LAST} (2)"),
        ("ethereum", "2025-08-01", 90): (0, None),
    }
    for (network, day, window), (unknown, hint) in cases.items():
        key = ("--network", network, "--processing-date", day, "--window-days", window, "--source", "near")
        found = add(run, path, *key)
        assert (found["added"], found["unknown"], found["is_standing"]) == (2, unknown, False), key
        assert found["matched"] == ({} if unknown else {FIRST: 2})
        assert hint in "; ".join(found["hints"]) if hint else found["hints"] == []
        assert (hint or FIRST) in run("labels", "add", path, *key).err
    wrong = add(run, path, "--network", "Ethereum", "--source", "near")
    assert (wrong["unknown"], wrong["matched"]) == (2, {}) and "but of 'ethereum'" in wrong["hints"][0]


def test_rows_of_other_networks_are_counted_and_bad_rows_listed(run: Call, known: list[str], tmp_path: Path) -> None:
    tags = "".join(f"- {{address: '{address}', currency: {currency}}}\n" for address, currency in (
        (known[0], "ETH"), (BITCOIN, "BTC"), (BITCOIN, "BTC"), (known[1][:-1], "ETH"),
    ))  # fmt: skip
    path = tmp_path / "pack.yaml"
    path.write_text(f"title: Far\ncreator: me\ncategory: mixing_service\ntags:\n{tags}")
    done = run("labels", "add", path, *NETWORK)
    assert done.code == 0 and "2 rows skipped: another network's address (2 of bitcoin)" in done.err
    assert re.findall(r"row \d+", done.err) == ["row 4"], done.err
    assert sorted(add(run, path, *NETWORK)["reasons"]) == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--risk-level", "nonsense"), 2, "--risk-level 'nonsense' is not one of low, medium, high, critical"),
        (("--processing-date", "2025-08-02"), 3, "give --window-days, or leave out --processing-date"),
        (("--window-days", 90), 3, "2025-08-01; --processing-date 2025-09-01, or leave out --window-days"),
        (("--complete",), 3, "give --source"),
        (("--max-closed", 0.5), 2, "give it with --complete"),
        (("--complete", "--processing-date", "2025-08-01", "--window-days", 90), 2, "are for standing labels"),
        (("--valid-from", "2999-01-01"), 2, "--valid-from 2999-01-01 is in the future"),
        (("--map-category", "nix.csv", "--map", "category=label,risk=risk_level"), 2, "--map: there is no column risk"),
    ],
)
def test_a_mistake_in_the_call_is_one_sentence(
    run: Call, known: list[str], tmp_path: Path, options: tuple[object, ...], code: int, message: str
) -> None:
    done = run("labels", "add", listed(tmp_path / "a.csv", known[:3]), *NETWORK, *options)
    assert (done.code, done.out) == (code, "") and message in done.err, done.err
    assert done.err.count("\n") == 1 and "row 1" not in done.err


# ---- folders --------------------------------------------------------------------------------------------------------


def test_a_folder_has_a_line_for_each_file_of_the_network_and_a_total(run: Call, known: list[str], tmp_path: Path) -> None:
    lists = tmp_path / "ofac"
    lists.mkdir()
    (lists / "PROVENANCE.txt").write_text("downloaded\n")
    (lists / "sanctioned_addresses_ETH.txt").write_text(f"{known[0]}\n{known[1]}\n")
    (lists / "sanctioned_addresses_XBT.txt").write_text(f"{BITCOIN}\n")
    done = run("labels", "add", lists, *NETWORK, "--source", "folder")
    added = "2 labels added, 0 already present, 0 rejected"
    assert done.out == (
        f"sanctioned_addresses_ETH.txt: 2 rows: {added} (2 critical)\n2 files, 3 rows: {added}, 1 of other networks (2 critical)\n"
    )
    assert "XBT.txt: read as ofac; 1 row skipped: another network's address (1 of bitcoin)" in done.err
    files = add(run, lists, *NETWORK, "--source", "folder")["files"]
    assert [(one["present"], one["elsewhere"], one["format"]) for one in files] == [(2, 0, "ofac"), (0, 1, "ofac")]


def test_one_bad_file_keeps_the_whole_folder_out(run: Call, known: list[str], tmp_path: Path) -> None:
    listed(tmp_path / "two" / "a.csv", known[:2])
    for name, content in {"b.csv": "address,risk_level\n0x12,high\n", "c.json": '["0x', "d.csv": "\x00\x01"}.items():
        (tmp_path / "two" / name).write_text(content)
        done = run("labels", "add", tmp_path / "two", *NETWORK, "--source", "partly")
        assert (done.code, done.out) == (3, "") and name in done.err and rows(STANDING, "partly") == [], done.err
        (tmp_path / "two" / name).unlink()
    (tmp_path / "none").mkdir()
    empty = run("labels", "add", tmp_path / "none", *NETWORK)
    assert empty.code == 3 and "There is no label list in the folder" in empty.err


# ---- editions, removal, sources -------------------------------------------------------------------------------------


def test_a_complete_edition_closes_what_it_no_longer_has(run: Call, known: list[str], tmp_path: Path) -> None:
    given = (*NETWORK, "--source", "editions", "--complete", "--valid-from")
    whole, part = listed(tmp_path / "whole.csv", known[:4]), listed(tmp_path / "part.csv", known[:2])
    assert add(run, whole, *given, "2025-08-01")["edition_date"] == "2025-08-01"
    refused = run("labels", "add", part, *given, "2025-08-20")
    assert refused.code == 3 and "would close 2 of 4 labels" in refused.err and "raise --max-closed" in refused.err
    done = run("labels", "add", part, *given, "2025-08-20", "--max-closed", 0.5)
    assert done.out == "2 rows: 0 labels added, 2 already present, 0 rejected (2 high); 2 labels closed on 2025-08-20\n"
    assert [row[3:] for row in rows(STANDING, "editions")] == [("2025-08-01", "2149-06-06")] * 2 + [
        ("2025-08-01", "2025-08-20")
    ] * 2
    older = run("labels", "add", listed(tmp_path / "x.csv", known[:3]), *given, "2025-08-10")
    assert older.code == 3 and "one of 2025-08-20 is loaded" in older.err
    again = add(run, part, *given, "2025-08-20", "--max-closed", 0.5)
    assert (again["added"], again["closed"], again["present"]) == (0, 0, 2)


def test_removing_says_what_it_does(run: Call, known: list[str], tmp_path: Path) -> None:
    add(run, listed(tmp_path / "a.csv", known[:2]), *NETWORK, "--source", "gone")
    add(run, listed(tmp_path / "b.csv", known[:1]), *NETWORK)
    remove = ("labels", "remove", "--source")
    assert run(*remove, "gone", "--from", "2025-08-15", "--dry-run").out == "2 labels of gone would be closed on 2025-08-15\n"
    assert run(*remove, "gone", "--from", "2025-08-15").out == "2 labels of gone closed on 2025-08-15\n"
    assert {row[4] for row in rows(STANDING, "gone")} == {"2025-08-15"}
    assert json.loads(run(*remove, "gone", "--json").out) == {"source": "gone", "removed": 2, "dry_run": False}
    assert run(*remove, "custom").out == "1 label of custom removed\n"  # those that name no publisher
    unknown = run(*remove, "nobody")
    assert unknown.code == 3 and "There are no labels of source 'nobody'; sources with labels: " in unknown.err
    assert run(*remove, "gone", "--derived", "x").code == 2


def test_sources_are_summed_over_snapshots(run: Call, known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = (*NETWORK, "--source", "summed", "--complete", "--valid-from")
    add(run, listed(tmp_path / "a.csv", known[:4]), *given, "2025-07-01")
    add(run, listed(tmp_path / "b.csv", [*known[:3], NOWHERE]), *given, "2025-08-20", "--max-closed", 0.3)
    words = listed(tmp_path / "words.csv", known[4:6], label=["exchange", "rug"]).read_text().replace("risk_level", "x")
    (tmp_path / "words.csv").write_text(words)
    (tmp_path / "map.csv").write_text("category,risk_level\nexchange,low\n")
    done = run("labels", "add", tmp_path / "words.csv", *NETWORK, "--source", "words", "--map-category", tmp_path / "map.csv")
    assert f"1 label abstains: {tmp_path / 'map.csv'} has no risk level for rug (1)" in done.err
    run_dbt(["run", "--select", "+fct_label_source_summary"])
    sources = {one["source"]: one for one in json.loads(run("labels", "sources", "--json").out)["sources"]}
    summed, words_ = sources["summed"], sources["words"]
    expected = {
        "kind": "standing", "labels": 4, "addresses": 5, "delisted": 1, "edition": "2025-08-20", "by_risk_level": {"high": 4},
        "unmapped": 0, "matched": {FIRST: 4, LAST: 3}, "decay": 0.25,
    }  # fmt: skip
    assert {name: summed[name] for name in expected} == expected
    assert summed["age_days"] == (date.today() - date(2025, 8, 20)).days and summed["loaded_at"]
    assert (words_["by_risk_level"], words_["unmapped"], words_["edition"]) == ({"low": 1}, 1, None)
    for width in ("60", "200"):
        monkeypatch.setenv("COLUMNS", width)
        shown = run("labels", "sources").out
        assert "summed" in shown and "2025-08-20" in shown and "3–4" in shown and "25.0 %" in shown
        assert max(map(len, shown.splitlines())) <= int(width)


# ---- history, inserts, seeds ----------------------------------------------------------------------------------------


def test_the_history_replays_the_labels_of_a_day_as_the_documentation_says(run: Call, known: list[str], tmp_path: Path) -> None:
    given = (*NETWORK, "--source", "replayed", "--complete", "--max-closed", 1, "--valid-from")
    add(run, listed(tmp_path / "a.csv", known[:3]), *given, "2025-07-01")
    add(run, listed(tmp_path / "b.csv", known[:1]), *given, "2025-08-10")
    add(run, listed(tmp_path / "c.csv", known[1:2]), *given, "2025-08-20")
    key = ("--processing-date", "2025-08-15", "--window-days", 90)
    add(run, listed(tmp_path / "d.csv", known[5:6]), *NETWORK, "--source", "replayed", *key)
    text = (ROOT / "docs" / "label_lists.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- run: replay -->\n```sql\n(.*?)```", text, re.DOTALL)
    assert block
    replay = block[1].replace("WHERE changed_at", "WHERE source = 'replayed' AND changed_at")
    now, stood = replay.replace("2025-09-01 12:00:00", "2100-01-01 00:00:00"), {}
    for day in ("2025-06-30", "2025-07-01", "2025-08-09", "2025-08-10", "2025-08-15", "2025-08-20"):
        stood[day] = {(row[2], row[1]) for row in rows(now.replace("2025-08-15", day))}
    a, b, c, stamped = known[0], known[1], known[2], known[5]
    july = {(a, 0), (b, 0), (c, 0)}
    assert stood == {
        "2025-06-30": set(), "2025-07-01": july, "2025-08-09": july, "2025-08-10": {(a, 0)},
        "2025-08-15": {(a, 0), (stamped, 90)}, "2025-08-20": {(b, 0)},
    }  # fmt: skip
    assert rows(replay) == []  # nothing was known in September 2025


DAYS = {
    "text": "2025-08-01",
    "date": date(2025, 8, 1),
    "with a zone": pd.Timestamp("2025-08-01 00:30", tz="Europe/Berlin"),
    "late, with a zone": pd.Timestamp("2025-08-01 23:30", tz="America/New_York"),
    "text with an offset": "2025-08-01T00:30:00+02:00",
    "text with a negative offset": "2025-08-01 23:30:00-05:00",
    "text in UTC": "2025-08-01T00:00:00Z",
}


def frame(known: list[str], **columns: Any) -> pd.DataFrame:
    base = {
        "network": "ethereum",
        "address": [address.upper().replace("X", "x", 1) for address in known[:2]],
        "risk_level": "high",
    }
    return pd.DataFrame(base | columns)


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_an_inserted_date_is_the_calendar_date_as_written(run: Call, known: list[str], day: object, request: Any) -> None:
    source = request.node.callspec.id
    stamped = frame(known, processing_date=[day] * 2, window_days=90, source=source)
    with connect() as client:
        create_tables(client)
        client.insert_df("raw_address_labels", stamped)
        client.insert_df("raw_standing_labels", frame(known, valid_from=[day] * 2, source=source))
    query = "SELECT address, toString(processing_date) FROM raw_address_labels FINAL WHERE source = {source:String} ORDER BY ALL"
    assert rows(query, source) == [(address, "2025-08-01") for address in known[:2]]
    assert [(row[0], *row[3:]) for row in rows(STANDING, source)] == [(one, "2025-08-01", "2149-06-06") for one in known[:2]]


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        ("raw_address_labels", {"processing_date": ["2025-08-01", None], "window_days": 90}, r"raw_address_labels\.processing_date has no date in row 1"),
        ("raw_address_labels", {"processing_date": [pd.NaT, pd.NaT], "window_days": 90}, r"processing_date has no date in rows 0, 1"),
        ("raw_address_labels", {"processing_date": "1.8.2025", "window_days": 90}, r"processing_date needs dates such as 2025-08-01; found '1\.8\.2025'"),
        ("raw_address_labels", {"processing_date": "2025-08-01", "window_days": [90, 0]}, r"window_days is not a number of days from 1 .* in row 1"),
        ("raw_address_labels", {"processing_date": "2025-08-01", "window_days": [None, 9]}, r"window_days is not a number .* in row 0"),
        ("raw_address_labels", {"processing_date": "2025-08-01"}, "raw_address_labels have no column window_days"),
        ("raw_address_labels", {"processing_date": "2025-08-01", "window_days": 9, "network": ["a", ""]}, r"network is missing in row 1"),
        ("raw_standing_labels", {"network": [None, "a"]}, r"raw_standing_labels\.network is missing in row 0"),
        ("raw_standing_labels", {"valid_from": [None, "2025-08-01"]}, r"valid_from has no date in row 0"),
        ("raw_address_labels", {"processing_date": "1965-08-01", "window_days": 90}, r"takes dates from 1970-01-01 to 2149-06-06; found 1965-08-01"),
        ("raw_address_labels", {"processing_date": "2025-08-01", "window_days": [9, 9.5]}, r"window_days is not a number of days .* in row 1"),
        ("raw_standing_labels", {"address": ["0xab", ""]}, r"raw_standing_labels\.address is missing in row 1"),
        ("raw_standing_labels", {"valid_from": "2150-01-01"}, r"valid_from takes dates from 1970-01-01 to 2149-06-06; found 2150-01-01"),
        ("raw_standing_labels", {"valid_from": "2025-08-01", "valid_to": ["2025-09-01", "2025-08-01"]}, r"valid_to is not after valid_from in row 1"),
        ("raw_standing_labels", {"valid_to": "soon"}, r"valid_to needs dates such as"),
        ("raw_standing_labels", {"processing_date": "2025-08-01"}, "raw_standing_labels has no column processing_date"),
    ],
)  # fmt: skip
def test_an_insert_without_a_part_of_the_key_names_the_column(
    run: Call, known: list[str], table: str, columns: dict[str, Any], message: str
) -> None:
    with connect() as client:
        create_tables(client)
        before = client.query(f"SELECT count() FROM {table}").result_rows
        with pytest.raises(Exception, match=message) as raised:
            client.insert_df(table, frame(known, **columns))
        assert raised.type.__name__ == "BadInputError"
        assert client.query(f"SELECT count() FROM {table}").result_rows == before


def test_a_frame_without_addresses_is_refused(run: Call, known: list[str]) -> None:
    with connect() as client:
        create_tables(client)
        with pytest.raises(Exception, match="The rows for raw_standing_labels have no column address"):
            client.insert_df("raw_standing_labels", frame(known).drop(columns="address"))


def test_labels_of_more_than_a_hundred_sources_and_dates_are_taken_at_once(run: Call, known: list[str], tmp_path: Path) -> None:
    many = pd.DataFrame(
        {"network": "ethereum", "address": known[0], "risk_level": "high", "source": [f"m{i}" for i in range(120)]}
    )
    with connect() as client:
        create_tables(client)
        client.insert_df("raw_standing_labels", many)
    assert rows("SELECT uniqExact(source) FROM raw_standing_labels WHERE match(source, '^m[0-9]+$')") == [(120,)]
    days = [str(day.date()) for day in pd.date_range("2023-01-01", periods=120)]
    file = listed(tmp_path / "days.csv", known[:1] * 120, processing_date=days, window_days=90, source="many days")
    for added in (120, 0):
        assert add(run, file, *NETWORK)["added"] == added
    corrected = listed(
        tmp_path / "low.csv", known[:1] * 120, processing_date=days, window_days=90, source="many days", risk_level="low"
    )
    assert add(run, corrected, *NETWORK)["replaced"] == 120
    assert run("labels", "remove", "--source", "many days").out == "120 labels of many days removed\n"


def test_a_summary_of_an_earlier_version_asks_for_dbt_run(run: Call) -> None:
    run_dbt(["run", "--select", "+fct_label_source_summary"])
    with connect() as client:
        client.command("CREATE OR REPLACE VIEW fct_label_source_summary AS SELECT 'x' AS source, 1 AS labels")
    refused = run("labels", "sources")
    assert (
        refused.code == 4 and "An earlier version built the table fct_label_source_summary; run `dbt run` first." in refused.err
    )


def test_labels_without_a_publisher_have_an_age(run: Call, known: list[str], tmp_path: Path) -> None:
    add(run, listed(tmp_path / "unnamed.csv", known[7:8]), *NETWORK, "--valid-from", "2025-07-01")
    run_dbt(["run", "--select", "+fct_label_source_summary"])
    sources = {one["source"]: one for one in json.loads(run("labels", "sources", "--json").out)["sources"]}
    assert sources["custom"]["edition"] == "2025-07-01" and sources["custom"]["matched"] == {FIRST: 1, LAST: 1}
    editions = "SELECT DISTINCT toString(edition_date) FROM fct_label_source_summary WHERE source = 'custom'"
    assert rows(editions) == [("2025-07-01",)]


def test_a_seed_of_an_earlier_version_is_loaded_anew(run: Call) -> None:
    with connect() as client:
        client.command("ALTER TABLE address_forms DROP COLUMN prefix")
    done = run("init")
    assert done.code == 0 and "the seed address_forms has the columns of an earlier version" in done.err
    with connect() as client:
        assert client.query("SELECT count() > 50 FROM address_forms WHERE prefix = '' OR prefix != ''").result_rows == [(True,)]
    assert run("init").err == ""
