{# The type of a ranked vote: what the label model learns one accuracy for. A named tuple of the voice, the step of confidence
   (how many of the var label_model_confidence_steps the confidence reaches; steps keep the number of vote types small) and the
   vote. #}
{% macro vote_type(vote) -%}
    cast(
        tuple(
            {{ vote }}.voice_number,
            0
            {%- for step in var('label_model_confidence_steps') %}
            + ({{ vote }}.confidence_millionths >= {{ (step * 1000000) | round | int }})
            {%- endfor %},
            {{ vote }}.vote
        ),
        'Tuple(voice_number UInt16, confidence_step UInt8, vote UInt8)'
    )
{%- endmacro %}
