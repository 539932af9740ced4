"""The built-in snapshot shapes; each is registered under the entry-point group `trainer.snapshots`."""

from __future__ import annotations

from trainer.snapshots.reader import SnapshotShape
from trainer.warehouse import ADDRESS_LABELS, RAW_ALERTS, RAW_CLUSTERS, RAW_FEATURES, RAW_MONEY_FLOWS, RAW_TRANSFERS, Table

# Column names of the later exports; applied only where a file lacks the table's own name.
RENAMES = {
    "is_hub": "is_hub_address",
    "data_quality_score": "quality_score",
    "feature_confidence_score": "confidence_score",
}

TRANSFERS = Table(
    "transfers",
    key="from_address, to_address",
    columns="""
    from_address String
    to_address String
    asset_symbol LowCardinality(String) DEFAULT ''
    amount Nullable(Decimal(38, 18))
    amount_usd Nullable(Decimal(38, 18))
    block_timestamp Nullable(UInt64)
    """,
)

# One row per pair of addresses, in the columns of raw_money_flows.
FLOWS_FROM_TRANSFERS = """
    WITH
        transfer AS (
            SELECT *, toDateTime(block_timestamp, 'UTC') AS happened FROM {landing}
        ),
        per_asset AS (
            SELECT from_address, to_address, asset_symbol, count() AS transfers
            FROM transfer GROUP BY from_address, to_address, asset_symbol
        ),
        dominant AS (
            SELECT from_address, to_address, argMax(asset_symbol, (transfers, asset_symbol)) AS dominant_asset
            FROM per_asset GROUP BY from_address, to_address
        ),
        pair AS (
            SELECT
                network, processing_date, window_days, from_address, to_address,
                count() AS tx_count,
                -- Summed in a wider type: a sum can exceed the range of the column, and is then missing instead of wrapped.
                sum(toDecimal256(amount, 18)) AS amount_total,
                sum(toDecimal256(amount_usd, 18)) AS amount_usd_total,
                if(abs(amount_total) < toDecimal256('1e20', 18), toDecimal128(amount_total, 18), null) AS amount_sum,
                if(abs(amount_usd_total) < toDecimal256('1e20', 18), toDecimal128(amount_usd_total, 18), null)
                    AS amount_usd_sum,
                min(block_timestamp) AS first_seen_timestamp,
                max(block_timestamp) AS last_seen_timestamp,
                uniqExact(toDate(happened)) AS active_days,
                uniqExact(asset_symbol) AS unique_assets,
                groupArray(toHour(happened)) AS hours,
                groupArray(toDayOfWeek(happened)) AS weekdays,
                max(ingested_at) AS ingested_at
            FROM transfer
            GROUP BY network, processing_date, window_days, from_address, to_address
        )
    SELECT
        pair.network AS network, pair.processing_date AS processing_date, pair.window_days AS window_days,
        pair.from_address AS from_address, pair.to_address AS to_address,
        pair.tx_count AS tx_count,
        pair.amount_sum AS amount_sum,
        pair.amount_usd_sum AS amount_usd_sum,
        pair.first_seen_timestamp AS first_seen_timestamp,
        pair.last_seen_timestamp AS last_seen_timestamp,
        pair.active_days AS active_days,
        pair.amount_usd_sum / pair.tx_count AS avg_tx_size_usd,
        pair.unique_assets AS unique_assets,
        dominant.dominant_asset AS dominant_asset,
        arrayMap(hour -> toUInt16(least(countEqual(pair.hours, hour), 65535)), range(24)) AS hourly_pattern,
        arrayMap(day -> toUInt16(least(countEqual(pair.weekdays, day), 65535)), range(1, 8)) AS weekly_pattern,
        multiIf(
            back.tx_count IS NULL,
            0,
            -- least() and greatest() ignore NULL.
            back.amount_usd_sum IS NULL OR pair.amount_usd_sum IS NULL,
            NULL,
            toFloat64(least(pair.amount_usd_sum, back.amount_usd_sum))
            / nullIf(toFloat64(greatest(pair.amount_usd_sum, back.amount_usd_sum)), 0)
        ) AS reciprocity_ratio,
        back.tx_count IS NOT NULL AS is_bidirectional,
        pair.ingested_at AS ingested_at
    FROM pair
    LEFT JOIN pair AS back ON back.from_address = pair.to_address AND back.to_address = pair.from_address
    LEFT JOIN dominant ON dominant.from_address = pair.from_address AND dominant.to_address = pair.to_address
"""

# One row per transfer, in the columns of raw_transfers. Equal transfers are numbered in any order, because they are equal. The
# window has the columns that the landing table is sorted by, so that one pair is sorted at a time: 0.3 GB for 3,000,000 rows.
NUMBERED_TRANSFERS = """
    SELECT
        *,
        row_number() OVER (
            PARTITION BY network, processing_date, window_days, from_address, to_address
            ORDER BY block_timestamp, asset_symbol, amount_usd, amount
        ) AS transfer_number
    FROM {landing}
"""

OCTOBER_2025 = SnapshotShape(
    name="2025-10",
    needs_any=frozenset({"alerts", "clusters"}),
    needs_none=frozenset({"patterns", "transfers"}),
    tables={
        "alerts": RAW_ALERTS,
        "features": RAW_FEATURES,
        "clusters": RAW_CLUSTERS,
        "money_flows": RAW_MONEY_FLOWS,
        "address_labels": ADDRESS_LABELS,
    },
    labels_beside=True,
)

DECEMBER_2025 = SnapshotShape(
    name="2025-12",
    needs_any=frozenset({"patterns", "money_flows"}),
    needs_none=frozenset({"alerts", "clusters", "transfers"}),
    tables={"features": RAW_FEATURES, "money_flows": RAW_MONEY_FLOWS, "address_labels": ADDRESS_LABELS},
    renames=RENAMES,
    ignored={"patterns": "no table holds it yet"},
)

ANALYZERS_BASELINE = SnapshotShape(
    name="analyzers-baseline",
    needs_any=frozenset({"transfers", "features"}),
    needs_none=frozenset({"alerts", "clusters", "patterns", "money_flows"}),
    tables={"transfers": RAW_MONEY_FLOWS, "features": RAW_FEATURES, "address_labels": ADDRESS_LABELS},
    renames=RENAMES,
    landings={"transfers": (TRANSFERS, FLOWS_FROM_TRANSFERS)},
    kept={"transfers": (RAW_TRANSFERS, NUMBERED_TRANSFERS)},
    ignored={
        "ground_truth": "it is the ground truth, kept out of the warehouse",
        "assets": "no table needs it",
        "asset_prices": "transfers are in USD already",
    },
)
