-- The guide's example: custom labels override the source of truth; the votes of Python strategies, then heuristics, count where
-- neither exists.
with decided as (

    select
        *,
        -- The first that exists; a vote without a voter stands for none.
        arrayFirst(
            vote -> vote.voter > 0, [strongest_custom, strongest_sot, strongest_derived, voice_votes[1]]
        ) as deciding_vote,
        deciding_vote.vote as label,
        toFloat32(deciding_vote.confidence_millionths / 1000000) as label_confidence
    from {{ ref('int_label_tallies') }}

),

final as (

{{ tallied_labels('custom_priority', 'decided') }}

)

select * from final
