-- For each source in the var label_source_rows, the number of labels in every snapshot that has any is within its range. Of
-- standing labels, those count that hold on the date of the snapshot, whether or not their address occurs in it.
{%- set ranges = var('label_source_rows') %}
with labels as (

    select network, processing_date, window_days, label_source from {{ ref('stg_address_labels') }}
    union all
    select network, processing_date, window_days, label_source from {{ ref('stg_custom_address_labels') }}
    union all
    select snapshots.network, snapshots.processing_date, snapshots.window_days, standing.label_source
    from (select distinct network, processing_date, window_days from {{ ref('fct_snapshot_addresses') }}) as snapshots
    inner join {{ ref('stg_standing_labels') }} as standing on standing.network = snapshots.network
    where standing.valid_from <= snapshots.processing_date and snapshots.processing_date < standing.valid_to

),

counted as (

    select network, processing_date, window_days, toString(label_source) as source, count() as label_count
    from labels
    group by network, processing_date, window_days, source

),

ranges as (

    {% for source, range in ranges.items() -%}
    select
        '{{ source | replace("\\", "\\\\") | replace("'", "\\'") }}' as source,
        {{ range[0] | int }} as minimum,
        {{ range[1] | int }} as maximum
    {{ 'union all' if not loop.last }}
    {% else -%}
    select '' as source, 0 as minimum, 0 as maximum where false
    {%- endfor %}

)

select
    ranges.source,
    counted.network,
    counted.processing_date,
    counted.window_days,
    ifNull(counted.label_count, 0) as found,
    ranges.minimum,
    ranges.maximum
from ranges
left join counted on counted.source = ranges.source
where found < ranges.minimum or found > ranges.maximum
