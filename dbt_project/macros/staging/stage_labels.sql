{# The columns that all staging models of labels have. `created` names the column with the label's own time, in seconds;
   `published`: rows may come from a publisher's list, whose words the seed label_taxonomy gives a meaning. #}
{% macro stage_labels(created=none, published=false) -%}
        -- text
        trim(label) as publisher_label,
        trim(address_subtype) as publisher_name,
        {% if published %}trim(source.publisher){% else %}''{% endif %} as publisher,
        lower(trim(trust_level)) as provenance_class,
        lower(trim(risk_level)) as risk_level,
        trim(source.source) as label_source,
        -- numbers
        confidence_score,
        -- times
        {% if created -%}
        toDateTime64({{ created }}, 3, 'UTC') as created_at
        {%- else -%}
        cast(null as Nullable(DateTime64(3, 'UTC'))) as created_at
        {%- endif %}
{%- endmacro %}
