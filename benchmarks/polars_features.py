"""The features of flows, neighbours and population as a careful user of Polars would compute them: the floor of their models.

python benchmarks/polars_features.py SNAPSHOT OUT

Reads the Parquet files of a snapshot folder and writes a Parquet file with a row per address: the export's numbers as 32-bit
floats, and the columns of int_features__flows, int_features__neighbours and int_features__population.
"""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl

RANKED = ("structuring_score", "velocity_score", "flow_pass_through_ratio", "flow_out_concentration", "flow_holding_days",
          "flow_active_days_mean", "flow_counterparty_pass_through_mean", "counterparty_stability", "regularity_score",
          "flow_burstiness", "daily_entropy", "night_transaction_ratio", "kcore", "behavioral_anomaly_score",
          "neighborhood_anomaly_score", "suspicious_pattern_score")  # fmt: skip
SCORED = ("total_volume_usd", "tx_total_count", "degree_in", "degree_out", "max_tx_usd", "activity_days")
PLACED = ("total_volume_usd", "tx_total_count", "degree_total")
NEIGHBOUR_FLOWS = 1000
STEPS = [step / 100 for step in range(5, 100, 5)]


def sides_of(file: Path) -> pl.DataFrame:
    """Return two rows per flow between two addresses, the sender's and the recipient's."""
    flows = (
        pl.scan_parquet(file)
        .filter(pl.col("from_address") != pl.col("to_address"))
        .select(
            payer=pl.col("from_address").hash(),
            payee=pl.col("to_address").hash(),
            cents=(pl.col("amount_usd_sum").cast(pl.Float64) * 100).round(),
            tx_count=pl.col("tx_count").cast(pl.Float64),
            active_days=pl.col("active_days").cast(pl.Float64),
            first_seen=pl.col("first_seen_timestamp").cast(pl.Float64),
            last_seen=pl.col("last_seen_timestamp").cast(pl.Float64),
        )
    )
    ways = [
        flows.rename({"payer": "key", "payee": "other"}).with_columns(is_out=pl.lit(True)),
        flows.rename({"payee": "key", "payer": "other"})
        .with_columns(is_out=pl.lit(False))
        .select("key", "other", pl.all().exclude("key", "other")),
    ]
    return pl.concat(ways, how="diagonal").collect()


def flow_features(sides: pl.DataFrame) -> pl.DataFrame:
    """Return one row per address with a flow: the columns of int_features__flows."""
    out, cents = pl.col("is_out"), pl.col("cents")
    per_address = sides.group_by("key").agg(
        in_pairs=(~out).sum().cast(pl.Float64),
        out_pairs=out.sum().cast(pl.Float64),
        in_cents=cents.filter(~out).sum(),
        out_cents=cents.filter(out).sum(),
        largest_in=cents.filter(~out).max(),
        largest_out=cents.filter(out).max(),
        in_squares=(cents * cents).filter(~out).sum(),
        out_squares=(cents * cents).filter(out).sum(),
        counterparties=pl.col("other").n_unique(),
        transfers=pl.col("tx_count").sum(),
        flow_active_days_mean=pl.col("active_days").mean(),
        earliest=pl.col("first_seen").min(),
        latest=pl.col("last_seen").max(),
        last_in=pl.col("last_seen").filter(~out).mean(),
        last_out=pl.col("last_seen").filter(out).mean(),
    )
    least, most = pl.min_horizontal("in_cents", "out_cents"), pl.max_horizontal("in_cents", "out_cents")
    pairs = pl.col("in_pairs") + pl.col("out_pairs")
    found = per_address.with_columns(pass_through=pl.when(most > 0).then(least / most))
    around = (
        sides.select("key", "other")
        .join(
            found.select("key", "pass_through", pairs=pairs, cents=pl.col("in_cents") + pl.col("out_cents")),
            left_on="other",
            right_on="key",
        )
        .group_by("key")
        .agg(
            flow_counterparty_pairs_mean=pl.col("pairs").mean(),
            flow_counterparty_pairs_max=pl.col("pairs").max(),
            flow_counterparty_usd_mean=pl.col("cents").mean() / 100,
            flow_counterparty_pass_through_mean=pl.col("pass_through").mean(),
        )
    )
    return found.join(around, on="key", how="left").select(
        "key",
        flow_in_pairs="in_pairs",
        flow_out_pairs="out_pairs",
        flow_in_usd=pl.col("in_cents") / 100,
        flow_out_usd=pl.col("out_cents") / 100,
        flow_pass_through_ratio=pl.col("pass_through"),
        flow_largest_in_ratio=pl.col("largest_in") / pl.col("in_cents"),
        flow_largest_out_ratio=pl.col("largest_out") / pl.col("out_cents"),
        flow_in_concentration=pl.col("in_squares") / pl.col("in_cents") ** 2,
        flow_out_concentration=pl.col("out_squares") / pl.col("out_cents") ** 2,
        flow_bidirectional_ratio=2 * (pairs - pl.col("counterparties")) / pairs,
        flow_tx_per_pair=pl.col("transfers") / pairs,
        flow_active_days_mean="flow_active_days_mean",
        flow_lifetime_days=(pl.col("latest") - pl.col("earliest")) / 86400,
        flow_holding_days=(pl.col("last_out") - pl.col("last_in")) / 86400,
        flow_counterparty_pairs_mean="flow_counterparty_pairs_mean",
        flow_counterparty_pairs_max="flow_counterparty_pairs_max",
        flow_counterparty_usd_mean="flow_counterparty_usd_mean",
        flow_counterparty_pass_through_mean=pl.col("flow_counterparty_pass_through_mean"),
    )


def neighbour_features(sides: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Return one row per address with a counterparty that has features: the columns of int_features__neighbours."""
    ranks = values.select("key", *(_rank(values[name]) for name in RANKED))
    weighted = sides.filter(pl.col("cents").rank("ordinal", descending=True).over("key", "is_out") <= NEIGHBOUR_FLOWS).select(
        "key", "other", "is_out", weight=1 + (pl.col("cents") / 100).log1p().round().clip(0, 15)
    )
    by_way = _sums(weighted.join(ranks, left_on="other", right_on="key"), "key", "is_out")
    one_hop = _means(by_way.group_by("key").agg(pl.all().exclude("is_out").sum()))
    two_hops = _means(_sums(weighted.join(one_hop, left_on="other", right_on="key"), "key"))
    ways = {"payers": by_way.filter(~pl.col("is_out")), "payees": by_way.filter("is_out")}
    found = two_hops.rename({name: f"two_hop_{name}" for name in RANKED})
    for way, sums in ways.items():
        found = found.join(_means(sums).rename({name: f"{way}_{name}" for name in RANKED}), on="key", how="left")
    return found


def _sums(flows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """Return per key the sum of weighted ranks, and that of the weights where there is a rank."""
    weight = pl.col("weight")
    return flows.group_by(*keys).agg(
        *((weight * pl.col(name)).sum().alias(name) for name in RANKED),
        *((weight * pl.col(name).is_not_null()).sum().alias(f"{name}_weight") for name in RANKED),
    )


def _means(sums: pl.DataFrame) -> pl.DataFrame:
    return sums.select("key", *(pl.col(name) / pl.col(f"{name}_weight") for name in RANKED)).fill_nan(None)


def _rank(values: pl.Series) -> pl.Series:
    """Return the largest 5 % quantile below each value, as a share; null where the value is missing."""
    limits = values.drop_nulls().sort()
    limits = limits.gather([int(step * len(limits)) for step in STEPS]) if len(limits) else limits
    return (limits.search_sorted(values, side="left") * 0.05).set(values.is_null(), None).alias(values.name)


def population_features(export: pl.DataFrame) -> pl.DataFrame:
    """Return one row per address: the columns of int_features__population."""
    logs = {name: pl.col(name).clip(0).log1p() for name in SCORED}
    return export.select(
        "key",
        *(((log - log.mean()) / log.std(ddof=0)).alias(f"{name}_zscore") for name, log in logs.items()),
        *(((pl.col(name).rank("min") - 1) / (pl.len() - 1)).alias(f"{name}_percentile") for name in PLACED),
    )


def main(snapshot: Path, out: Path) -> None:
    """Compute the features of a snapshot folder and write them."""
    numbers = (pl.selectors.numeric() | pl.selectors.boolean()) - pl.selectors.by_name("window_days")
    export = (
        pl.read_parquet(snapshot / "features.parquet")
        .select("address", numbers.cast(pl.Float32))
        .with_columns(key=pl.col("address").hash())
    )
    sides = sides_of(snapshot / "money_flows.parquet")
    flows = flow_features(sides)
    values = (
        export.select("key", *(name for name in RANKED if name in export.columns))
        .join(flows.select("key", *(name for name in RANKED if name in flows.columns)), on="key", how="left")
        .fill_nan(None)
    )
    wide = export
    for family in (flows, neighbour_features(sides, values), population_features(export)):
        wide = wide.join(family.with_columns(pl.all().exclude("key").cast(pl.Float32)), on="key", how="left")
    wide.sort("address").write_parquet(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
