"""Each check of `dbt test` on labels fails for the fault it is meant for, and no other check does: faults are injected and removed again.

On a warehouse of its own. Running dbt takes seconds, so faults of different checks are injected together, each on addresses of
its own; the number of rows shows whether a check has found another's fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt import dbt, parsed, run_dbt
from tests.support.warehouse import DATES, WINDOW
from trainer import connect
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import create_tables

NETWORK = "broken"
TABLES = (
    "int_label_votes", "fct_address_labels", "raw_address_labels", "address_labels", "raw_standing_labels", "label_editions",
    "fct_applied_labels", "fct_snapshot_addresses",
)  # fmt: skip
NETWORKS = (NETWORK, "Ethereum", "torus", "bitcoin")
KEY = f"'{NETWORK}' AS network, toDate('2025-08-01') AS processing_date, toUInt16(90) AS window_days"
CHECKED = (
    "--select",
    "int_label_votes",
    "fct_address_labels",
    "source:raw",
    "test_type:singular",
    "--exclude-resource-type",
    "unit_test",
)
LATE = "no_vote_comes_from_a_later_label"
AS_OF = ("--vars", json.dumps({"label_as_of": "timestamp"}))
Findings = dict[str, tuple[str, int]]


def vote(address: str, value: int, rule: str = "sot", kind: str = "gold", confidence: float = 1) -> str:
    return (
        f"INSERT INTO int_label_votes (network, processing_date, window_days, address, address_key, rule_id, kind, source, voice, "
        f"vote, confidence) SELECT {KEY}, {address} AS address, cityHash64(network, processing_date, window_days, address), "
        f"'{rule}', '{kind}', 's', 's', {value}, {confidence} FROM numbers(ROWS)"
    )


def label(address: str, value: int, p_risky: float = 0.5, confidence: float = 1, conflict: int = 0) -> str:
    return (
        f"INSERT INTO fct_address_labels (network, processing_date, window_days, address, address_key, strategy, label, "
        f"label_confidence, p_risky, is_conflict) SELECT {KEY}, {address} AS address, "
        f"cityHash64(network, processing_date, window_days, address), 'address_labels', {value}, {confidence}, {p_risky}, "
        f"{conflict} FROM numbers(ROWS)"
    )


def raw(address: str, level: str, network: str = NETWORK, confidence: float = 1, source: str = "s") -> str:
    return (
        f"INSERT INTO raw_address_labels (network, processing_date, window_days, address, risk_level, confidence_score, source) "
        f"SELECT '{network}', toDate('2025-08-01'), 90, '{address}', '{level}', {confidence}, '{source}'"
    )


def standing(address: str, valid_from: str, valid_to: str = "2149-06-06") -> tuple[str, ...]:
    """Return SQL for a label that holds from a day to a day, and is applied to a snapshot of 2025-08-01 whatever they are."""
    return (
        f"INSERT INTO raw_standing_labels (network, address, risk_level, source, valid_from, valid_to) SELECT '{NETWORK}', {address}, "
        f"'high', 'stands', toDate('{valid_from}'), toDate('{valid_to}')",
        f"INSERT INTO fct_snapshot_addresses (network, processing_date, window_days, address, address_key, account_key) SELECT {KEY}, "
        f"{address} AS address, cityHash64(network, processing_date, window_days, address), cityHash64(network, address)",
        applied(address, "stands"),
    )


def applied(address: str, source: str) -> str:
    return (
        "INSERT INTO fct_applied_labels (network, processing_date, window_days, address, address_key, rule_id, label_source, "
        f"risk_level, is_standing) SELECT {KEY}, {address} AS address, cityHash64(network, processing_date, window_days, address), "
        f"'custom', '{source}', 'high', true"
    )


def edition(source: str, day: str) -> str:
    return (
        f"INSERT INTO label_editions (network, source, edition_date, loaded_at) SELECT '{NETWORK}', '{source}', "
        f"toDate('{day}'), now64(3)"
    )


def instead(view: str, scored: str, grain: str) -> str:
    """Return SQL that replaces a training view by the result of a left join without join_use_nulls: all rows are benign."""
    return (
        f"CREATE OR REPLACE VIEW {view} AS SELECT *, 'address_labels' AS label_strategy, toUInt8(0) AS label, "
        f"toFloat32(0) AS label_confidence, '' AS label_source FROM {scored}"
    )


# Two addresses with gold votes and equal labels, standing labels on their first and their last day, and lists that are as old
# as they may be or give no date: no fault.
SOUND = (
    vote("'a'", 1), label("'a'", 1), vote("'b'", 0), label("'b'", 0),
    *standing("'a'", "2025-08-01"), *standing("'b'", "2025-01-01", "2025-08-02"),
    applied("'c'", "yearly"), edition("yearly", "2020-01-01"), edition("yearly", "2024-08-01"), edition("yearly", "2025-09-01"),
    applied("'c'", "undated"), edition("undated", "1970-01-01"),
)  # fmt: skip
HEURISTIC = {"rule": "new_address_high_volume", "kind": "heuristic"}
CONFLICTS = (
    vote("toString(number)", 1),
    vote("toString(number)", 0, rule="custom"),
    label("toString(number)", "number % 2", conflict=1),  # type: ignore[arg-type]
)


@dataclass(frozen=True)
class Fault:
    """The statements injected beside SOUND, how often, and the checks that must fail with their number of rows (None: any).

    'x' in a statement stands for an address of its own; `expected` is the var label_source_rows.
    """

    statements: tuple[str, ...]
    found_by: dict[str, int | None]
    rows: int = 1
    expected: dict[str, list[int]] = field(default_factory=dict)
    rebuilt: str = ""
    alone: bool = False


FORM, EXPECTED = "an_address_has_the_form_of_its_network", "a_source_has_as_many_labels_as_expected"
WARNINGS = {
    "a_strategy_has_both_classes",
    "a_label_holds_no_text_for_a_missing_value",
    "a_source_labels_active_addresses",
    "a_label_list_is_not_old",
}
GONE = "it's \\ gone"
FAULTS = {
    "nothing": Fault((), {}, alone=True),
    "a misspelt risk level": Fault((raw("m", "hgih"),), {"a_risk_level_is_a_known_word": 1}),
    "a confidence above 1": Fault((raw("c", "high", confidence=5),), {"source_in_range_raw_raw_address_labels_confidence_score__1__0": 1}),
    "a vote that is neither 0 nor 1": Fault((vote("'x'", 2, **HEURISTIC),), {"accepted_values_int_label_votes_vote__False__0__1": 1}),
    "a vote's confidence out of range": Fault((vote("'x'", 1, confidence=2, **HEURISTIC),), {"in_range_int_label_votes_confidence__1__0": 1}),
    "a label that is neither 0 nor 1": Fault((vote("'x'", 1, **HEURISTIC), label("'x'", 2)), {"accepted_values_fct_address_labels_label__False__0__1": 1}),
    "a label's confidence out of range": Fault((vote("'x'", 1), label("'x'", 1, confidence=-1)), {"in_range_fct_address_labels_label_confidence__1__0": 1}),
    "p_risky out of range": Fault((vote("'x'", 1), label("'x'", 1, p_risky=1.5)), {"p_risky_is_a_probability": 1}),
    "p_risky not a number": Fault((vote("'x'", 1), label("'x'", 1, p_risky="nan")), {"p_risky_is_a_probability": 1}),  # type: ignore[arg-type]
    "two labels of one strategy": Fault(
        (vote("'x'", 1), label("'x'", 1), label("'x'", 1)),
        {
            "unique_combination_fct_address_labels_network__processing_date__window_days__address__strategy": 1,
            "unique_combination_fct_address_labels_address_key__strategy": 1,
        },
    ),
    "a vote counted twice": Fault((vote("'x'", 1), vote("'x'", 1)), {"unique_combination_int_label_votes_address_key__rule_id__source__vote": 1}),
    "a rule nobody declared": Fault((vote("'x'", 1, rule="nobody", kind="heuristic"),), {"relationships_int_label_votes_rule_id__rule_id__ref_fct_label_rules_": 1}),
    "gold overruled": Fault((vote("'x'", 1), vote("'x'", 0, **HEURISTIC), label("'x'", 0)), {"gold_is_never_overruled": 1}),
    "too few labels of a source": Fault((raw("f", "high"),), {EXPECTED: 1}, expected={"s": [2, 9]}),
    "too many labels of a source": Fault((raw("f", "high"), raw("g", "high")), {EXPECTED: 1}, expected={"s": [0, 1]}),
    "a source that is gone": Fault((raw("f", "high"),), {EXPECTED: 1}, expected={"s": [1, 1], "absent": [0, 9], GONE: [1, 9]}),
    "an EVM address cut short": Fault((raw("0xab", "high", "Ethereum"),), {FORM: 1}),
    "an EVM address on a Substrate network": Fault((raw("0x" + "a" * 40, "high", "torus"),), {FORM: 1}),
    "a Substrate address on Bitcoin": Fault((raw("5" + "C" * 47, "high", "bitcoin"),), {FORM: 1}),
    "lists that contradict each other": Fault(CONFLICTS, {"gold_labels_rarely_conflict": 1}, rows=40, alone=True),
    "a label without a vote": Fault((label("'x'", 0),), {"an_unlabelled_address_has_no_label": 1}),
    "a training address without a vote": Fault(
        (instead("training_addresses", "scoring_addresses", "address"),),
        {"an_unlabelled_address_has_no_label": None},
        rebuilt="training_addresses",
    ),
    "a training alert without a vote": Fault(
        (instead("training_alerts", "scoring_alerts", "alert"),),
        {"an_unlabelled_alert_is_not_in_training": None},
        rebuilt="training_alerts",
    ),
    "a text for a missing value": Fault((raw("NaN", "high"),), {"a_label_holds_no_text_for_a_missing_value": 1}),
    "a list of addresses that never occur": Fault(
        (
            f"INSERT INTO raw_address_labels (network, processing_date, window_days, address, risk_level, source) "
            f"SELECT {KEY}, toString(number), 'high', 'made up' FROM numbers(ROWS)",
        ),
        {"a_source_labels_active_addresses": 1},
        rows=9,
    ),
    "an old list": Fault((applied("'x'", "old"), edition("old", "2024-07-31")), {"a_label_list_is_not_old": 1}),
    "a label before its first day": Fault(standing("'x'", "2025-08-02"), {"no_label_holds_outside_its_days": 1}),
    "a label on the day it ended": Fault(standing("'x'", "2025-01-01", "2025-08-01"), {"no_label_holds_outside_its_days": 1}),
    "labels of one class": Fault((vote("toString(number)", 1), label("toString(number)", 1)), {"a_strategy_has_both_classes": 1}, rows=99, alone=True),
}  # fmt: skip


def rounds() -> list[list[str]]:
    """Return the faults in rounds; no two of a round are found by one check or have different `expected`."""
    found: list[list[str]] = []
    for name, fault in FAULTS.items():
        for together in found:
            others = [FAULTS[one] for one in together]
            if not any(
                fault.alone or one.alone or one.found_by.keys() & fault.found_by or one.expected != fault.expected
                for one in others
            ):
                together.append(name)
                break
        else:
            found.append([name])
    return found


@contextmanager
def broken(faults: list[Fault]) -> Iterator[None]:
    """Inject faults, and remove them again."""
    sound = [statement.replace("ROWS", "1") for statement in SOUND]
    own = [
        statement.replace("ROWS", str(fault.rows)).replace("'x'", f"'x{number}'")
        for number, fault in enumerate(faults)
        for statement in fault.statements
    ]
    with connect() as client:
        for statement in [*sound, *own]:
            client.command(statement)
    yield
    with connect() as client:
        for table in TABLES:
            client.command(f"DELETE FROM {table} WHERE network IN {NETWORKS}")


def findings(*arguments: str, manifest: Any = None) -> Findings:
    """Run `dbt test` and return the tests that did not pass, with status and number of rows."""
    ended = dbt("test", *arguments, manifest=manifest)
    assert ended.exception is None and len(ended.result), ended
    return {
        one.node.unique_id.split(".")[2]: (str(one.status), one.failures)
        for one in ended.result
        if one.status not in {"pass", "success"}
    }


def find(names: list[str]) -> Findings:
    """Inject the faults of one round, run the checks and remove the faults."""
    faults = [FAULTS[name] for name in names]
    options = ("--vars", json.dumps({"label_source_rows": faults[0].expected})) if faults[0].expected else ()
    with broken(faults):
        found = findings(*CHECKED, *options)
    if rebuilt := [fault.rebuilt for fault in faults if fault.rebuilt]:
        run_dbt(["run", "--select", *rebuilt])
    return found


def find_late() -> list[Findings]:
    """Return the findings for labels created by the end of the date, then for labels created a second later."""
    dated = (
        "INSERT INTO address_labels (network, processing_date, window_days, address, risk_level, confidence_score, source, "
        "created_timestamp) SELECT 'broken', toDate('2025-08-01'), 90, '{}', '{}', 1, 's', toUnixTimestamp('{}', 'UTC')"
    )
    known = (dated.format("a", "high", "2025-08-01 23:59:59"), dated.format("b", "low", "2025-07-01 00:00:00"))
    late = (dated.format("a", "low", "2025-08-01 23:59:59"), dated.format("a", "high", "2025-08-02 00:00:00"), known[1])
    manifest = parsed(*AS_OF)  # another project: what a model reads follows from the var
    select = ("--select", "fct_applied_labels", "int_label_votes__gold", "int_label_voters", "int_label_votes")
    assert dbt("run", *select, *AS_OF, manifest=manifest).success
    found = []
    for statements in (known, late):
        with broken([Fault(statements, {})]):
            found.append(findings("--select", LATE, *AS_OF, manifest=manifest))
    return found


@pytest.fixture(scope="module")
def found(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Findings]]:
    """Fill a warehouse, and try round after round."""
    folder = tmp_path_factory.mktemp("checks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(folder / "warehouse"))
        world = simulate(folder / "world", alerts=500, dates=DATES[:1], window_days=WINDOW, network="simnet", seed=1)
        with connect() as client:
            create_tables(client)
            ingest(client, world.root / "snapshots")
        run_dbt(["seed"])
        run_dbt(["run"])
        return {"faults": [find(names) for names in rounds()], "late": find_late()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(len(rounds())), ids=[", ".join(names) for names in rounds()])
def test_faults_are_found_by_their_checks_and_no_others(found: dict[str, list[Findings]], number: int) -> None:
    asked = {check: rows for name in rounds()[number] for check, rows in FAULTS[name].found_by.items()}
    assert found["faults"][number].keys() == asked.keys()
    for check, (status, rows) in found["faults"][number].items():
        assert status == ("warn" if check in WARNINGS else "fail"), check
        assert rows == asked[check] or (asked[check] is None and rows > 0), check


def test_a_vote_from_a_later_label_is_found(found: dict[str, list[Findings]]) -> None:
    assert found["late"] == [{}, {LATE: ("fail", 1)}]
