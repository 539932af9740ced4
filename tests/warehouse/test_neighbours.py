"""The features of neighbours: their definition, bounds on hubs, and what they do not depend on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.dbt import dbt, parsed
from tests.support.warehouse import DATES, WINDOW, Called
from trainer import connect
from trainer.simulate import simulate

BUILD = ["run", "--select", "+fct_address_features"]
STATISTICS = ("payers", "payees", "two_hop")


@pytest.fixture
def built(tmp_path: Path, own_call: Callable[..., Called]) -> Callable[..., pd.DataFrame]:
    """Return a function that builds a small network's features and returns those of neighbours, by address."""
    world = simulate(tmp_path / "world", alerts=400, dates=DATES[:1], window_days=WINDOW, network="simnet", seed=3)
    done = own_call("ingest", world.root / "snapshots")
    assert done.code == 0, done.err

    assert dbt("seed").success

    def build(**variables: object) -> pd.DataFrame:
        options = ("--vars", json.dumps(variables)) if variables else ()
        ended = dbt(*BUILD, *options, manifest=parsed(*options))
        assert ended.success, ended.exception or [one.message for one in ended.result]
        return read("SELECT * EXCEPT (extra_features, custom_features) FROM fct_address_features ORDER BY address")

    return build


def read(query: str) -> pd.DataFrame:
    with connect() as client:
        frame: pd.DataFrame = client.query_arrow(query, use_strings=True).to_pandas()
    return frame


def of_neighbours(frame: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in frame if name.startswith(tuple(f"{statistic}_" for statistic in STATISTICS))]
    return frame.set_index("address")[names]


def weighted_mean(rows: pd.DataFrame, rank: pd.Series, by: str, of: str) -> pd.Series:
    known = rows.assign(rank=rank.reindex(rows[of]).to_numpy()).dropna(subset=["rank"])
    total = (known["rank"] * known["weight"]).groupby(known[by]).sum()
    return total / known["weight"].groupby(known[by]).sum()


def test_means_are_those_of_a_second_computation(built: Callable[..., pd.DataFrame]) -> None:
    features = built().set_index("address")
    flows = read("SELECT from_address, to_address, volume_usd FROM stg_money_flows WHERE from_address != to_address")
    flows["weight"] = 1 + np.minimum(np.round(np.log1p(flows["volume_usd"].astype(float).fillna(0))), 15)
    back = flows.rename(columns={"from_address": "to_address", "to_address": "from_address"})
    for name in ("velocity_score", "flow_pass_through_ratio"):
        value = features[name].dropna()
        limits = np.sort(value)[[int(len(value) * level / 20) for level in range(1, 20)]]
        rank = (0.05 * pd.Series((value.to_numpy()[:, None] > limits).sum(axis=1), index=value.index)).rename("rank")
        one_hop = weighted_mean(pd.concat([flows, back]), rank, "to_address", "from_address")
        expected = {
            "payers": weighted_mean(flows, rank, "to_address", "from_address"),
            "payees": weighted_mean(flows, rank, "from_address", "to_address"),
            "two_hop": weighted_mean(pd.concat([flows, back]), one_hop, "to_address", "from_address"),
        }
        for statistic, means in expected.items():
            found = features[f"{statistic}_{name}"].astype(float)
            assert found.notna().sum() > 100
            assert found.to_numpy() == pytest.approx(means.reindex(found.index).to_numpy(), abs=2e-4, nan_ok=True)


def test_labels_and_names_change_no_value(built: Callable[..., pd.DataFrame]) -> None:
    before = of_neighbours(built())
    with connect() as client:
        client.command("TRUNCATE TABLE address_labels")
        for table, columns in (("raw_features", ["address"]), ("raw_money_flows", ["from_address", "to_address"])):
            renamed = ", ".join(f"reverse({column}) AS {column}" for column in columns)
            client.command(f"CREATE TABLE renamed AS {table}")
            client.command(f"INSERT INTO renamed SELECT * REPLACE ({renamed}) FROM {table} FINAL")
            client.command(f"EXCHANGE TABLES renamed AND {table}")
            client.command("DROP TABLE renamed")
    after = of_neighbours(built())
    after.index = after.index.str[::-1]
    pd.testing.assert_frame_equal(after.sort_index(), before, check_exact=True)


def test_a_hub_has_few_flows_and_a_family_that_is_off_has_none(built: Callable[..., pd.DataFrame]) -> None:
    every = built()
    built(neighbour_flows=3)
    kept = read("SELECT address_key, is_out, count() AS flows FROM int_neighbours__flows GROUP BY address_key, is_out")
    assert kept["flows"].max() == 3
    pairs = every.set_index("address_key")["flow_in_pairs"].dropna()
    received = kept[kept["is_out"] == 0].set_index("address_key")["flows"].reindex(pairs.index).fillna(0)
    assert (received == np.minimum(pairs, 3)).all()
    assert pairs.max() > 3
    chosen = of_neighbours(built(neighbour_features=["velocity_score"]))
    pd.testing.assert_series_equal(chosen["payers_velocity_score"], of_neighbours(every)["payers_velocity_score"])
    assert chosen["payers_structuring_score"].isna().all()
    off = of_neighbours(built(feature_families=["motifs"]))
    assert off.shape == of_neighbours(every).shape
    assert off.isna().all(axis=None)
