-- At most the share max_unmatched_share of a source's stamped labels is of addresses that do not occur in their snapshot. More of
-- them point to a wrong network or window, or to a made-up list. The lower end of the share's 95 % interval is compared.
{{ config(severity='warn') }}

with labels as (

    {% for model in ['stg_address_labels', 'stg_custom_address_labels'] -%}
    select
        network,
        processing_date,
        window_days,
        address_key,
        label_source,
        address_key not in (select address_key from {{ ref('fct_snapshot_addresses') }}) as is_inactive
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}

),

sources as (

    select
        network,
        processing_date,
        window_days,
        label_source,
        toInt64(uniqExact(address_key)) as addresses,
        toInt64(uniqExactIf(address_key, is_inactive)) as unmatched
    from labels
    group by network, processing_date, window_days, label_source

)

select *, {{ wilson(share_of('unmatched', 'addresses'), 'addresses', 'low') }} as unmatched_share_low
from sources
where unmatched_share_low > {{ var('max_unmatched_share') }}
