-- One row per address with a vote. The guide's example of precedence: the user's own labels (custom), else the source of truth
-- (sot), else the votes of Python strategies (derived), else the label rules (heuristic).
with decided as (

    -- int_label_tallies: one row per address with a vote. Votes are named tuples, voice_votes has the strongest first.
    select
        *,
        -- The first that exists: where there is no vote of a kind, the tuple has voter 0.
        arrayFirst(
            candidate -> candidate.voter > 0, [strongest_custom, strongest_sot, strongest_derived, voice_votes[1]]
        ) as deciding_vote,
        -- ClickHouse lets a later expression use an alias of the same select.
        deciding_vote.vote as label,
        toFloat32(deciding_vote.confidence_millionths / 1000000) as label_confidence
    from {{ ref('int_label_tallies') }}

),

final as (

    -- Adds the columns that all strategies have: those of the deciding vote, and the counts of votes.
    {{ tallied_labels('custom_priority', 'decided') }}

)

select * from final
