with votes as (

    select network, processing_date, window_days, address, rule_id, source, vote, confidence
    from {{ ref('int_label_votes') }}
    where rule_id = 'sot'

),

decided as (

{{ decide_labels('sot_only', 'votes', ['confidence']) }}

)

select * from decided
