{# Makes a new table the one that a model stands for, in one step where the database can exchange tables. #}
{% macro put_in_place(existing, new, this) %}
    {%- if existing is not none and existing.can_exchange and existing.type == "table" -%}
        {%- do exchange_tables_atomic(new, existing) -%}
        {%- do adapter.drop_relation(new) -%}
    {%- else -%}
        {%- do drop_relation_if_exists(existing) -%}
        {%- do adapter.rename_relation(new, this) -%}
    {%- endif -%}
{% endmacro %}
