{# The staging model of both tables of labels. `created` names the column with the label's own time, in milliseconds. #}
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
        {{ canonical_address('trim(source.address)') }} as address,
        {{ address_key('address') }} as address_key,
        -- text
        trim(label) as publisher_label,
        lower(trim(risk_level)) as risk_level,
        trim(source.source) as label_source,
        -- numbers
        confidence_score,
        -- times
        {% if created -%}
        fromUnixTimestamp64Milli(toInt64({{ created }}), 'UTC') as created_at
        {%- else -%}
        cast(null as Nullable(DateTime64(3, 'UTC'))) as created_at
        {%- endif %}
    from source
    -- A label whose confidence is not in [0, 1] is left out; a test of the source reports it.
    where source.confidence_score between 0 and 1

)

select * from renamed
{%- endmacro %}
