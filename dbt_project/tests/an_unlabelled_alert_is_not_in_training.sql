-- Without join_use_nulls a missed join would turn an unlabelled row into a benign one; such a row would be here.
select training.alert_id
from {{ ref('training_alerts') }} as training
left anti join {{ ref('fct_address_labels') }} as labels
    on labels.network = training.network
    and labels.processing_date = training.processing_date
    and labels.window_days = training.window_days
    and labels.address = training.address
    and labels.strategy = training.label_strategy
    and labels.label = training.label
