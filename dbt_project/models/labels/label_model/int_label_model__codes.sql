{{ config(materialized='table', engine='MergeTree()', order_by='(snapshot_key, position)') }}

with spoken as (

    select
        snapshot_key,
        position,
        any(code) as code,
        any(network) as network,
        any(processing_date) as processing_date,
        any(window_days) as window_days,
        sum(addresses) as votes,
        sum(confidence) as total_millionths,
        sum(confidence) / sum(addresses) / 1000000 as mean_confidence
    from {{ ref('int_label_model__patterns') }}
    array join positions as position, codes as code, confidence_millionths as confidence
    group by snapshot_key, position

),

universe as (

    select snapshot_key, sum(addresses) as addresses
    from {{ ref('int_label_model__patterns') }}
    group by snapshot_key

),

voices as (

    -- A voice that comes through several rules is believed like the most trusted of them.
    select
        voice_number,
        any(int_label_voters.voice) as voice,
        max(kind = 'gold') as is_gold,
        argMax(prior_accuracy, voter) as prior_accuracy,
        argMax(prior_strength, voter) as prior_strength
    from {{ ref('int_label_voters') }}
    group by voice_number

),

final as (

    select
        spoken.network as network,
        spoken.processing_date as processing_date,
        spoken.window_days as window_days,
        spoken.snapshot_key as snapshot_key,
        spoken.position as position,
        voices.voice as voice,
        voices.voice_number as voice_number,
        voices.is_gold as is_gold,
        toUInt8(bitAnd(spoken.code, 1)) as vote,
        toUInt8(intDiv(bitAnd(spoken.code, 15), 2)) as confidence_step,
        spoken.votes as votes,
        universe.addresses as addresses,
        spoken.mean_confidence as mean_confidence,
        -- A surer vote of the same voice is expected to be right more often.
        greatest(0.5, least(0.99, 0.5 + (voices.prior_accuracy - 0.5) * spoken.mean_confidence / (
            -- Whole numbers: the same sum in whatever order.
            sum(spoken.total_millionths) over (partition by spoken.snapshot_key, voices.voice_number)
            / sum(spoken.votes) over (partition by spoken.snapshot_key, voices.voice_number) / 1000000
        ))) as prior_accuracy,
        greatest(0.001, voices.prior_strength) as prior_strength
    from spoken
    inner join universe on universe.snapshot_key = spoken.snapshot_key
    inner join voices on voices.voice_number = intDiv(spoken.code, 16)

)

select * from final
