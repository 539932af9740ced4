{# The evidence of votes and abstentions under given parameters, one row per snapshot.

   `parameters` has the columns of int_label_model__estimates. Adds, beside what they are made of, `prior_log_odds`, those of the
   class balance; `vote_log_ratios` and `abstention_log_ratios`, for each vote type the log-likelihood ratios of the vote and of
   its voice abstaining, which counts once for a voice with several vote types; and `all_abstain_log_ratio`, that of all voices
   abstaining. #}
{% macro vote_likelihoods(parameters) -%}
    select
        *,
        {%- for name, expression in vote_likelihood_steps() %}
        {{ expression }} as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ parameters }}
{%- endmacro %}
