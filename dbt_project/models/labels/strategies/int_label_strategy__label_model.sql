with posteriors as (

    select pattern_key, risky_millionths / 1000000 as posterior
    from {{ ref('int_label_model__posteriors') }}

),

bounded as (

    select
        tallies.*,
        {{ within_gold('posteriors.posterior') }} as probability
    from {{ ref('int_label_tallies') }} as tallies
    inner join posteriors on posteriors.pattern_key = tallies.pattern_key

),

decided as (

{{ decide_by_probability('bounded') }}

),

final as (

{{ tallied_labels('label_model', 'decided', kind="if(tallies.gold_vote_count > 0, 'gold', 'modelled')") }}

)

select * from final
