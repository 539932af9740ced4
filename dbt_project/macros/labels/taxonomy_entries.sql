{# A column of the seed label_taxonomy as a constant array, ordered by term: its categories with a risk level. The seed has some
   hundred rows, and a lookup in arrays costs less than a join of every label. Columns: term (publisher and category), risk_level,
   own_confidence (-1 for that of the provenance class), default_class. #}
{% macro taxonomy_entries(column) -%}
    (
        select groupArray({{ column }}) from (
            select
                concat(publisher, '\\n', lower(trim(category))) as term,
                assumeNotNull(risk_level) as risk_level,
                toFloat32(ifNull(confidence, -1)) as own_confidence,
                ifNull(nullIf(trim(provenance_class), ''), 'unknown') as default_class
            from {{ ref('label_taxonomy') }}
            where risk_level is not null and risk_level != ''
            order by term
        )
    )
{%- endmacro %}
