-- One row per address with a vote: P(risky) of the label model, which learns how accurate votes are (docs/label_model.md).
with posteriors as (

    -- One row per vote pattern: addresses with the same votes have the same P(risky).
    select pattern_key, risky_millionths / 1000000 as posterior
    from {{ ref('int_label_model__posteriors') }}

),

bounded as (

    -- Gold votes that all agree are not overruled.
    select
        tallies.*,
        {{ within_gold('posteriors.posterior') }} as probability
    from {{ ref('int_label_tallies') }} as tallies
    inner join posteriors on posteriors.pattern_key = tallies.pattern_key

),

decided as (

    -- Adds label, label_confidence and deciding_vote.
    {{ decide_by_probability('bounded') }}

),

final as (

    -- Adds the columns that all strategies have: those of the deciding vote, and the counts of votes.
    {{ tallied_labels('label_model', 'decided', kind="if(tallies.gold_vote_count > 0, 'gold', 'modelled')") }}

)

select * from final
