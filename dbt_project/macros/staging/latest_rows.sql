{# A table of the trainer without the rows that later ones replace. With `dbt run --empty` dbt puts a subquery without rows in its
   place, which can have no FINAL. #}
{% macro latest_rows(relation) -%}
    {{ relation }}{{ "" if relation.limit is number else " final" }}
{%- endmacro %}
