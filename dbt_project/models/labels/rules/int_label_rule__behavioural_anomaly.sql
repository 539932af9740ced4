with addresses as (

    select
        network,
        processing_date,
        window_days,
        address,
        behavioral_anomaly_score,
        tx_total_count,
        -- Services behave unlike people and launder no more than they do; a missing flag says nothing.
        is_exchange_like = 1 or is_contract_like = 1 or is_hub_address = 1 as is_service
    from {{ ref('stg_features') }}

),

snapshots as (

    select
        network,
        processing_date,
        window_days,
        quantileExact({{ var('behavioural_anomaly_quantile') }})(behavioral_anomaly_score) as unusual_score
    from addresses
    where isFinite(behavioral_anomaly_score)
    group by network, processing_date, window_days

),

final as (

    select
        addresses.network as network,
        addresses.processing_date as processing_date,
        addresses.window_days as window_days,
        addresses.address as address,
        toUInt8(1) as vote,
        toFloat32(1) as confidence,
        concat('anomaly score ', toString(round(addresses.behavioral_anomaly_score, 2))) as evidence
    from addresses
    inner join snapshots
        on snapshots.network = addresses.network
        and snapshots.processing_date = addresses.processing_date
        and snapshots.window_days = addresses.window_days
    where
        addresses.behavioral_anomaly_score > snapshots.unusual_score
        and addresses.tx_total_count >= {{ var('behavioural_anomaly_transfers') }}
        and not addresses.is_service

)

select * from final
