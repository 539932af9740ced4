{# Columns score_rank (1 for the highest, ties by id) and score_percentile (per cent of rows that score no higher) of the scores
   that one model gave the rows of a snapshot. `scores` is in scope, and `row_id` the name of its id. #}
{% macro score_places(row_id) -%}
    {%- set of_model = "partition by scores.network, scores.processing_date, scores.window_days, scores.model_id" -%}
    row_number() over ({{ of_model }} order by scores.score desc, scores.{{ row_id }} asc) as score_rank,
    100 * count() over ({{ of_model }} order by scores.score asc) / count() over ({{ of_model }}) as score_percentile
{%- endmacro %}
