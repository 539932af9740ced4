with expected_counts as (

    select
        snapshot_key,
        position,
        sum(addresses * anchored_millionths) / 1000000 as risky_votes,
        -- The posterior variance of the addresses' classes: the information that is missing (Louis 1982).
        sum(addresses * toUInt128(anchored_millionths) * (1000000 - anchored_millionths)) / 1000000000000 as missing_information
    from {{ ref('int_label_model__posteriors') }}
    array join positions as position
    group by snapshot_key, position

),

estimated as (

    select
        vote_types.network as network,
        vote_types.processing_date as processing_date,
        vote_types.window_days as window_days,
        vote_types.voice as voice,
        vote_types.vote as vote,
        vote_types.confidence_step as confidence_step,
        vote_types.confidence_from as confidence_from,
        vote_types.votes as votes,
        vote_types.prior_accuracy as prior_accuracy,
        vote_types.prior_strength as prior_strength,
        -- The M-step of int_label_model__estimates, from the final posteriors.
        (
            vote_types.prior_strength * vote_types.prior_accuracy
            + vote_types.overlap
            * if(vote_types.vote = 1, expected_counts.risky_votes, vote_types.votes - expected_counts.risky_votes)
        ) / (vote_types.prior_strength + vote_types.overlap * vote_types.votes) as accuracy,
        vote_types.prior_strength
        + greatest(
            0, vote_types.votes - expected_counts.missing_information / greatest(0.000001, accuracy * (1 - accuracy))
        ) as effective_votes
    from {{ ref('int_label_model__vote_types') }} as vote_types
    inner join expected_counts
        on expected_counts.snapshot_key = vote_types.snapshot_key and expected_counts.position = vote_types.position

),

final as (

    select
        network,
        processing_date,
        window_days,
        voice,
        vote,
        confidence_step,
        confidence_from,
        votes,
        effective_votes,
        prior_accuracy,
        prior_strength,
        accuracy,
        {{ wilson('accuracy', 'effective_votes', 'low') }} as accuracy_low,
        {{ wilson('accuracy', 'effective_votes', 'high') }} as accuracy_high
    from estimated

)

select * from final
