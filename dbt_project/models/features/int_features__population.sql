{#- Stored, because a join with an unstored aggregate is planned badly. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

with addresses as (

    select
        network,
        processing_date,
        window_days,
        address_key,
        {%- for column in zscore_columns() %}
        -- Millionths, because whole numbers add up to the same sum in any order, which floating point does not.
        if(isFinite({{ column }}), toInt64(round(log1p(greatest({{ column }}, 0)) * 1000000)), null) as {{ column }}_log,
        {%- endfor %}
        {%- for column in percentile_columns() %}
        {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_features') }}

),

population as (

    -- The whole snapshot, labelled or not, so that training and scoring see the same values.
    select
        network,
        processing_date,
        window_days,
        {%- for column in zscore_columns() %}
        toFloat64(sum(toInt128({{ column }}_log))) / count({{ column }}_log) as {{ column }}_mean,
        sqrt(greatest(
            toFloat64(sum(toInt128({{ column }}_log) * toInt128({{ column }}_log))) / count({{ column }}_log)
            - {{ column }}_mean * {{ column }}_mean,
            0
        )) as {{ column }}_spread{{ ',' if not loop.last }}
        {%- endfor %}
    from addresses
    group by network, processing_date, window_days

),

final as (

    select
        addresses.address_key as address_key,
        {%- for column in zscore_columns() %}
        {{ as_feature(ratio(
            '(addresses.' ~ column ~ '_log - population.' ~ column ~ '_mean)', 'population.' ~ column ~ '_spread'
        )) }} as {{ column }}_zscore,
        {%- endfor %}
        {%- for column in percentile_columns() %}
        toFloat32(if(isNaN(addresses.{{ column }}), nan, percent_rank() over (
            partition by addresses.network, addresses.processing_date, addresses.window_days, isNaN(addresses.{{ column }})
            order by addresses.{{ column }}
        ))) as {{ column }}_percentile{{ ',' if not loop.last }}
        {%- endfor %}
    from addresses
    inner join population
        on population.network = addresses.network
        and population.processing_date = addresses.processing_date
        and population.window_days = addresses.window_days

)

select * from final
