{#- A table, because two rules read it. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

with gold as (

    select address_key, label from {{ ref('int_label_strategy__address_labels') }}

),

flows as (

    select
        network,
        processing_date,
        window_days,
        from_address,
        to_address,
        from_key,
        to_key,
        assumeNotNull({{ whole_cents('volume_usd') }}) as cents
    from {{ ref('stg_money_flows') }}
    -- Transfers to oneself have no counterparty; a flow of unknown volume has no share.
    where from_key != to_key and volume_usd > 0

),

ends as (

    -- One row per end of a flow, in one pass; the label that counts is that of the other end.
    select
        network,
        processing_date,
        window_days,
        tupleElement(side, 1) as address_key,
        tupleElement(side, 2) as address,
        tupleElement(side, 3) as counterparty_key,
        cents
    from flows
    array join [tuple(from_key, from_address, to_key), tuple(to_key, to_address, from_key)] as side

),

final as (

    select
        any(ends.network) as network,
        any(ends.processing_date) as processing_date,
        any(ends.window_days) as window_days,
        any(ends.address) as address,
        address_key,
        count() as flow_count,
        sum(cents) as total_cents,
        sumIf(cents, counterparty_key in (select address_key from gold where label = 1)) as risky_cents,
        sumIf(cents, counterparty_key in (select address_key from gold where label = 0)) as benign_cents
    from ends
    group by address_key
    having risky_cents + benign_cents > 0

)

select * from final
