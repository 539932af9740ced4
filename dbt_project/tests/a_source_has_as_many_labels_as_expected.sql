-- Of each source that the var label_source_rows names, every snapshot that has any has a number of labels within its range.
{%- set ranges = var('label_source_rows') %}
with labels as (

    select network, processing_date, window_days, label_source from {{ ref('stg_address_labels') }}
    union all
    select network, processing_date, window_days, label_source from {{ ref('stg_custom_address_labels') }}

),

counted as (

    select network, processing_date, window_days, toString(label_source) as source, count() as label_count
    from labels
    group by network, processing_date, window_days, source

),

ranges as (

    {% for source, range in ranges.items() -%}
    select '{{ source | replace("\\", "\\\\") | replace("'", "\\'") }}' as source, {{ range[0] | int }} as fewest, {{ range[1] | int }} as most
    {{ 'union all' if not loop.last }}
    {% else -%}
    select '' as source, 0 as fewest, 0 as most where false
    {%- endfor %}

)

select ranges.source, counted.network, counted.processing_date, counted.window_days, ifNull(counted.label_count, 0) as found, ranges.fewest, ranges.most
from ranges
left join counted on counted.source = ranges.source
where found < ranges.fewest or found > ranges.most
