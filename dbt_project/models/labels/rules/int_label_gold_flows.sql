{#- A table, because two rules read it. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

with gold as (

    -- One row per address with a source-of-truth or custom label: 1 risky, 0 benign.
    select address_key, label from {{ ref('int_label_strategy__address_labels') }}

),

flows as (

    -- One row per sender and recipient, with the volume between them in whole cents, which add up in any order.
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

    -- Two rows per flow, one for each end; the label that counts is that of the other end.
    select
        network,
        processing_date,
        window_days,
        address_key,
        address,
        counterparty_key,
        cents
    from flows
    array join
        [from_key, to_key] as address_key,
        [from_address, to_address] as address,
        [to_key, from_key] as counterparty_key

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
    -- Addresses with a labelled counterparty.
    having risky_cents + benign_cents > 0

)

select * from final
