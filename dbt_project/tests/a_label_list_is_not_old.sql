-- Warns of sources whose newest edition is older than the var label_max_age_days on the date of a snapshot: names that were taken
-- back or added since are unknown. Lists that give no date are not checked.
{{ config(severity='warn') }}

select network, processing_date, window_days, source, edition_date, edition_age_days
from {{ ref('fct_label_source_summary') }}
where is_old
