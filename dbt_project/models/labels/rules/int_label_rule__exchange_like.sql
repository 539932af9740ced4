-- One row per address that the rule votes benign (0); on all other addresses it abstains. int_label_votes adds address_key.
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
-- A missing flag or number is NaN, which makes its comparison false.
where is_exchange_like = 1 or (degree_in >= {{ many }} and degree_out >= {{ many }})
