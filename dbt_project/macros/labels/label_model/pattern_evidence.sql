{# The evidence of each vote pattern, and the prior log-odds. `likelihoods` has the columns of vote_likelihoods. #}
{% macro pattern_evidence(likelihoods) -%}
    select
        likelihoods.snapshot_key as snapshot_key,
        likelihoods.prior_log_odds as prior_log_odds,
        patterns.network as network,
        patterns.processing_date as processing_date,
        patterns.window_days as window_days,
        patterns.pattern_key as pattern_key,
        patterns.positions as positions,
        patterns.addresses as addresses,
        {%- for name, expression in evidence_steps() %}
        {{ expression }} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_label_model__patterns') }} as patterns
    inner join {{ likelihoods }} as likelihoods on likelihoods.snapshot_key = patterns.snapshot_key
{%- endmacro %}
