with decided as (

    select
        *,
        -- The guide's example: one's own labels over the source of truth, and heuristics where nothing else speaks.
        multiIf(
            strongest_custom > 0, strongest_custom,
            strongest_sot > 0, strongest_sot,
            strongest_derived > 0, strongest_derived,
            voices[1]
        ) as decider
    from {{ ref('int_label_tallies') }}

),

final as (

{{ decide_tallied_labels('custom_priority', 'decided') }}

)

select * from final
