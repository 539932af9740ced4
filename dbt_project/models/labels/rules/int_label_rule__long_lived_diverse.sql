{%- set counterparties = var('long_lived_diverse_counterparties') %}

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    {{ clarity('unique_counterparties', counterparties, 2 * counterparties) }} as confidence,
    concat(
        toString(activity_days), ' of ', toString(activity_span_days), ' days, ', toString(unique_counterparties), ' counterparties'
    ) as evidence
from {{ ref('stg_features') }}
where
    activity_span_days >= {{ var('long_lived_diverse_span_days') }}
    and activity_days >= {{ var('long_lived_diverse_active_days') }}
    and unique_counterparties >= {{ counterparties }}
