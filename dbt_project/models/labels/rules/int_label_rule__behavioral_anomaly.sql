with unusual as (

    {{ above_quantile(
        'behavioral_anomaly_score',
        var('behavioral_anomaly_quantile'),
        ['tx_total_count', 'is_exchange_like', 'is_contract_like', 'is_hub_address']
    ) }}

)

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat('anomaly score ', toString(round(behavioral_anomaly_score, 2))) as evidence
from unusual
where
    tx_total_count >= {{ var('behavioral_anomaly_transfers') }}
    -- Services look unusual without being risky. A missing flag is not a service.
    and not (is_exchange_like = 1 or is_contract_like = 1 or is_hub_address = 1)
