with judged as (

    select
        snapshot_key,
        position,
        sum(addresses * anchored_millionths) / 1000000 as risky,
        -- Variance that the votes leave in what the addresses are: information that is missing.
        sum(addresses * toUInt128(anchored_millionths) * (1000000 - anchored_millionths)) / 1000000000000 as unsure
    from {{ ref('int_label_model__posteriors') }}
    array join positions as position
    group by snapshot_key, position

),

estimated as (

    select
        codes.network as network,
        codes.processing_date as processing_date,
        codes.window_days as window_days,
        codes.voice as voice,
        codes.vote as vote,
        codes.confidence_step as confidence_step,
        codes.confidence_from as confidence_from,
        codes.votes as votes,
        codes.prior_accuracy as prior_accuracy,
        codes.prior_strength as prior_strength,
        (
            codes.prior_strength * codes.prior_accuracy
            + codes.overlap * if(codes.vote = 1, judged.risky, codes.votes - judged.risky)
        ) / (codes.prior_strength + codes.overlap * codes.votes) as accuracy,
        codes.prior_strength
            + greatest(0, codes.votes - judged.unsure / greatest(0.000001, accuracy * (1 - accuracy))) as effective_votes
    from {{ ref('int_label_model__codes') }} as codes
    inner join judged on judged.snapshot_key = codes.snapshot_key and judged.position = codes.position

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
