"""Editions of lists on the real engine: what stands on which day, whatever is loaded later, and how the history replays it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt import run_dbt
from tests.support.snapshots import ADDRESSES
from tests.support.standing import Call, add, applied, held, listed, own_list, rows, snapshots
from tests.support.warehouse import ROOT

REAL = ROOT.parent / "shared" / "data" / "label_files" / "ofac" / "sanctioned_addresses_ETH.txt"
FIRST, SECOND = "2025-01-01", "2025-03-21"
BEFORE, BETWEEN, AFTER = "2024-12-15", "2025-02-15", "2025-04-15"
# The labels that stood on a day, as they were known at a time.
REPLAY = """
    SELECT network, source, address, label, risk_level, valid_from, argMax(valid_to, changed_at) AS ends
    FROM label_history
    WHERE window_days = 0 AND changed_at <= {time:DateTime64(3)}
    GROUP BY network, source, list, address, label, address_subtype, risk_level, confidence_score, trust_level, publisher, valid_from
    HAVING argMax(event, changed_at) IN ('added', 'closed') AND valid_from <= {day:Date} AND {day:Date} < ends
"""
# What a fit reads of a snapshot.
READ_BY_FIT = ("training_addresses", "fct_address_labels", "int_label_votes")


def real_addresses() -> list[str]:
    return REAL.read_text().split()


def content_on(network: str, day: str) -> list[Any]:
    """Return number of rows and content of everything that a fit reads of a snapshot."""
    return [
        rows(
            f"SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM {relation} "
            "WHERE network = {network:String} AND processing_date = {day:Date}",
            network=network,
            day=day,
        )
        for relation in READ_BY_FIT
    ]


def time() -> str:
    """Return the warehouse's time, to ask for what was known by then."""
    return str(rows("SELECT toString(now64(3))")[0])


def replayed(moment: str, day: str, source: str) -> list[Any]:
    found = rows(
        f"SELECT address, risk_level FROM ({REPLAY}) WHERE source = {{source:String}} ORDER BY ALL",
        time=moment,
        day=day,
        source=source,
    )
    return list(found)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("network", "addresses"),
    [
        pytest.param("ethereum", None, marks=[pytest.mark.shared, pytest.mark.skipif(not REAL.is_file(), reason=f"no {REAL}")]),
        ("madenet", [f"0x{i:040x}" for i in range(6)]),
    ],
    ids=["real", "made up"],
)
def test_a_withdrawn_label_holds_before_its_last_day_and_not_after(
    own_house: Path, call: Call, tmp_path: Path, network: str, addresses: list[str] | None
) -> None:
    whole = sorted(set(addresses or map(str.lower, real_addresses())))
    gone, kept = whole[: len(whole) // 6], whole[len(whole) // 6 :]
    source = f"ofac of {network}"
    options = ("--network", network, "--source", source, "--complete", "--valid-from")
    first = listed(tmp_path / "1" / "sanctioned_addresses_ETH.txt", whole)
    second = listed(tmp_path / "2" / "sanctioned_addresses_ETH.txt", kept)
    call("ingest", snapshots(tmp_path, network, (BEFORE, BETWEEN, AFTER), whole))
    assert add(call, first, *options, FIRST)["added"] == len(whole)
    run_dbt(["run", "--select", "staging", "+training_addresses", "feature_catalog"])
    then, known = content_on(network, BETWEEN), time()
    assert all(count > 0 for ((count, _),) in then)
    result = add(call, second, *options, SECOND)
    assert (result["added"], result["closed"], result["edition_date"]) == (0, len(gone), SECOND)
    run_dbt(["run", "--select", "labels", "training_addresses"])
    labels = rows(
        "SELECT toString(processing_date), address, risk_level, publisher_label FROM fct_applied_labels "
        "WHERE network = {network:String} ORDER BY ALL",
        network=network,
    )
    assert labels == [(day, a, "critical", "sanctioned") for day, those in ((BETWEEN, whole), (AFTER, kept)) for a in those]
    assert content_on(network, BETWEEN) == then
    for moment, day, those in (
        (known, BETWEEN, whole),
        (known, AFTER, whole),
        (time(), BETWEEN, whole),
        (time(), AFTER, kept),
        (time(), BEFORE, []),
    ):
        assert [address for address, _ in replayed(moment, day, source)] == those, (moment, day)
    for file, day in ((first, FIRST), (second, SECOND), (first, FIRST), (first, FIRST), (second, SECOND)):
        again = add(call, file, *options, day)
        assert (again["added"], again["closed"], again["replaced"]) == (0, 0, 0)
    assert [address for address, _ in held(AFTER, source)] == kept


def test_the_history_replays_every_change(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "replaynet", "--source", "replay")
    one, two, three = ({"address": address} for address in ADDRESSES[:3])
    changes: list[tuple[object, ...]] = [
        ("add", own_list(tmp_path / "a.csv", [one, two]), *options, "--valid-from", "2025-01-01", "--complete"),
        ("add", own_list(tmp_path / "b.csv", [one | {"risk_level": "low"}, three]), *options, "--valid-from", "2025-02-01"),
        (
            "add",
            own_list(tmp_path / "c.csv", [one, three]),
            *options,
            "--valid-from",
            "2025-03-01",
            "--complete",
            "--max-closed",
            1,
        ),
        ("add", own_list(tmp_path / "d.csv", [three | {"risk_level": "low"}]), *options),
        ("remove", "--source", "replay", "--from", "2025-04-01"),
        ("add", own_list(tmp_path / "e.csv", [two]), *options),
        ("remove", "--source", "replay"),
        ("add", own_list(tmp_path / "f.csv", [two]), *options),
    ]
    days = [f"2025-{month:02}-15" for month in (1, 2, 3, 4)] + ["1999-01-01"]
    stood = []
    for change in changes:
        assert call("labels", *change).code == 0
        stood.append((time(), {day: held(day, "replay") for day in days}))
    for moment, labels in stood:
        assert {day: replayed(moment, day, "replay") for day in days} == labels


def test_an_older_edition_is_refused_and_changes_nothing(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "oldnet", "--source", "old", "--complete", "--valid-from")
    add(call, own_list(tmp_path / "new.csv", [{"address": a} for a in ADDRESSES]), *options, SECOND)
    before = held(AFTER, "old"), held(BETWEEN, "old")
    refused = call("labels", "add", own_list(tmp_path / "old.csv", [{"address": ADDRESSES[0]}]), *options, FIRST)
    assert refused.code == 3 and f"an edition of {FIRST}, but one of {SECOND} is loaded" in refused.err
    assert (held(AFTER, "old"), held(BETWEEN, "old")) == before


def test_an_edition_that_closes_too_much_is_refused(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "guardnet", "--source", "guard", "--complete", "--valid-from")
    add(call, own_list(tmp_path / "all.csv", [{"address": a} for a in ADDRESSES]), *options, FIRST)
    # The labels of another network do not dilute the share.
    add(
        call,
        own_list(tmp_path / "other.csv", [{"address": f"0x{i:040x}"} for i in range(90)]),
        "--network",
        "guard2",
        "--source",
        "guard",
    )
    part = own_list(tmp_path / "part.csv", [{"address": a} for a in ADDRESSES[:4]])
    refused = call("labels", "add", part, *options, SECOND)
    assert refused.code == 3 and "would close 2 of 6 labels of the list of guard (33%, more than 20%)" in refused.err
    assert len(held(AFTER, "guard")) == 96
    closed = add(call, part, *options, SECOND, "--max-closed", 0.5)
    assert closed["closed"] == 2 and len(held(AFTER, "guard")) == 94 and len(held(BETWEEN, "guard")) == 6 + 90


def test_a_relisted_address_holds_again_from_its_new_day(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "relistnet", "--source", "relist", "--complete", "--max-closed", 1, "--valid-from")
    both = own_list(tmp_path / "both.csv", [{"address": ADDRESSES[0]}, {"address": ADDRESSES[1]}])
    one = own_list(tmp_path / "one.csv", [{"address": ADDRESSES[1]}])
    for file, day in ((both, "2025-01-01"), (one, "2025-02-01"), (both, "2025-03-01")):
        add(call, file, *options, day)
    months = [f"2025-{month:02}-15" for month in (1, 2, 3)]
    assert [len(held(day, "relist")) for day in months] == [2, 1, 2]
    assert rows("SELECT count() FROM raw_standing_labels FINAL WHERE source = 'relist'") == [3]


def test_a_complete_edition_leaves_the_other_lists_of_its_source_alone(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "listnet", "--source", "lists", "--complete", "--max-closed", 1)
    ether = listed(tmp_path / "a" / "sanctioned_addresses_ETH.txt", ADDRESSES[:3])
    dollar = listed(tmp_path / "a" / "sanctioned_addresses_USDT.txt", ADDRESSES[2:5])
    add(call, ether, *options, "--valid-from", FIRST)
    # The first edition of a list closes nothing, and without a date its labels hold from the beginning.
    found = add(call, dollar, *options)
    assert (found["added"], found["closed"], found["edition_date"]) == (3, 0, None)
    add(call, listed(tmp_path / "b" / "sanctioned_addresses_ETH.txt", ADDRESSES[:1]), *options, "--valid-from", SECOND)
    by_list = "SELECT list, count() FROM raw_standing_labels FINAL WHERE source = 'lists' AND valid_to > '2100-01-01' GROUP BY 1 ORDER BY 1"
    assert rows(by_list) == [("ETH", 1), ("USDT", 3)]


def test_a_row_with_a_last_day_closes_the_label(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "endnet", "--source", "end")
    row = {"address": ADDRESSES[0], "valid_from": "2025-01-01"}
    add(call, own_list(tmp_path / "open.csv", [row]), *options)
    ended = own_list(tmp_path / "ended.csv", [row | {"valid_to": "2025-03-01"}])
    for added in (1, 0):
        assert add(call, ended, *options)["added"] == added
        assert len(held("2025-02-15", "end")) == 1 and held("2025-03-01", "end") == []
    # A correction of the last day replaces it; of two in one file, in any order, the later one holds.
    later, latest = row | {"valid_to": "2025-02-01"}, row | {"valid_to": "2025-04-01"}
    for number, file in enumerate([[later], [later, latest], [latest, later]]):
        add(call, own_list(tmp_path / f"{number}.csv", file), *options)
        assert len(held("2025-03-15", "end")) == min(number, 1)
    assert rows("SELECT count() FROM raw_standing_labels FINAL WHERE source = 'end'") == [1]


def test_removed_labels_can_be_added_again(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "removenet", "--source", "remove", "--complete", "--max-closed", 1, "--valid-from")
    editions = [
        (own_list(tmp_path / "1.csv", [{"address": a} for a in ADDRESSES]), FIRST),
        (own_list(tmp_path / "2.csv", [{"address": a} for a in ADDRESSES[:2]]), SECOND),
    ]
    table = "SELECT address, valid_from, valid_to FROM raw_standing_labels FINAL WHERE source = 'remove' ORDER BY ALL"
    seen = []
    for _ in range(2):
        for file, day in editions:
            add(call, file, *options, day)
        seen.append(rows(table))
        assert call("labels", "remove", "--source", "remove").code == 0 and rows(table) == []
    assert seen[0] == seen[1] and len(seen[0]) == 6
    for file, day in editions:
        add(call, file, *options, day)
    done = call("labels", "remove", "--source", "remove", "--from", "2025-04-01", "--json")
    assert '"removed": 2' in done.out
    assert [len(held(day, "remove")) for day in (BETWEEN, "2025-03-25", AFTER)] == [6, 2, 0]
    events = rows("SELECT DISTINCT event FROM label_history WHERE source = 'remove' ORDER BY 1")
    assert events == ["added", "closed", "removed"]


def test_adding_a_dated_list_again_confirms_it(own_house: Path, call: Call, tmp_path: Path) -> None:
    file = own_list(tmp_path / "a.csv", [{"address": ADDRESSES[0]}])
    options = ("--network", "confirmnet", "--source", "confirm", "--valid-from")
    for day in (FIRST, FIRST, SECOND, FIRST):
        add(call, file, *options, day)
    editions = rows("SELECT toString(edition_date), added FROM label_editions FINAL WHERE source = 'confirm' ORDER BY 1")
    assert editions == [(FIRST, 1), (SECOND, 0)]
    assert applied("confirmnet") == []


def test_a_large_list_of_a_source_does_not_hide_a_small_one(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "twolists", "--complete", "--valid-from")
    many = [{"address": f"0x{i:040x}", "source": "large list"} for i in range(90)]
    few = [{"address": address, "source": "small list"} for address in ADDRESSES]
    add(call, own_list(tmp_path / "both.csv", many + few), *options, FIRST)
    refused = call("labels", "add", own_list(tmp_path / "less.csv", many + few[:3]), *options, SECOND)
    assert refused.code == 3 and "would close 3 of 6 labels of the list of small list (50%, more than 20%)" in refused.err
    assert len(held(AFTER, "small list")) == 6


def test_a_complete_edition_without_a_usable_row_ends_nothing(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "ethereum", "--source", "nothing", "--complete", "--max-closed", 1, "--valid-from")
    add(call, own_list(tmp_path / "1.csv", [{"address": address} for address in ADDRESSES]), *options, FIRST)
    unusable = own_list(tmp_path / "2.csv", [{"address": "0x12"}, {"address": "0x34"}])
    refused = call("labels", "add", unusable, *options, SECOND, "--skip-bad")
    assert refused.code == 3 and "would end every label of the list: none of its rows can be loaded" in refused.err
    assert len(held(AFTER, "nothing")) == len(ADDRESSES)


def test_a_label_given_up_without_a_new_date_ends_today(own_house: Path, call: Call, tmp_path: Path) -> None:
    # The newest date of a list is that of its newest row, and that row may be years old when another is given up.
    options = ("--network", "owndates", "--source", "own dates", "--complete", "--max-closed", 1)
    dated = [{"address": a, "valid_from": day} for a, day in zip(ADDRESSES, ("2023-01-05", "2024-02-06"), strict=False)]
    assert add(call, own_list(tmp_path / "1.csv", dated), *options)["edition_date"] == "2024-02-06"
    closed = add(call, own_list(tmp_path / "2.csv", dated[1:]), *options)
    assert (closed["closed"], closed["edition_date"]) == (1, str(date.today()))
    assert len(held(date.today() - timedelta(days=1), "own dates")) == 2
    assert held(date.today(), "own dates") == [(ADDRESSES[1], "high")]


def test_the_same_rows_of_another_day_are_another_edition(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "daynet", "--source", "days")
    one = own_list(tmp_path / "1.csv", [{"address": ADDRESSES[0], "valid_from": "2025-02-01"}])
    two = own_list(tmp_path / "2.csv", [{"address": ADDRESSES[1], "valid_from": "2025-03-01"}])
    again = own_list(tmp_path / "3.csv", [{"address": ADDRESSES[0], "valid_from": "2025-04-01"}])
    for file in (one, two, again):
        add(call, file, *options, "--complete", "--max-closed", 1)
    days = [held(f"2025-{month:02}-15", "days") for month in (2, 3, 4)]
    assert days == [[(ADDRESSES[0], "high")], [(ADDRESSES[1], "high")], [(ADDRESSES[0], "high")]]


def test_one_refused_edition_keeps_the_whole_folder_out(own_house: Path, call: Call, tmp_path: Path) -> None:
    options = ("--network", "foldernet", "--source", "folder", "--complete", "--valid-from")
    for currency in ("BSC", "ETH"):
        listed(tmp_path / "1" / f"sanctioned_addresses_{currency}.txt", ADDRESSES)
        listed(tmp_path / "2" / f"sanctioned_addresses_{currency}.txt", ADDRESSES[:1] if currency == "ETH" else ADDRESSES[:5])
    assert call("labels", "add", tmp_path / "1", *options, FIRST).code == 0
    refused = call("labels", "add", tmp_path / "2", *options, SECOND)
    assert refused.code == 3 and "would close 5 of 6 labels of the list of folder" in refused.err
    assert len(held(AFTER, "folder")) == 2 * len(ADDRESSES)


def test_labels_cannot_be_ended_on_a_day_to_come(own_house: Path, call: Call, tmp_path: Path) -> None:
    add(call, own_list(tmp_path / "a.csv", [{"address": ADDRESSES[0]}]), "--network", "comingnet", "--source", "coming")
    tomorrow = date.today() + timedelta(days=1)
    refused = call("labels", "remove", "--source", "coming", "--from", tomorrow)
    assert refused.code == 2 and f"--from {tomorrow} is in the future." in refused.err
    assert len(held(tomorrow, "coming")) == 1
