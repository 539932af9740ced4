-- The address of a label has the form of its network; a misspelt address, or one of another network, matches no row. Networks
-- that are not in the seed address_forms pass.
{%- set columns = 'network, processing_date, window_days, address, label_source' %}

with labels as (

    select {{ columns }} from {{ ref('stg_address_labels') }}
    union all
    select {{ columns }} from {{ ref('stg_custom_address_labels') }}
    union all
    select network, valid_from, 0, address, label_source from {{ ref('stg_standing_labels') }}

)

select labels.network, labels.processing_date, labels.window_days, labels.address, labels.label_source, forms.form
from labels
-- A network named by the number of an EVM chain has the form of Ethereum.
inner join {{ ref('address_forms') }} as forms
    on forms.network = if(match(lower(labels.network), '^eip155-[0-9]+$'), 'ethereum', lower(labels.network))
where not match(labels.address, forms.pattern)
