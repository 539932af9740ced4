{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='(snapshot_key, position)') }}

{#- The lowest confidence of each step, and the midpoint between it and the next, in thousandths. -#}
{%- set steps = [0] + var('label_model_confidence_steps') %}
{%- set midpoints = [] %}
{%- for step in steps %}
{%- do midpoints.append((500 * ([step, 0.5] | max + (steps[loop.index] if not loop.last else 1))) | round | int) %}
{%- endfor %}

with counted as (

    select
        snapshot_key,
        position,
        any(vote_type) as vote_type,
        any(network) as network,
        any(processing_date) as processing_date,
        any(window_days) as window_days,
        sum(addresses) as votes,
        sumIf(addresses, length(vote_types) > 1) / sum(addresses) as overlap,
        {{ midpoints }}[vote_type.confidence_step + 1] as confidence_thousandths
    from {{ ref('int_label_model__patterns') }}
    array join positions as position, vote_types as vote_type
    group by snapshot_key, position

),

snapshots as (

    select snapshot_key, sum(addresses) as addresses
    from {{ ref('int_label_model__patterns') }}
    group by snapshot_key

),

voices as (

    -- A voice of several rules has the prior of the most trusted of them.
    select
        voice_number,
        any(voters.voice) as voice,
        max(kind = 'gold') as is_gold,
        argMax(prior_accuracy, voter) as prior_accuracy,
        argMax(prior_strength, voter) as prior_strength
    from {{ ref('int_label_voters') }} as voters
    group by voice_number

),

final as (

    select
        counted.network as network,
        counted.processing_date as processing_date,
        counted.window_days as window_days,
        counted.snapshot_key as snapshot_key,
        counted.position as position,
        voices.voice as voice,
        voices.voice_number as voice_number,
        voices.is_gold as is_gold,
        counted.vote_type.vote as vote,
        counted.vote_type.confidence_step as confidence_step,
        {{ steps }}[confidence_step + 1] as confidence_from,
        counted.votes as votes,
        counted.overlap as overlap,
        snapshots.addresses as addresses,
        -- The prior accuracy of a voice is spread over its confidence steps: votes of higher confidence are expected to be
        -- right more often, in proportion to their confidence above one half. Sums are of whole numbers, which do not depend on
        -- the order of rows.
        greatest(0.5, least(0.99, 0.5 + (voices.prior_accuracy - 0.5) * counted.confidence_thousandths / (
            sum(counted.confidence_thousandths * counted.votes) over (partition by counted.snapshot_key, voices.voice_number)
            / sum(counted.votes) over (partition by counted.snapshot_key, voices.voice_number)
        ))) as prior_accuracy,
        greatest(0.001, voices.prior_strength) as prior_strength
    from counted
    inner join snapshots on snapshots.snapshot_key = counted.snapshot_key
    inner join voices on voices.voice_number = counted.vote_type.voice_number

)

select * from final
