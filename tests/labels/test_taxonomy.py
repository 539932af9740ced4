"""The taxonomy: the risk level and confidence of publishers' categories, and its coverage of the real lists."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from trainer.errors import BadInputError
from trainer.labels.distinct import distinct_labels
from trainer.labels.formats import choose, formats
from trainer.labels.formats.base import LabelFormat
from trainer.labels.published import check_published
from trainer.labels.taxonomy import RISK_LEVELS, Taxonomy, read_taxonomy

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
REAL = ROOT.parent / "shared" / "data" / "label_files"
A, B = "0x00000000000000000000000000000000000000aa", "0x00000000000000000000000000000000000000bb"
BTC = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
shared = [pytest.mark.shared, pytest.mark.skipif(not REAL.is_dir(), reason=f"the real lists are not at {REAL}")]


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return read_taxonomy(SEEDS)


def seeds(folder: Path, taxonomy: str, provenance: str = "heuristic,0.3,x") -> Path:
    (folder / "label_taxonomy.csv").write_text(f"publisher,category,risk_level,confidence,provenance_class,note\n{taxonomy}\n")
    (folder / "label_provenance.csv").write_text(f"provenance_class,confidence,note\n{provenance}\n")
    return folder


# ---- the seeds ------------------------------------------------------------------------------------------------------


def test_every_publisher_of_a_format_is_in_the_taxonomy_and_no_other() -> None:
    listed = set(pd.read_csv(SEEDS / "label_taxonomy.csv")["publisher"])
    assert listed == {one.publisher for one in formats().values() if one.publisher}


def test_a_category_has_a_risk_level_and_a_confidence_by_its_provenance(taxonomy: Taxonomy) -> None:
    listed = taxonomy.meaning("ofac", "sanctioned")
    assert listed is not None and (listed.risk_level, listed.confidence, listed.provenance_class) == (
        "critical",
        1.0,
        "government_sanction",
    )
    authoritative = taxonomy.meaning("tagpack", "Mixing_Service ", provenance="authority_data")
    default = taxonomy.meaning("tagpack", "mixing_service", provenance="no such word")
    assert authoritative is not None and default is not None and authoritative.risk_level == default.risk_level == "high"
    assert authoritative.confidence > default.confidence and default.provenance_class == "web_crawl"


def test_the_name_is_used_where_the_category_has_no_risk_level(taxonomy: Taxonomy) -> None:
    meaning = taxonomy.meaning("tagpack", "user", "Asset listed under US Treasury OFAC Sanctions List")
    assert meaning is not None and meaning.risk_level == "critical" and meaning.term.startswith("Asset")
    assert taxonomy.meaning("etherscan", "token-contract", "Coinbase") is None  # anybody may name a token so
    assert taxonomy.meaning("tagpack", "user", "somebody") is None and taxonomy.is_listed("tagpack", "user")
    assert taxonomy.meaning("nobody", "scam") is None and not taxonomy.is_listed("nobody", "scam")


def test_publishers_may_classify_one_mixer_differently(taxonomy: Taxonomy) -> None:
    levels = [taxonomy.meaning(*entry) for entry in (("etherscan", "tornado-cash"), ("ofac", "sanctioned"))]
    assert [one and one.risk_level for one in levels] == ["high", "critical"]


def test_a_confidence_of_the_entry_takes_precedence_over_that_of_the_class(tmp_path: Path) -> None:
    meaning = read_taxonomy(seeds(tmp_path, "p,c,low,0.42,heuristic,x")).meaning("p", "c")
    assert meaning is not None and meaning.confidence == 0.42


@pytest.mark.parametrize(
    ("row", "provenance", "reason"),
    [
        ("p,c,severe,,heuristic,x", "heuristic,0.3,x", "line 2: risk_level 'severe'"),
        ("p,c,low,2,heuristic,x", "heuristic,0.3,x", "line 2: confidence '2'"),
        ("p,c,low,,magic,x", "heuristic,0.3,x", "line 2: label_provenance.csv has no class 'magic'"),
        ("p,c,low,,heuristic,x\np,C,high,,heuristic,x", "heuristic,0.3,x", "line 3: the category 'c' of p appears twice"),
        ("p,c,low,,heuristic,x", "heuristic,sure,x", "line 2: confidence 'sure'"),
    ],
)
def test_an_invalid_seed_row_is_reported_by_line(tmp_path: Path, row: str, provenance: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        read_taxonomy(seeds(tmp_path, row, provenance))


def test_a_missing_seed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"label_provenance\.csv cannot be read"):
        read_taxonomy(tmp_path)


# ---- a publisher's list, row by row ---------------------------------------------------------------------------------


GIVEN = {"network": "ethereum", "processing_date": date(2025, 8, 1), "window_days": 90, "source": None}


def numbered(rows: list[dict[str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).fillna("")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame


def test_every_row_is_good_or_has_its_reason(taxonomy: Taxonomy) -> None:
    rows = [
        {"address": f" {A.upper()} ", "category": "scam", "network": "base", "address_subtype": "a site"},
        {"address": BTC, "category": "scam", "network": "bitcoin"},
        {"address": BTC, "category": "scam"},
        {"address": A[:-1], "category": "scam"},
        {"address": B, "category": "never seen before"},
        {"address": B, "category": ""},
        {"address": B, "category": "exchange", "provenance": "authority_data"},
    ]
    checked = check_published(Path("pack.yaml"), numbered(rows), GIVEN, formats()["tagpack"], taxonomy)
    assert checked.good.index.tolist() == [1, 5, 6, 7] and checked.addresses == 2
    assert checked.good["address"].tolist() == [A, B, B, B]
    # The publisher's own words; what they mean is decided by dbt.
    assert checked.good[["label", "address_subtype", "trust_level", "risk_level", "source", "publisher"]].values.tolist() == [
        ["scam", "a site", "", "", "tagpack", "tagpack"],
        ["never seen before", "", "", "", "tagpack", "tagpack"],
        ["", "", "", "", "tagpack", "tagpack"],
        ["exchange", "", "authority_data", "", "tagpack", "tagpack"],
    ]
    assert checked.levels == Counter(high=1, low=1)
    assert checked.good["network"].unique().tolist() == ["ethereum"]
    assert list(checked.elsewhere) == [2, 3] and all(
        "another network's address" in reason for reason in checked.elsewhere.values()
    )
    assert list(checked.problems) == [4]
    assert checked.unmapped == Counter({"never seen before": 1, "(none)": 1})


def test_without_a_network_each_row_keeps_its_own(taxonomy: Taxonomy) -> None:
    rows = [{"address": A, "category": "scam", "network": "ethereum"}, {"address": BTC, "category": "scam", "network": "bitcoin"}]
    checked = check_published(Path("p"), numbered(rows), GIVEN | {"network": None}, formats()["tagpack"], taxonomy)
    assert checked.good["network"].tolist() == ["ethereum", "bitcoin"]
    nowhere = {"address": A, "category": "scam"}
    checked = check_published(Path("p"), numbered([*rows, nowhere]), GIVEN | {"network": None}, formats()["tagpack"], taxonomy)
    assert checked.good.index.tolist() == [1, 2] and list(checked.problems) == [3] and "--network" in checked.problems[3]
    with pytest.raises(BadInputError, match="--network"):
        check_published(Path("p"), numbered([nowhere, nowhere]), GIVEN | {"network": None}, formats()["tagpack"], taxonomy)


def test_a_given_source_replaces_the_publishers(taxonomy: Taxonomy) -> None:
    rows = numbered([{"address": A, "category": "scam", "source": "tagpack: x"}])
    assert check_published(Path("p"), rows, GIVEN, formats()["tagpack"], taxonomy).good["source"].tolist() == ["tagpack: x"]
    assert check_published(Path("p"), rows, GIVEN | {"source": "desk"}, formats()["tagpack"], taxonomy).good[
        "source"
    ].tolist() == ["desk"]


def test_a_list_with_only_invalid_addresses_is_refused(taxonomy: Taxonomy) -> None:
    with pytest.raises(BadInputError, match="none of its 1 rows"):
        check_published(Path("p"), numbered([{"address": "0xnone", "category": "scam"}]), GIVEN, formats()["tagpack"], taxonomy)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("network", "x'; DROP TABLE raw_alerts; --", "not the name of a network"),
        ("processing_date", date(2999, 1, 1), "in the future"),
        ("window_days", 0, "not a number of days"),
        ("processing_date", None, "--processing-date"),
    ],
)
def test_an_invalid_option_is_not_reported_per_row(taxonomy: Taxonomy, option: str, value: object, message: str) -> None:
    rows = [{"address": A, "category": "scam", "network": "ethereum"}, {"address": BTC, "category": "scam", "network": "bitcoin"}]
    with pytest.raises(BadInputError, match=message):
        check_published(Path("p"), numbered(rows), GIVEN | {option: value}, formats()["tagpack"], taxonomy)


@pytest.mark.parametrize(
    ("network", "taken"), [("ethereum", [1]), ("a_new_chain", [1]), ("litecoin", []), ("bitcoin", [2]), ("polkadot", [])]
)
def test_an_unknown_network_may_be_an_evm_chain(taxonomy: Taxonomy, network: str, taken: list[int]) -> None:
    rows = [{"address": A, "category": "scam", "network": "ethereum"}, {"address": BTC, "category": "scam", "network": "bitcoin"}]
    checked = check_published(Path("p"), numbered(rows), GIVEN | {"network": network}, formats()["tagpack"], taxonomy)
    assert checked.good.index.tolist() == taken and not checked.problems


# ---- the real lists -------------------------------------------------------------------------------------------------


class TestRealLists:
    """Counts on the publishers' real files."""

    pytestmark = shared

    @staticmethod
    def check(
        path: Path, taxonomy: Taxonomy, network: str | None
    ) -> tuple[LabelFormat, pd.DataFrame, dict[int, str], dict[int, str], Counter[str], set[str]]:
        chosen = choose(path)
        frame = chosen.load(path)
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
        checked = check_published(path, frame, GIVEN | {"network": network}, chosen, taxonomy)
        assert len(checked.good) + len(checked.problems) + len(checked.elsewhere) == len(frame)
        assert checked.levels.total() + checked.unmapped.total() == len(distinct_labels(checked.good))
        sound = checked.frame[~checked.frame.index.isin({*checked.problems, *checked.elsewhere})]
        assert set(checked.levels) <= set(RISK_LEVELS) and set(checked.good["risk_level"]) <= {""}
        return chosen, frame, checked.problems, checked.elsewhere, checked.unmapped, set(sound["address"])

    @pytest.mark.parametrize("suffix", ["txt", "json"])
    def test_ofac(self, taxonomy: Taxonomy, suffix: str) -> None:
        seen: set[str] = set()
        for path in sorted((REAL / "ofac").glob(f"sanctioned_addresses_*.{suffix}")):
            chosen, _, problems, _, unmapped, valid = self.check(path, taxonomy, "ethereum")
            assert chosen.name == "ofac" and not problems and not unmapped
            seen |= valid
        assert len(seen) == 156

    def test_one_of_the_bitcoin_addresses_of_ofac_is_a_tron_address(self, taxonomy: Taxonomy) -> None:
        _, frame, problems, elsewhere, _, valid = self.check(REAL / "ofac" / "sanctioned_addresses_XBT.txt", taxonomy, "bitcoin")
        assert not problems and len(valid) == len(frame) - 1
        assert elsewhere == {355: "another network's address: not of bitcoin"}  # a Tron address in the published list

    @pytest.mark.parametrize(
        ("file", "format", "network", "rows", "distinct", "bad"),
        [
            ("forta/etherscan_malicious_labels.csv", "forta", "ethereum", 7780, 7259, 2),
            ("forta/phishing_scams.csv", "forta", "ethereum", 6726, 6205, 2),
            ("etherscan/combinedAccountLabels.json", "etherscan", "ethereum", 24859, 23288, 0),
            ("polkadot-js/address.json", "polkadot-js", "polkadot", 279, 251, 0),
            ("mew/addresses-darklist.json", "mew", "ethereum", 693, 629, 1),
        ],
    )
    def test_lists(self, taxonomy: Taxonomy, file: str, format: str, network: str, rows: int, distinct: int, bad: int) -> None:
        chosen, frame, problems, elsewhere, _, valid = self.check(REAL / file, taxonomy, network)
        assert (chosen.name, len(frame), len(valid), len(problems), len(elsewhere)) == (format, rows, distinct, bad, 0)

    def test_tagpacks(self, taxonomy: Taxonomy) -> None:
        packs = sorted((REAL / "tagpacks").glob("*.yaml"))
        tags = 0
        for path in packs:
            chosen, frame, problems, elsewhere, _, valid = self.check(path, taxonomy, "ethereum")
            tags += path.read_text().count("\n- address:") + path.read_text().count("\n    - address:")
            assert chosen.name == "tagpack" and not problems and len(valid) <= len(frame) - len(elsewhere)
        assert (len(packs), tags) == (14, 6445)

    @pytest.mark.parametrize("pattern", ["*/*.json", "*/*.csv", "*/*.yaml"])
    def test_every_category_is_mapped_or_deliberately_not(self, taxonomy: Taxonomy, pattern: str) -> None:
        for path in REAL.glob(pattern):
            chosen = choose(path)
            categories = set(chosen.load(path)["category"]) - {""}
            assert [name for name in categories if not taxonomy.is_listed(chosen.publisher, name)] == [], path
