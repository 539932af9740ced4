{# A column of the seed label_provenance as a constant array, ordered by class. #}
{% macro provenance_classes(column) -%}
    (
        select groupArray({{ column }})
        from (select provenance_class, confidence from {{ ref('label_provenance') }} order by provenance_class)
    )
{%- endmacro %}
