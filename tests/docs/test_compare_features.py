"""The comparison of feature families: the features of each variant, and the columns of AMLSim's accounts."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer

from tests.support.scripts import script


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    script("compare_models")
    return script("feature_tables")


@pytest.fixture(scope="module")
def compare(tables: ModuleType) -> ModuleType:
    return script("compare_features")


def table_of(tables: ModuleType, n: int = 400) -> Any:
    """Rows of which `telling`, of the family neighbours, knows the truth but for noise, and `noise`, of fans, knows nothing."""
    rng = np.random.default_rng(0)
    truth = (np.arange(n) % 3 == 0).astype(float)
    X = {
        "own": truth + rng.normal(size=n, scale=2),
        "telling": truth + rng.normal(size=n, scale=0.3),
        "noise": rng.normal(size=n),
    }
    rows = tables.models.Rows("t", pd.DataFrame(X, dtype="float32"), truth, np.ones(n), truth, truth, np.arange(n))
    families = {"address": ["own"], "neighbours": ["telling"], "fans": ["noise"]}
    return tables.Table(rows, families, pd.Series([f"address {number}" for number in range(n)]))


def test_a_variant_lacks_the_features_of_the_families_that_it_is_without(tables: ModuleType, compare: ModuleType) -> None:
    scored = compare.variants(table_of(tables), "logistic")
    assert {name: list(one.rows.X) for name, one in scored.items()} == {
        "without": ["own"],
        "with neighbours": ["own", "telling"],
        "with fans": ["own", "noise"],
        "all": ["own", "telling", "noise"],
    }
    assert list(compare.variants(table_of(tables), "logistic", ["fans"])) == ["without", "all"]
    with pytest.raises(typer.BadParameter, match="the catalog has: address, fans, neighbours"):
        compare.variants(table_of(tables), "logistic", ["motifs"])
    off = table_of(tables)
    off.rows.X["noise"] = np.nan
    with pytest.raises(typer.BadParameter, match="t has no value of fans"):
        compare.variants(off, "logistic")


def test_what_a_family_adds_is_told_from_noise(tables: ModuleType, compare: ModuleType) -> None:
    scored = compare.variants(table_of(tables), "logistic")
    without = [scored["without"]]
    gain = {name: compare.difference([scored[name]], without, "auc") for name in ("with neighbours", "with fans")}
    assert gain["with neighbours"]["low"] > 0.1
    assert gain["with fans"]["low"] < 0.01
    lines = compare.markdown([scored]).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| without", "| with neighbours", "| with fans", "| all"]


def test_an_account_has_eighteen_columns_of_its_own_transactions(tables: ModuleType, compare: ModuleType) -> None:
    nodes = pd.DataFrame({"account": [1, 2, 3]})
    transactions = pd.DataFrame({"source": [1, 1, 2], "target": [2, 2, 1], "value": [10.0, 30.0, 5.0], "time": [1, 4, 6]})
    own = tables.own_columns(nodes, transactions).set_index("address")
    assert sorted(own) == sorted(compare.OWN_COLUMNS)
    assert len(compare.OWN_COLUMNS) == 18
    one, three = own.loc["account-1"], own.loc["account-3"]
    assert one[["tx_out_count", "degree_out", "total_out_usd", "avg_tx_out_usd", "max_tx_usd"]].tolist() == [2, 1, 40, 20, 30]
    assert one[["tx_in_count", "net_flow_usd", "activity_days", "activity_span_days"]].tolist() == [1, -35, 3, 5]
    assert three[["tx_in_count", "total_in_usd"]].tolist() == [0, 0]
    assert np.isnan(three["avg_tx_in_usd"])
