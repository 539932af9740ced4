with source as (

    select * from {{ source('raw', 'raw_features') }} final

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(address)') }} as canonical,
        {{ address_key('canonical') }} as address_key,
        -- numbers and flags, Float32 with NaN for missing
        {%- for column in raw_feature_columns() %}
        {{ as_feature('source.' ~ column) }} as {{ column }}_,
        {%- endfor %}
        {{ as_feature('source.confidence_score') }} as feature_confidence_score,
        -- Exports write seconds or milliseconds; an absolute time would tell the date, so ages are kept instead.
        {%- for end in ['first', 'last'] %}
        {{ as_feature(
            "(toUnixTimestamp(toDateTime(processing_date, 'UTC') + interval 1 day) - " ~ end ~ "_activity_timestamp / if("
            ~ end ~ "_activity_timestamp > " ~ millisecond_floor() ~ ", 1000, 1)) / 86400"
        ) }} as {{ end }}_activity_age_days,
        {%- endfor %}
        extra_features
    from source

)

select
    network,
    processing_date,
    window_days,
    canonical as address,
    address_key,
    {%- for column in raw_feature_columns() %}
    {{ column }}_ as {{ column }},
    {%- endfor %}
    feature_confidence_score,
    first_activity_age_days,
    last_activity_age_days,
    extra_features
from renamed
