{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

-- One row per address with a flow to or from another address: how much its payers, and how much its recipients, act alike.
with peers as (

    select
        address_key,
    {%- for side in ['in', 'out'] %}
    {{ side }}_flows as {{ side }}_flows,
    arraySort(arrayMap(flow -> flow.3, {{ side }}_flows)) as {{ side }}_times,
    arrayReverse(arrayMap(flow -> flow.1, {{ side }}_flows)) as {{ side }}_cents{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('int_flow_peers') }}
    where {{ computes_family('fans') }}

),

final as (

    select
        address_key,
    {%- for side in ['in', 'out'] %}
    toFloat32(arrayMax(arrayMap(
        (time, number) -> arrayCount(later -> later <= time + {{ var('fan_days') }} * 86400, {{ side }}_times) - number + 1,
        {{ side }}_times, arrayEnumerate({{ side }}_times)
        ))) as fan_{{ side }}_burst,
    toFloat32(arrayMax(arrayMap(
        (cents, number) -> arrayCount(larger -> larger <= cents * {{ var('fan_max_ratio') }}, {{ side }}_cents) - number + 1,
        {{ side }}_cents, arrayEnumerate({{ side }}_cents)
        ))) as fan_{{ side }}_similar{{ ',' if not loop.last }}
    {%- endfor %}
    from peers

)

select * from final
