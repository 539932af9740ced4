{# Whether `network`, which must be in scope, has one of these address formats. A set of constants, not a join: rows are only
   tested against it, and once for each network where the column is LowCardinality. #}
{% macro has_address_form(form) -%}
    (lower(network) in (select forms.network from {{ ref('address_forms') }} as forms where forms.form = '{{ form }}'))
{%- endmacro %}
