"""The page of a model's report: its figures as text, its charts, and that nothing in the data can get out of its place."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.addresses import ACCOUNTS
from tests.support.model_reports import (
    ADDRESSES,
    HOSTILE,
    constant_report,
    few_positives_report,
    hostile_report,
    poor_report,
    usual_report,
)
from tests.support.pages import ReadPage
from trainer.reports.model_page import model_page
from trainer.reports.model_report import ModelReport
from trainer.reports.page.palette import DARK, LIGHT
from trainer.reports.redaction import without_addresses

CHARTS = {
    "labels", "by-typology", "by-severity", "by-label-source", "by-processing-date", "by-cluster-size", "roc", "precision-recall", "lift",
    "reliability", "histogram", "by-threshold", "alerts-a-day", "importance", "contributions", "families", "differences",
}  # fmt: skip
REPORTS: dict[str, Callable[[], ModelReport]] = {
    "usual": usual_report,
    "nothing known": poor_report,
    "12 positives": few_positives_report,
    "hostile": hostile_report,
    "constant": constant_report,
}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: model_page(make()) for name, make in REPORTS.items()} | {"card": model_page(usual_report(), card=True)}


@pytest.fixture(scope="module")
def usual(pages: dict[str, str]) -> ReadPage:
    return ReadPage(pages["usual"])


@pytest.mark.parametrize("name", [*REPORTS, "card"])
def test_a_page_is_well_formed_and_needs_nothing_from_outside(pages: dict[str, str], name: str) -> None:
    page = ReadPage(pages[name])
    assert page.tags & {"script", "img", "link", "iframe", "object", "image", "use", "foreignobject"} == set()
    assert len(page.ids) == len(set(page.ids))
    links = [value for key, value in page.attributes if key in {"href", "src", "srcset", "action", "xlink:href"}]
    assert links and all(link.startswith("#") and link[1:] in page.ids for link in links)
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert set(re.findall(r"url\((?!#)", pages[name])) == set() and "://" not in pages[name] and "@import" not in pages[name]
    assert {value for key, value in page.attributes if key == "aria-labelledby"} <= set(page.ids)
    assert "None" not in page.text and "NaN" not in pages[name] and "nan" not in page.text.split()
    assert len(pages[name].encode()) < 1_000_000


@pytest.mark.parametrize("name", ["usual", "12 positives", "hostile", "constant", "card"])
def test_every_chart_has_a_name_marks_and_only_colours_that_both_schemes_know(pages: dict[str, str], name: str) -> None:
    page = ReadPage(pages[name])
    assert page.charts
    for chart in page.charts:
        (_, root), *rest = chart
        assert root["role"] == "img" and len(root["aria-label"]) > 10
        inside, is_mark = 0, False
        for tag, attributes in rest:
            if tag == "g" and "mark-" in attributes.get("class", ""):
                is_mark = "role-mark" in attributes["class"] and "mark-text" not in attributes["class"]
            is_drawn = tag in {"line", "rect"} or (
                tag == "path" and len(re.findall(r"[A-Za-z]", attributes["d"].rstrip("Zz"))) > 1
            )
            inside += is_mark and is_drawn
        assert inside > 0, root["aria-label"]
        used = {attributes[key] for _, attributes in rest for key in ("fill", "stroke") if key in attributes}
        assert used <= {*LIGHT.values(), "none", "transparent"}
    assert set(LIGHT) == set(DARK) and len(set(LIGHT.values())) == len(LIGHT)


def test_text_in_charts_is_legible_on_a_narrow_screen(usual: ReadPage) -> None:
    """On a screen of 400 px, 368 px are left of the page's margins; notes are 13 px."""
    for (_, root), *rest in usual.charts:
        width = float(root["viewbox"].split()[2])
        sizes = [float(attributes["font-size"].removesuffix("px")) for tag, attributes in rest if tag == "text"]
        assert sizes and min(sizes) * 368 / width >= 10.5, root["aria-label"]


def test_every_part_of_a_report_has_its_chart(pages: dict[str, str]) -> None:
    assert set(re.findall(r'<figure id="figure-([a-z-]+)">', pages["usual"])) == CHARTS


def numbers(cell: str) -> list[Any]:
    """The numbers in a cell, each equal to what rounds to it."""
    found = re.findall(r"[+−-]?\d[\d,]*\.?\d*", cell)
    return [pytest.approx(float(one.replace(",", "")), abs=0.5001 * 10 ** -len(one.partition(".")[2]), rel=0) for one in found]


def flat(one: dict[str, float] | None, scale: float = 1) -> list[float]:
    return [] if one is None else [scale * one[part] for part in ("value", "low", "high")]


def mean_between(points: list[dict[str, float]], low: float, high: float) -> float | None:
    inside = [one["contribution"] for one in points if low <= one["percentile"] < high]
    return sum(inside) / len(inside) if inside else None


def expected(report: dict[str, Any]) -> dict[str, list[list[float]]]:
    """The figures of each table, by row, in the units that the page shows."""
    found = {
        "metrics": [flat(one) for one in report["metrics"].values()],
        "labels": [[row["positive"], row["negative"], row["mean_weight"]] for row in report["labels"]],
        "families": [[100 * row["share"]] for row in report["families"]],
        "importance": [[100 * row["share"], row["mean_abs"]] for row in report["importance"]],
        "by-threshold": [
            [row["threshold"], *flat(row["precision"], 100), *flat(row["recall"], 100)] for row in report["thresholds"]
        ],
        "alerts-a-day": [[row["threshold"], row["alerts_per_day"], 100 * row["share_of_alerts"]] for row in report["thresholds"]],
        "roc": [[row["threshold"], row["false_positive_rate"], row["true_positive_rate"]] for row in report["curves"]["roc"]],
        "precision-recall": [[row["threshold"], row["recall"], row["precision"]] for row in report["curves"]["precision_recall"]],
        "lift": [[row["share"], row["lift"]] for row in report["curves"]["lift"]],
        "histogram": [[row[key] for key in ("low", "high", "positive", "negative")] for row in report["curves"]["histogram"]],
        "reliability": [
            [row[key] for key in ("mean_score", "observed", "low", "high", "rows")] for row in report["curves"]["reliability"]
        ],
        "contributions": [
            [mean for low in range(0, 100, 20) if (mean := mean_between(row["points"], low, low + 20)) is not None]
            for row in report["importance"]
        ],
        "comparison": [
            [*flat(one["metrics"]["auc"]), *flat(one["metrics"]["average_precision"]), *flat(one["difference"].get("auc")),
             one["n_train"], one["seconds"]["fit"]] for one in report["comparison"]["entries"]
        ],
    }  # fmt: skip
    for dimension, rows in report["breakdown"].items():
        found[f"by-{dimension.replace('_', '-')}"] = [
            [row["rows"], row["positive"], *flat(row["auc"]), *flat(row["average_precision"])] for row in rows
        ]
    return found


def test_the_text_of_every_table_is_the_figures_of_the_json(usual: ReadPage) -> None:
    report = usual_report().as_dict()
    for name, rows in expected(report).items():
        headers, *shown = usual.tables[name]
        skipped = {"importance": {0, 1, 4, 5}, "roc": set(), "lift": set(), "histogram": set(), "reliability": set()}
        skipped |= {"precision-recall": set(), "by-threshold": set(), "alerts-a-day": set()}
        cells = [
            [number for place, cell in enumerate(row) if place not in skipped.get(name, {0}) for number in numbers(cell)]
            for row in shown
        ]
        assert len(cells) == len(rows) > 0 and all(rows), name
        assert rows == cells, (name, headers)
    assert ["AUC", "0.8808", "0.8613", "0.8971"] in usual.tables["metrics"]
    assert usual.tables["chosen"][1] == [
        "at most 50 alerts a day", "0.6125", "81.2 % [78.1, 84.3]", "64.4 % [61.7, 67.1]", "48.7",
    ]  # fmt: skip
    facts = dict(map(tuple, usual.tables["model"][1:] + usual.tables["fingerprints"][1:]))
    assert facts["labelled rows"] == "8855" and facts["git commit"] == report["model"]["git_commit"]
    for sentence in report["verdict"] + report["notes"] + report["comparison"]["sentences"] + [report["importance_method"]]:
        assert sentence in usual.text
    for alert in report["top_alerts"]:
        assert alert["alert_id"] in usual.text and f"{alert['score']:.4f}" in usual.text
        assert all(sentence in usual.text for sentence in alert["sentences"])


def test_a_group_without_both_classes_has_no_figures_and_no_mark(pages: dict[str, str]) -> None:
    page = ReadPage(pages["12 positives"])
    assert page.tables["by-typology"][1] == ["a", "9", "0", "–", "–"]
    assert page.tables["by-typology"][4] == ["d", "40", "12", "0.710 [0.430, 0.990]", "–"]
    assert 'id="figure-by-typology"' in pages["12 positives"] and 'id="figure-by-severity"' not in pages["12 positives"]


@pytest.mark.parametrize(
    ("model_type", "plural"), [("alert_scorer", "alerts"), ("address_scorer", "addresses"), ("cluster_scorer", "clusters")]
)
def test_a_page_calls_rows_what_the_model_scores(model_type: str, plural: str) -> None:
    model = constant_report().model | {"model_type": model_type}
    page = ReadPage(model_page(constant_report(model=model, verdict=[], comparison=None, notes=[])))
    assert {f"The highest {plural}", f"{plural.capitalize()} a day by threshold"} <= set(page.lines)
    assert page.tables["alerts-a-day"][0] == ["threshold", f"{plural} a day", f"share of {plural}"]
    assert plural == "alerts" or "alert" not in page.text.lower().replace("alert-budget", "")
    assert page.text.count(ADDRESSES[0]) == 1  # an address that is its own identifier is shown once


def test_what_is_not_known_is_said(pages: dict[str, str]) -> None:
    page = ReadPage(pages["nothing known"])
    assert page.charts == []
    for words in ("There are no metrics", "no curves", "no table of thresholds", "no contributions", "no scored alerts"):
        assert words in page.text
    assert "Contributions are missing: the trainer has none." in page.text


def test_hostile_names_are_text_without_control_characters(pages: dict[str, str]) -> None:
    page = ReadPage(pages["hostile"])
    assert "<script>alert(1)</script>" in page.text and "<img src=x" in page.text
    unsafe = {letter for letter in pages["hostile"] if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}} - {"\n"}
    assert unsafe == set() and any(letter in HOSTILE for letter in "\u202e\x1b\x00")


def test_a_card_has_no_address_and_no_alert_id_anywhere(pages: dict[str, str]) -> None:
    report = usual_report().as_dict()
    for secret in (*ADDRESSES, *(alert["alert_id"] for alert in report["top_alerts"]), "0x12ab…cd34", "alice"):
        assert secret not in pages["card"] and (secret in pages["usual"])
    page = ReadPage(pages["card"])
    assert page.text.count("Least hops to a mixer: 1") == len(report["top_alerts"])
    assert report["model"]["data_fingerprint"] in page.text and "Model card" in page.text


SHORT = ["0.0.12345", "kreitling.near", "4000123412341", "0xdc4c006d…33ea", "0xdc4c…33ea", "5Grw...utQY", "0x1"]
REAL = sorted({text for account in ACCOUNTS if account.network.strip() != "new" for text in account.spellings} | {*SHORT})


@given(
    address=st.sampled_from(REAL),
    before=st.sampled_from(["", "_", "case_", "list of ", "(", "to=", "addr-", "“", "a/", "x:"]),
    after=st.sampled_from(["", "_", "_x", ".", ", a mixer", ")", "…", "_2024", "”", ": listed"]),
    cut=st.integers(4, 12) | st.none(),
)
@settings(max_examples=400, deadline=None)
def test_no_address_survives_in_a_card(address: str, before: str, after: str, cut: int | None) -> None:
    shown = address if cut is None or len(address) < 2 * cut else f"{address[:cut]}…{address[-cut:]}"
    name = f"{before}{shown}{after}"
    auc = {"value": 0.7, "low": 0.6, "high": 0.8}
    group = {"name": name, "rows": 40, "positive": 12, "auc": auc, "average_precision": None}
    feature = {"feature": name, "family": name, "description": name, "mean_abs": 1.0, "share": 1.0, "direction": "mixed"}
    alert = {"alert_id": "x-1", "address": "y-1", "score": 0.9, "sentences": [name], "card_sentences": [f"{name}: 3"]}
    report = poor_report(
        labels=[{"source": name, "positive": 1, "negative": 2, "mean_weight": 1.0}],
        breakdown={"typology": [group], "label_source": [group]},
        importance=[feature | {"points": []}],
        top_alerts=[alert],
        notes=[name],
        verdict=[f"It is weakest on typology {name}: AUC 0.700."],
    )
    card = json.dumps(without_addresses(report.as_dict()), ensure_ascii=False)
    assert shown not in card and (len(shown) < 8 or shown[:8] not in card)
    assert "AUC 0.700" in card


@pytest.mark.parametrize(
    "text",
    [
        "rule: mixer_proximity", "curated", "layering_through_many_hops", "label_model / lightgbm,n_estimators=50", "2–10", "over 100",
        "Volume in the last 30 d: 12,400,000 USD (higher than 99.9 % of the snapshot's alerts); this multiplies the odds by 2.1.",
        "Exact TreeSHAP contributions within 1e-06, of 2025-09-01.", "burst_ratio_7d", "volume90days", "ofac-sdn",
    ],
)  # fmt: skip
def test_words_features_dates_and_numbers_stay_in_a_card(text: str) -> None:
    assert without_addresses(poor_report(notes=[text]).as_dict())["notes"] == [text]


def test_a_card_keeps_sentences_about_features_only_and_hides_the_alerts_names_everywhere() -> None:
    alert = {"alert_id": "12", "address": "alice, bob_the_builder", "score": 0.9, "sentences": ["Of alice.", "It is 3 days old."]}
    report = poor_report(top_alerts=[alert | {"card_sentences": ["It is 12 days old."]}], notes=["alice_2 met bob_the_builder."])
    card = without_addresses(report.as_dict())
    assert card["top_alerts"][0]["sentences"] == ["It is 12 days old."] and card["notes"] == ["[address]_2 met [address]."]
    assert without_addresses(poor_report(top_alerts=[alert]).as_dict())["top_alerts"][0]["sentences"] == []


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(pages: dict[str, str]) -> None:
    shown = usual_report()._repr_html_()
    inner = re.fullmatch(r'<iframe sandbox title="[^"]+" style="[^"]+" srcdoc="([^"]*)"></iframe>', shown)
    assert inner and html.unescape(inner[1]) == pages["usual"]


def test_reports_and_charts_are_not_imported_to_fit_or_predict() -> None:
    program = (
        "import sys, trainer.training, trainer.cli.model\n"
        "print([name for name in sys.modules if name.startswith(('trainer.reports', 'altair', 'vl_convert', 'jinja2'))])\n"
        "import trainer.reports\nprint([name for name in sys.modules if name.startswith(('altair', 'vl_convert'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]


@pytest.mark.parametrize("name", ["usual", "12 positives", "hostile"])
def test_a_browser_opens_a_page_without_an_error(pages: dict[str, str], name: str, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is installed to open the page with")
    (tmp_path / "page.html").write_text(pages[name], encoding="utf-8")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--window-size=400,800"]
    options += [f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'page.png'}"]
    done = subprocess.run(
        [browser, *options, (tmp_path / "page.html").as_uri()], capture_output=True, text=True, timeout=120, check=False
    )
    assert (tmp_path / "page.png").stat().st_size > 10_000, done.stderr
    assert "CONSOLE" not in done.stderr
