{{ config(materialized='table', engine='MergeTree()', order_by='pattern_key') }}

select
    patterns.network as network,
    patterns.processing_date as processing_date,
    patterns.window_days as window_days,
    patterns.snapshot_key as snapshot_key,
    patterns.pattern_key as pattern_key,
    patterns.positions as positions,
    patterns.addresses as addresses,
    {{ pattern_risky() }} as risky_millionths
from {{ ref('int_label_model__patterns') }} as patterns
inner join (
    {{ label_model_beliefs(ref('int_label_model__estimates')) }}
) as beliefs on beliefs.snapshot_key = patterns.snapshot_key
