{# Tables as a list of names 'database.name'; one that no table has where there are none. #}
{% macro as_names(tables) -%}
    {%- for table in tables or [{"database": "", "name": ""}] -%}
        {{ ", " if not loop.first }}'{{ table.database }}.{{ table.name }}'
    {%- endfor -%}
{%- endmacro %}
