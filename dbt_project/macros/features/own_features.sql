{# The features of models of one's own: one row per key (own_key) with a Map of what each model's YAML declares. Missing values
   are left out; of two rows with one key the larger value counts. `id` is the column address or alert_id. #}
{% macro own_features(models, id) -%}
    select
        own_key,
        {{ largest_by_key('features') }} as features
    from (
        {%- for model in models %}
        select
            {{ own_key(id) }} as own_key,
            cast(
                map(
                    {%- for column in feature_names(model) %}
                    '{{ column }}', toFloat32({{ column }}){{ ',' if not loop.last }}
                    {%- endfor %}
                ),
                'Map(LowCardinality(String), Float32)'
            ) as features
        from {{ ref(model) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    )
    group by own_key
{%- endmacro %}
