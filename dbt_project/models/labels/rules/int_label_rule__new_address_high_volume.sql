with large as (

    {{ above_quantile('total_volume_usd', var('new_address_high_volume_quantile'), ['is_new_address']) }}

)

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat('new, ', toString(round(total_volume_usd)), ' USD') as evidence
from large
where is_new_address = 1
