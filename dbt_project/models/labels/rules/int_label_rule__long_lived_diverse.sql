-- One row per address that the rule votes benign (0); on all other addresses it abstains. int_label_votes adds address_key.
{%- set counterparties = var('long_lived_diverse_counterparties') %}

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    -- clarity: 0.5 at the threshold, rising linearly to 1 at twice as many counterparties.
    {{ clarity('unique_counterparties', counterparties, 2 * counterparties) }} as confidence,
    concat(
        toString(activity_days), ' of ', toString(activity_span_days), ' days, ',
        toString(unique_counterparties), ' counterparties'
    ) as evidence
from {{ ref('stg_features') }}
where
    activity_span_days >= {{ var('long_lived_diverse_span_days') }}
    and activity_days >= {{ var('long_lived_diverse_active_days') }}
    and unique_counterparties >= {{ counterparties }}
