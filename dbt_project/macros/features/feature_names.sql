{# The features that a model's YAML declares, in the order of the YAML: a feature that is added to a family's model and declared
   there reaches the wide models without a further line. #}
{% macro feature_names(model_name) -%}
    {%- set features = features_by_model() -%}
    {%- if execute and model_name not in features -%}
        {{ exceptions.raise_compiler_error(
            "The model " ~ model_name ~ " declares no family of features; add config: {meta: {family: …}} to its YAML."
        ) }}
    {%- endif -%}
    {{ return(features.get(model_name, [])) }}
{%- endmacro %}
