with large as (

    {{ above_quantile('total_volume_usd', var('dormant_reactivated_volume_quantile'), ['is_dormant_reactivated']) }}

)

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat('woke after a long silence, ', toString(round(total_volume_usd)), ' USD') as evidence
from large
where is_dormant_reactivated = 1
