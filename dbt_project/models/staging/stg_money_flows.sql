{#- Stored, because many models read it, and what it is made of is dear to read: rows that later ones replace, and spellings. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='from_key') }}

with source as (

    select * from {{ latest_rows(source('raw', 'raw_money_flows')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(from_address)') }} as from_address,
        {{ canonical_address('trim(to_address)') }} as to_address,
        {{ address_key('from_address') }} as from_key,
        {{ address_key('to_address') }} as to_key,
        -- numbers
        toFloat64(amount_usd_sum) as volume_usd,
        toFloat64(tx_count) as tx_count,
        toFloat64(active_days) as active_days,
        -- seconds since 1970
        toFloat64(first_seen_timestamp) as first_seen,
        toFloat64(last_seen_timestamp) as last_seen
    from source

)

select * from renamed
