-- The share of risky labels of a strategy in a snapshot is between the vars min_risky_share and max_risky_share. Warns only.
{{ config(severity='warn') }}

select network, processing_date, window_days, strategy, count() as labels, countIf(label = 1) / labels as risky_share
from {{ ref('fct_address_labels') }}
group by network, processing_date, window_days, strategy
having risky_share < {{ var('min_risky_share') }} or risky_share > {{ var('max_risky_share') }}
