-- Active addresses with unusual behavior that are not services. One row per address that the rule votes risky (1); on all other
-- addresses it abstains. int_label_votes adds address_key.
with quantiles as (

    -- network, processing_date, window_days and `threshold`: the quantile over all of a snapshot's addresses with a score.
    {{ snapshot_quantiles('behavioral_anomaly_score', var('behavioral_anomaly_quantile')) }}

)

select
    addresses.network as network,
    addresses.processing_date as processing_date,
    addresses.window_days as window_days,
    addresses.address as address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat('anomaly score ', toString(round(addresses.behavioral_anomaly_score, 2))) as evidence
from {{ ref('stg_features') }} as addresses
inner join quantiles
    on quantiles.network = addresses.network
    and quantiles.processing_date = addresses.processing_date
    and quantiles.window_days = addresses.window_days
where
    -- Strictly above; a missing value (NaN) is above none.
    addresses.behavioral_anomaly_score > quantiles.threshold
    and addresses.tx_total_count >= {{ var('behavioral_anomaly_transfers') }}
    -- Services look unusual without being risky. A missing flag is NaN, which is not 1: not a service.
    and not (addresses.is_exchange_like = 1 or addresses.is_contract_like = 1 or addresses.is_hub_address = 1)
