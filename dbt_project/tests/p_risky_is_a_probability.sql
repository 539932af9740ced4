select network, processing_date, window_days, address, strategy, p_risky
from {{ ref('fct_address_labels') }}
where p_risky is null or not (p_risky >= 0 and p_risky <= 1)
