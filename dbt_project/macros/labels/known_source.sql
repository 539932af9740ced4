{# The row of the seed label_sources that describes a source: its own, or else its publisher's, which is the text before ': '
   (`tagpack: Some pack` belongs to `tagpack`). #}
{% macro known_source(source) -%}
    if(
        {{ source }} in (select source from {{ ref('label_sources') }}),
        {{ source }},
        splitByString(': ', toString({{ source }}))[1]
    )
{%- endmacro %}
