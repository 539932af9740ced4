{# The position in taxonomy_entries of a publisher's word, 0 when it has no risk level there; `publisher` must be in scope. #}
{% macro taxonomy_entry(word) -%}
    transform(
        concat(toString(publisher), '\\n', lower({{ word }})),
        arrayPushBack({{ taxonomy_entries('term') }}, '\\0'),
        arrayPushBack(arrayEnumerate({{ taxonomy_entries('term') }}), toUInt32(0)),
        toUInt32(0)
    )
{%- endmacro %}
