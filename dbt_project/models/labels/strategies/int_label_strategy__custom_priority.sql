-- One row per snapshot and address with a vote. The precedence of the miner customization guide's example: the user's own labels
-- (custom), else the source of truth (sot), else the votes of Python strategies (derived), else the label rules (heuristic).
with decided as (

    -- int_label_tallies: one row per snapshot and address with a vote. A vote is a named tuple; `voter` is the number of its rule
    -- and source in int_label_voters. voice_votes has the strongest vote of each voice (a publisher, rule or Python strategy),
    -- the strongest first: where the first three kinds are absent, only votes of rules are in it.
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

    -- The columns of every strategy, and no others: network, processing_date, window_days, address, address_key, strategy, label,
    -- label_confidence, p_risky; label_source, rule_id and label_kind of the deciding vote; vote_count, risky_vote_count,
    -- benign_vote_count, is_conflict.
    {{ tallied_labels('custom_priority', 'decided') }}

)

select * from final
