{# A Map of a user's features, with those of the relation `own` (see own_features) on top. A missed join is an empty Map. #}
{% macro with_own_features(features) -%}
    cast(mapUpdate({{ features }}, own.features), 'Map(LowCardinality(String), Float32)')
{%- endmacro %}
