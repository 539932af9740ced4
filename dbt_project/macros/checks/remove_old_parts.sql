{# Removes the parts of a table that newer ones have replaced: the embedded engine does so only at the end of such a statement,
   and parts that stay make it slower to open. #}
{% macro remove_old_parts(relation) %}
    {%- if target.type == "chdb" -%}
        {%- do run_query("alter table " ~ relation ~ " drop partition id '" ~ "0" * 32 ~ "'") -%}
    {%- endif -%}
{% endmacro %}
