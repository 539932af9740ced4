select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    'behaves like a mixer' as evidence
from {{ ref('stg_features') }}
where is_mixer_like = 1
