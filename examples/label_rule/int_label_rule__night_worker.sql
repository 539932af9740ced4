select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    {{ trainer.clarity('night_transaction_ratio', var('night_worker_share', 0.5), 1) }} as confidence,
    concat(toString(round(100 * night_transaction_ratio)), ' % of transfers at night') as evidence
from {{ ref('stg_features') }}
where night_transaction_ratio >= {{ var('night_worker_share', 0.5) }} and tx_total_count >= 5
