{{ config(materialized='table', engine='MergeTree()', order_by='(snapshot_key, position)') }}

{#- The least confidence of each step, and the middle between it and the next, in thousandths. -#}
{%- set steps = [0] + var('label_model_confidence_steps') %}
{%- set middles = [] %}
{%- for step in steps %}
    {%- do middles.append((500 * ([step, 0.5] | max + (steps[loop.index] if not loop.last else 1))) | round | int) %}
{%- endfor %}

with spoken as (

    select
        snapshot_key,
        position,
        any(code) as code,
        any(network) as network,
        any(processing_date) as processing_date,
        any(window_days) as window_days,
        sum(addresses) as votes,
        sumIf(addresses, length(codes) > 1) / sum(addresses) as overlap,
        toUInt8(intDiv(bitAnd(code, 15), 2)) as confidence_step,
        {{ middles }}[confidence_step + 1] as confidence_thousandths
    from {{ ref('int_label_model__patterns') }}
    array join positions as position, codes as code
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
        spoken.confidence_step as confidence_step,
        {{ steps }}[spoken.confidence_step + 1] as confidence_from,
        spoken.votes as votes,
        spoken.overlap as overlap,
        universe.addresses as addresses,
        -- A surer vote of the same voice is expected to be right more often. Whole numbers: the same sum in whatever order.
        greatest(0.5, least(0.99, 0.5 + (voices.prior_accuracy - 0.5) * spoken.confidence_thousandths / (
            sum(spoken.confidence_thousandths * spoken.votes) over (partition by spoken.snapshot_key, voices.voice_number)
            / sum(spoken.votes) over (partition by spoken.snapshot_key, voices.voice_number)
        ))) as prior_accuracy,
        greatest(0.001, voices.prior_strength) as prior_strength
    from spoken
    inner join universe on universe.snapshot_key = spoken.snapshot_key
    inner join voices on voices.voice_number = intDiv(spoken.code, 16)

)

select * from final
