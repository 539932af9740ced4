-- Fails with the pairs of addresses whose single transfers, of a snapshot that has them, do not add up to the flow between them.
with transfers as (

    select
        from_key,
        to_key,
        count() as transfers,
        sum(toDecimal256(amount_usd, 18)) as total,
        if(abs(total) < toDecimal256('1e20', 18), toFloat64(toDecimal128(total, 18)), null) as volume_usd,
        uniqExact(toDate(toDateTime(happened, 'UTC'))) as active_days,
        min(happened) as first_seen,
        max(happened) as last_seen
    from {{ ref('stg_transfers') }}
    group by from_key, to_key

),

flows as (

    select
        from_key,
        to_key,
        tx_count,
        volume_usd,
        active_days,
        first_seen,
        last_seen
    from {{ ref('stg_money_flows') }}
    where (network, processing_date, window_days) in (
        select distinct
            network,
            processing_date,
            window_days
        from {{ ref('stg_transfers') }}
    )

)

select
    transfers.from_key as from_key,
    transfers.to_key as to_key,
    flows.from_key as flow_from_key,
    flows.to_key as flow_to_key
from transfers
full join flows on flows.from_key = transfers.from_key and flows.to_key = transfers.to_key
where
    transfers.transfers is distinct from flows.tx_count
    or transfers.volume_usd is distinct from flows.volume_usd
    or transfers.active_days is distinct from flows.active_days
    or transfers.first_seen is distinct from flows.first_seen
    or transfers.last_seen is distinct from flows.last_seen
