{# The numeric columns of a built feature model that are neither `known` nor a key: what a user added to its SQL.

   The declared columns come by name and under contract; these ride along in the map `custom_features`. #}
{% macro own_columns(relation, known) -%}
    {%- set keys = [
        "network", "processing_date", "window_days", "address", "address_key", "alert_id", "cluster_id", "cluster_key"
    ] -%}
    {%- set found = [] -%}
    {%- set built = load_relation(relation) if execute else none -%}
    {%- if built is not none -%}
        {%- for column in adapter.get_columns_in_relation(built) -%}
            {%- set is_number = modules.re.match("(Nullable[(])?(U?Int|Float|Decimal|Bool)", column.dtype) -%}
            {%- if is_number and column.name not in known + keys -%}
                {%- do found.append(column.name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}


{# The map `custom_features` of a relation with these columns of it added; one that is not finite is missing. #}
{% macro with_own_columns(relation_alias, own) -%}
    {%- set prefix = relation_alias ~ "." -%}
    {%- if own -%}
    cast(mapUpdate({{ prefix }}custom_features, map(
        {%- for column in own %}
        '{{ column }}', if(isFinite({{ as_feature(prefix ~ column) }}), {{ as_feature(prefix ~ column) }}, toFloat32(nan))
        {{- ',' if not loop.last }}
        {%- endfor %}
    )), 'Map(LowCardinality(String), Float32)')
    {%- else -%}
    {{ prefix }}custom_features
    {%- endif -%}
{%- endmacro %}
