{# An expression that may use the names of steps, a list of [name, SQL], each of which may use those before it: what columns of
   nested subqueries would be, within one expression. #}
{% macro after_steps(steps, expression) -%}
    {%- set nested = namespace(sql=expression) -%}
    {%- for name, step in steps | reverse -%}
        {%- set nested.sql = "arrayMap(" ~ name ~ " -> " ~ nested.sql ~ ", [" ~ step ~ "])[1]" -%}
    {%- endfor -%}
    {{ nested.sql }}
{%- endmacro %}
