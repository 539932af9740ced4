{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

{#- Columns that are compared with the snapshot's other addresses: as a standard score of log(1 + x), as the share with less. -#}
{%- set scored = ["total_volume_usd", "tx_total_count", "degree_in", "degree_out", "max_tx_usd", "activity_days"] -%}
{%- set ranked = ["total_volume_usd", "tx_total_count", "degree_total"] -%}

-- One row per address of the snapshot.
with addresses as (

    select
        {{ snapshot_key() }} as snapshot_key,
        address_key,
        {%- for column in scored %}
        -- In millionths: integers add up to the same sum in any order, floating-point numbers do not.
        if(isFinite({{ column }}), toInt64(round(log1p(greatest({{ column }}, 0)) * 1000000)), null) as {{ column }}_log,
        {%- endfor %}
        {%- for column in ranked %}
        {{ column }}{% if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref('stg_features') }}

),

snapshots as (

    -- Over the whole snapshot, labelled or not, so that training and scoring see the same values.
    select
        snapshot_key,
        {%- for column in scored %}
        toFloat64(sum(toInt128({{ column }}_log))) / count({{ column }}_log) as {{ column }}_mean,
        sqrt(greatest(
            toFloat64(sum(toInt128({{ column }}_log) * toInt128({{ column }}_log))) / count({{ column }}_log)
            - {{ column }}_mean * {{ column }}_mean,
            0
        )) as {{ column }}_deviation{% if not loop.last %},{% endif %}
        {%- endfor %}
    from addresses
    group by snapshot_key

),

final as (

    -- as_feature: Float32, missing as NaN. ratio: a quotient, NaN where the denominator is 0 or missing.
    select
        addresses.snapshot_key as snapshot_key,
        addresses.address_key as address_key,
        {%- for column in scored %}
        {{ as_feature(ratio(
            '(addresses.' ~ column ~ '_log - snapshots.' ~ column ~ '_mean)', 'snapshots.' ~ column ~ '_deviation'
        )) }} as {{ column }}_zscore,
        {%- endfor %}
        {%- for column in ranked %}
        -- Missing values are ranked among themselves, so that they do not shift the others' ranks.
        toFloat32(if(isNaN(addresses.{{ column }}), nan, percent_rank() over (
            partition by addresses.snapshot_key, isNaN(addresses.{{ column }})
            order by addresses.{{ column }}
        ))) as {{ column }}_percentile{% if not loop.last %},{% endif %}
        {%- endfor %}
    from addresses
    inner join snapshots on snapshots.snapshot_key = addresses.snapshot_key

)

select * from final
