{%- set own_models = var('alert_feature_models', []) -%}
{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, alert_id)'
) }}

-- One row per alert: its own features and those of its address.
with alerts as (

    select * from {{ ref('int_features__alerts') }}

),

addresses as (

    select * from {{ ref('fct_address_features') }}

),
{%- if own_models %}

own as ( -- noqa: ST03

    {{ own_features(own_models, 'alert_id') }}

),
{%- endif %}

final as (

    select
        alerts.network as network,
        alerts.processing_date as processing_date,
        alerts.window_days as window_days,
        alerts.alert_id as alert_id,
        alerts.address as address,
        alerts.address_key as address_key,
        -- features of the alert
        {%- for column in feature_names('int_features__alerts') %}
        alerts.{{ column }} as {{ column }},
        {%- endfor %}
        -- features of its address
        {%- for column in feature_names('fct_address_features') %}
        {{ as_feature('addresses.' ~ column) }} as {{ column }},
        {%- endfor %}
        alerts.alert_tags as alert_tags,
        addresses.extra_features as extra_features,
        {{ with_own_features('addresses.custom_features') if own_models else 'addresses.custom_features' }} as custom_features
    -- A right join: an alert on an address without features stays, and all of them are missing. The wide table is on the left,
    -- because a join holds its right-hand table in memory.
    from addresses
    right join alerts on alerts.address_key = addresses.address_key
    {%- if own_models %}
    left join own on own.own_key = {{ own_key('alert_id', 'alerts') }}
    {%- endif %}

)

select * from final
