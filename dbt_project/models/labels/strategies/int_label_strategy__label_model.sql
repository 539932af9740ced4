with posteriors as (

    select pattern_key, risky_millionths / 1000000 as learned
    from {{ ref('int_label_model__posteriors') }}

),

bounded as (

    select
        tallies.*,
        {{ within_gold('posteriors.learned') }} as probability
    from {{ ref('int_label_tallies') }} as tallies
    inner join posteriors on posteriors.pattern_key = tallies.pattern_key

),

final as (

{{ decide_tallied_labels('label_model', 'bounded', kind="if(tallies.gold_vote_count > 0, 'gold', 'modelled')", probability=true) }}

)

select * from final
