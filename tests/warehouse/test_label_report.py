"""The label audits on a real engine, and `trainer labels report`, which prints them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import binomtest

from tests.support.dbt import run_dbt
from tests.support.warehouse import DATES, WINDOW, Called, House
from trainer import TrainingResult, connect, predict
from trainer.labels.add import add_labels
from trainer.warehouse.schema import create_tables

Call = Callable[..., Called]
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "label_files"
SIMNET = ("--network", "simnet", "--window-days", WINDOW)
SNAPSHOT = "network = 'simnet' AND processing_date = '2025-09-01'"
WIDE = ("training_alerts", "training_addresses")
HOSTILE = "<script>alert(1)</script>[red]\x1b[31m\"'&"


def report(call: Call, *arguments: object) -> dict[str, Any]:
    done = call("labels", "report", *arguments, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)  # type: ignore[no-any-return]


def rows(query: str) -> list[tuple[Any, ...]]:
    with connect() as client:
        return list(client.query(query).result_rows)


# ---- the audits -----------------------------------------------------------------------------------------------------


def test_a_rule_is_graded_by_what_address_labels_decides(house: House) -> None:
    """The audit has its own SQL for the strategy's decision; here the votes are graded on the strategy itself."""
    by_hand = rows(
        "SELECT v.rule_id, count(), countIf(v.vote = l.label) FROM int_label_votes AS v INNER JOIN fct_address_labels AS l "
        f"ON l.address_key = v.address_key WHERE l.strategy = 'address_labels' AND v.kind != 'gold' AND l.{SNAPSHOT} "
        "GROUP BY v.rule_id ORDER BY v.rule_id"
    )
    audited = rows(
        f"SELECT rule_id, graded_votes, accuracy, accuracy_low, accuracy_high FROM fct_label_rule_summary WHERE {SNAPSHOT} "
        "AND kind != 'gold' AND graded_votes > 0 ORDER BY rule_id"
    )
    assert by_hand and [(rule, count) for rule, count, _ in by_hand] == [row[:2] for row in audited]
    for (_, count, right), (_, _, *found) in zip(by_hand, audited, strict=True):
        interval = binomtest(right, count).proportion_ci(method="wilson")
        assert found == pytest.approx([right / count, interval.low, interval.high], abs=1e-4)


def test_gold_labels_are_graded_on_other_gold_labels(house: House) -> None:
    (sot,) = rows(f"SELECT graded_votes, accuracy FROM fct_label_rule_summary WHERE {SNAPSHOT} AND rule_id = 'sot'")
    (by_hand,) = rows(
        "SELECT count(), countIf(s.vote = c.vote) FROM int_label_votes AS s INNER JOIN int_label_votes AS c "
        f"ON c.address_key = s.address_key AND c.rule_id = 'custom' WHERE s.rule_id = 'sot' AND s.{SNAPSHOT}"
    )
    assert sot[0] == by_hand[0] > 0 and sot[1] == pytest.approx(by_hand[1] / by_hand[0])


def test_coverage_is_a_share_of_all_known_addresses(house: House) -> None:
    known = rows("SELECT count() FROM scoring_addresses WHERE network = 'coins'")[0][0]
    found = rows("SELECT known_addresses, coverage FROM fct_label_rule_summary WHERE network = 'coins' AND rule_id = 'custom'")
    assert found[0][0] >= known and found[0][1] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", ["fct_label_rule_summary", "fct_label_conflicts", "fct_label_source_summary", "fct_label_drift"])
def test_an_audit_is_deterministic(house: House, name: str) -> None:
    query = f"SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM {name}"
    first = rows(query)
    assert first[0][0] > 0 and rows(query) == first == rows(query + " SETTINGS max_threads = 1, max_block_size = 97")


def test_drift_adds_up(house: House) -> None:
    steps = rows(
        "SELECT name, gained, lost, flipped, kept FROM fct_label_drift WHERE network = 'simnet' AND drift_of = 'strategy' "
        "AND previous_date = '2025-08-01' AND processing_date = '2025-09-01' ORDER BY name"
    )
    counts = dict(
        rows(
            "SELECT strategy, (countIf(processing_date = '2025-08-01'), countIf(processing_date = '2025-09-01')) "
            "FROM fct_address_labels WHERE network = 'simnet' GROUP BY strategy"
        )
    )
    assert [row[0] for row in steps] == sorted(counts)
    for name, gained, lost, flipped, kept in steps:
        assert (kept + flipped + lost, kept + flipped + gained) == counts[name]


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real lists are not at {REAL}")
def test_the_known_conflicts_of_the_real_lists_are_found(house: House, call: Call) -> None:
    """An exchange's address on a blacklist, and Tornado Cash both as a mixer and as sanctioned."""
    packs = ("etherscan-wordcloud-exchange", "etherscan-wordcloud-mixing_service", "ofac", "tornado_cash", "usdt_blacklist")
    files = [*(REAL / "forta").glob("*.csv"), REAL / "ofac" / "sanctioned_addresses_ETH.json", REAL / "mew" / "addresses-darklist.json",
             REAL / "etherscan" / "combinedAccountLabels.json", *(REAL / "tagpacks" / f"{pack}.yaml" for pack in packs)]  # fmt: skip
    with connect() as client:
        for file in files:
            assert add_labels(client, file, network="ethereum", processing_date=DATES[0], window_days=7).added > 0
    built = ["run", "--select", "fct_applied_labels", "int_label_votes__gold", "int_label_voters+", "--exclude", *WIDE]  # fmt: skip
    try:
        run_dbt(built)
        query = "SELECT address, kind_of_conflict, opinions, risky_names FROM fct_label_conflicts WHERE window_days = 7"
        found = {address: (kind, " ".join(opinions), names) for address, kind, opinions, names in rows(query)}
        exchange = found["0xb8c77482e45f1f44de1745f52c74426c631bdd52"]  # Binance's, and frozen by Tether
        assert exchange[0] == "opinion" and "exchange (benign, 0.5)" in exchange[1] and "black_list (risky, 1)" in exchange[1]
        tornado = found["0x47ce0c6ed5b0ce3d3a51fdb1c52dc66a7c3c2936"]
        assert tornado[0] == "name" and {"mixing service", "sanctioned"} <= set(tornado[2])
        ofac = rows(
            "SELECT source, trust FROM fct_label_source_summary WHERE window_days = 7 AND network = 'ethereum' AND lineage = 'ofac' "
            "ORDER BY source"
        )
        assert ofac == [("ofac", 3), ("tagpack: US Treasury OFAC Sanctions List", 2)]
        checks = ["gold_labels_rarely_conflict", "an_address_has_the_form_of_its_network", "gold_is_never_overruled"]
        run_dbt(["test", "--select", *checks])
    finally:
        with connect() as client:
            client.command("DELETE FROM raw_address_labels WHERE window_days = 7")
        run_dbt(built)


# ---- the report -----------------------------------------------------------------------------------------------------


def test_the_report_shows_every_audit_of_the_last_date(
    house: House, fitted: TrainingResult, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")  # so that no name is folded
    done = call("labels", "report", *SIMNET)
    assert done.code == 0 and done.err == ""
    assert done.out.startswith("simnet 2025-09-01 90\n")
    for title in (
        "Rules",
        "Strategies",
        "Publishers",
        "Conflicts",
        "Conflicting votes",
        "Drift",
        "Models trained on each strategy",
    ):
        assert re.search(rf"^{title} *$", done.out, re.MULTILINE), title
    assert fitted.model_id in done.out


def test_the_json_has_the_rows_of_the_audits(house: House, fitted: TrainingResult, call: Call) -> None:
    found = report(call, *SIMNET, "--processing-date", DATES[1])
    rules = {row["rule_id"]: row for row in found["rules"]}
    ((votes, coverage),) = rows(f"SELECT votes, coverage FROM fct_label_rule_summary WHERE {SNAPSHOT} AND rule_id = 'sot'")
    assert (rules["sot"]["votes"], rules["sot"]["coverage"]) == (votes, coverage)
    assert "total_volume_usd_zscore" in rules["new_address_high_volume"]["features_sharing_columns"]
    (model,) = [row for row in found["models"] if row["model_id"] == fitted.model_id]
    assert (model["graded_rows"], model["auc"]) == (fitted.n_test, fitted.metrics["auc"])
    assert found["truth"] is None and {row["next_date"] for row in found["drift"]} == {"2025-09-01"}
    assert report(call, *SIMNET, "--processing-date", DATES[0])["drift"] == []


def test_labels_and_scores_are_graded_against_ground_truth(house: House, fitted: TrainingResult, call: Call) -> None:
    with connect() as client:
        predict(client, "simnet", DATES[1], WINDOW, fitted.model_id)
    found = report(call, *SIMNET, "--truth", house.simnet.truth)
    truth = pd.read_parquet(house.simnet.truth).set_index("address")["is_illicit"].astype(int)
    labels = pd.DataFrame(
        rows(f"SELECT address, label FROM fct_address_labels WHERE {SNAPSHOT} AND strategy = 'sot_only'"),
        columns=["address", "label"],
    )
    (sot,) = [row for row in found["truth"] if row["strategy"] == "sot_only"]
    right = truth.reindex(labels["address"]).to_numpy() == labels["label"].to_numpy()
    assert sot["labels"] == len(labels) and sot["accuracy"] == pytest.approx(right.mean())
    assert sot["accuracy_low"] < sot["accuracy"] < sot["accuracy_high"] and sot["coverage"] == pytest.approx(
        len(labels) / len(truth)
    )
    (scores,) = [row for row in found["truth_scores"] if row["model_id"] == fitted.model_id]
    assert 0.6 < scores["auc"] < 1 and scores["alerts"] == 2000


def test_learned_accuracies_are_shown(house: House, call: Call, tmp_path: Path) -> None:
    done = call("labels", "report", *SIMNET, "--html", tmp_path / "page.html")
    assert "Accuracies learned by the label model" in done.out
    assert 'id="table-learned"' in (tmp_path / "page.html").read_text(encoding="utf-8")
    query = (
        f"SELECT voice, vote, votes, accuracy FROM fct_label_rule_accuracy WHERE {SNAPSHOT} ORDER BY voice, vote, confidence_step"
    )
    assert [(row["voice"], row["vote"], row["votes"], row["accuracy"]) for row in report(call, *SIMNET)["learned"]] == rows(query)


class Tags(HTMLParser):
    """The names and attributes of all tags of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.links += [
            str(value) for name, value in attrs if name in {"href", "src", "srcset", "action"} or name.startswith("on")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_self_contained_and_escapes_names(house: House, call: Call, tmp_path: Path) -> None:
    """Names of publishers and labels that contain markup are shown as text."""
    with connect() as client:
        for source, level in ((HOSTILE, "high"), ("other", "low")):
            frame = pd.DataFrame(
                {"network": ["hostile"], "processing_date": ["2025-08-01"], "window_days": [WINDOW], "address": ["x"]}
            )
            client.insert_df(
                "raw_address_labels",
                frame.assign(risk_level=level, confidence_score=0.9, source=source, label="</title><img src=x onerror=y>"),
            )
    try:
        run_dbt(["run", "--select", "fct_applied_labels", "int_label_votes__gold", "int_label_voters+", "--exclude", *WIDE])
        done = call("labels", "report", "--network", "hostile", "--html", tmp_path / "page.html")
    finally:
        with connect() as client:
            client.command("DELETE FROM raw_address_labels WHERE network = 'hostile'")
        run_dbt(["run", "--select", "fct_applied_labels", "int_label_votes__gold", "int_label_voters+", "--exclude", *WIDE])
    assert done.code == 0 and "\x1b" not in done.out and "[red]" in done.out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert {"svg", "table", "style"} <= tags.names and tags.names & {"script", "img", "link", "iframe", "object"} == set()
    assert (
        tags.links
        and all(link.startswith("#") for link in tags.links)
        and "http" not in page.replace("http-equiv", "")
        and "<script>alert(1)</script>" in tags.text
    )


def test_every_chart_is_drawn(house: House, call: Call, tmp_path: Path) -> None:
    assert call("labels", "report", *SIMNET, "--html", tmp_path / "page.html").err == f"Wrote {tmp_path / 'page.html'}\n"
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    drawn = dict(re.findall(r'<figure id="figure-([a-z]+)">.*?(<svg.*?</svg>)', page, re.DOTALL))
    assert set(drawn) == {"shares", "accuracy", "strategies", "overlap", "conflicts", "drift"}
    assert all(re.search(r'<g class="mark-(rect|symbol) role-mark', one) for one in drawn.values())
    assert "NaN" not in page and "None" not in page and "nan" not in re.findall(r'="(nan)', page)


@pytest.mark.parametrize("columns", [20, 60, 100])
def test_nothing_is_cut_off_in_a_narrow_terminal(house: House, call: Call, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = call("labels", "report", *SIMNET)
    assert done.code == 0
    assert [line for line in done.out.splitlines() if len(line) > columns and len(line.removesuffix(" ·").split()) > 1] == []
    if columns >= 60:
        assert "…" not in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 3, "Several snapshots match; give one of: --network coins"),
        (("--network", "nowhere"), 3, "That snapshot has no labels; snapshots with labels: --network coins --window-days 90"),
        ((*SIMNET, "--processing-date", "2024-01-01"), 3, "That snapshot has no labels"),
        ((*SIMNET, "--truth", "absent.parquet"), 3, "There is no file absent.parquet"),
        ((*SIMNET, "--truth", __file__), 3, "is not a Parquet file with the columns address and is_illicit"),
        ((*SIMNET, "--html", "/nowhere/page.html"), 3, "There is no folder /nowhere to write page.html to"),
    ],
)
def test_an_impossible_report_is_refused_with_a_reason(
    house: House, call: Call, arguments: tuple[object, ...], code: int, words: str
) -> None:
    done = call("labels", "report", *arguments)
    assert done.code == code and words in done.err and done.out == ""


@pytest.mark.parametrize("values", [[0, 2], [0, None], [0, 1, 1]])
def test_invalid_ground_truth_is_refused(house: House, call: Call, tmp_path: Path, values: list[Any]) -> None:
    addresses = ["a", "b", "a"][: len(values)]
    pd.DataFrame({"address": addresses, "is_illicit": values}).to_parquet(tmp_path / "t.parquet")
    done = call("labels", "report", *SIMNET, "--truth", tmp_path / "t.parquet")
    assert done.code == 3 and "must have one row per address" in done.err


def test_before_dbt_has_run_there_is_nothing_to_report(own_call: Call) -> None:
    with connect() as client:
        create_tables(client)
    run_dbt(["seed"])  # with this and the tables, all that `trainer init` does
    done = own_call("labels", "report")
    assert done.code == 4 and "run `dbt run` first" in done.err and done.out == ""
