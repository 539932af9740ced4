-- A standing label applies only to snapshots whose date it covers: never before it holds, nor from the day it was withdrawn on.
-- Compared with the lists themselves: every applied standing label has a row there that covers the date.
with held as (

    select network, account_key, label_source, publisher_name, risk_level, valid_from, valid_to
    from {{ ref('stg_standing_labels') }}

)

select applied.network, applied.processing_date, applied.window_days, applied.address, applied.label_source
from {{ ref('fct_applied_labels') }} as applied
inner join {{ ref('fct_snapshot_addresses') }} as occurring on occurring.address_key = applied.address_key
left join held
    on held.account_key = occurring.account_key
    and held.label_source = applied.label_source
    and held.publisher_name = applied.publisher_name
    -- The seed decides the level of a publisher's labels.
    and (held.risk_level = '' or held.risk_level = applied.risk_level)
where applied.is_standing
group by
    applied.network,
    applied.processing_date,
    applied.window_days,
    applied.address,
    applied.label_source,
    applied.publisher_name,
    applied.risk_level
having countIf(held.valid_from <= applied.processing_date and applied.processing_date < held.valid_to) = 0
