{# Why a score is not current, '' if it is. `models`, `changes` and `scores` are in scope; `row_id` is the id of the scored row in
   its staging model, NULL or '' where it has none any more. #}
{% macro stale_reason(row_id) -%}
    multiIf(
        ifNull(models.model_id, '') = '', 'the model is gone',
        ifNull(changes.changed_in, 0) > scores.build, 'the snapshot has changed',
        ifNull({{ row_id }}, '') = '', 'the row is gone',
        ''
    )
{%- endmacro %}
