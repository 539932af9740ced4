"""The raw tables of money that moves: flows between pairs of addresses, and the single transfers that they sum."""

from __future__ import annotations

from trainer.warehouse.table import Table

RAW_MONEY_FLOWS = Table(
    "raw_money_flows",
    key="from_address, to_address",
    columns="""
    from_address String
    to_address String
    tx_count Nullable(UInt64)
    amount_sum Nullable(Decimal(38, 18))
    amount_usd_sum Nullable(Decimal(38, 18))
    first_seen_timestamp Nullable(UInt64)
    last_seen_timestamp Nullable(UInt64)
    active_days Nullable(UInt32)
    avg_tx_size_usd Nullable(Decimal(38, 18))
    unique_assets Nullable(UInt32)
    dominant_asset LowCardinality(String) DEFAULT ''
    hourly_pattern Array(UInt16)
    weekly_pattern Array(UInt16)
    reciprocity_ratio Nullable(Float32)
    is_bidirectional Nullable(Bool)
    created_at Nullable(DateTime)
    """,
)

RAW_TRANSFERS = Table(
    "raw_transfers",
    key="from_address, to_address, transfer_number",
    columns="""
    from_address String
    to_address String
    transfer_number UInt64
    asset_symbol LowCardinality(String) DEFAULT ''
    amount Nullable(Decimal(38, 18))
    amount_usd Nullable(Decimal(38, 18))
    block_timestamp Nullable(UInt64)
    """,
)
"""Single transfers; `transfer_number` tells those of one sender to one recipient apart, of which several may be equal."""
