{# The row of the seed label_sources that answers for a source: its own, else that of its publisher, which is what stands before ': '
   (`tagpack: Some pack` is of `tagpack`). #}
{% macro known_source(source) -%}
    if({{ source }} in (select source from {{ ref('label_sources') }}), {{ source }}, splitByString(': ', toString({{ source }}))[1])
{%- endmacro %}
