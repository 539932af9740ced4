{# Both label tables have one shape and one reading; `created` names the column, in milliseconds, of the label's own time. #}
{% macro stage_labels(relation, created=none) -%}
with source as (

    select * from {{ relation }} final

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as canonical,
        {{ address_key('canonical') }} as address_key,
        -- text
        trim(label) as publisher_label,
        lower(trim(risk_level)) as risk_level,
        trim(source.source) as label_source,
        -- numbers
        confidence_score,
        -- times
        {{ 'fromUnixTimestamp64Milli(toInt64(' ~ created ~ "), 'UTC')" if created else "cast(null as Nullable(DateTime64(3, 'UTC')))" }} as created_at
    from source
    -- A label whose confidence is no probability abstains; the source's own test says that there is one.
    where source.confidence_score between 0 and 1

)

select
    network,
    processing_date,
    window_days,
    canonical as address,
    address_key,
    publisher_label,
    risk_level,
    label_source,
    confidence_score,
    created_at
from renamed
{%- endmacro %}
