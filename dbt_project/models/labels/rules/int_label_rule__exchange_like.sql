{%- set many = var('exchange_like_counterparties') %}

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    toFloat32(1) as confidence,
    concat(toString(degree_in), ' senders, ', toString(degree_out), ' recipients') as evidence
from {{ ref('stg_features') }}
where is_exchange_like = 1 or (degree_in >= {{ many }} and degree_out >= {{ many }})
