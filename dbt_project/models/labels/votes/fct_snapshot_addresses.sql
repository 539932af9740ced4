{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

with occurring as (

    select network, processing_date, window_days, address from {{ ref('stg_features') }}
    union all
    select network, processing_date, window_days, address from {{ ref('stg_alerts') }}
    union all
    select network, processing_date, window_days, arrayJoin(addresses) as address from {{ ref('stg_clusters') }}
    union all
    select network, processing_date, window_days, arrayJoin([from_address, to_address]) as address
    from {{ ref('stg_money_flows') }}

),

keyed as (

    select *, {{ address_key('address') }} as address_key from occurring

),

addresses as (

    select
        any(keyed.network) as network,
        any(keyed.processing_date) as processing_date,
        any(keyed.window_days) as window_days,
        any(keyed.address) as address,
        address_key
    from keyed
    group by address_key

),

final as (

    select
        toLowCardinality(addresses.network) as network,
        processing_date,
        window_days,
        address,
        address_key,
        {{ account_key('address') }} as account_key
    from addresses

)

select * from final
