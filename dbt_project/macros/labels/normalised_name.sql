{# A publisher's name for an address, normalised: lower case, every run of characters other than letters and digits one blank. #}
{% macro normalised_name(expression) -%}
    trim(replaceRegexpAll(lowerUTF8({{ expression }}), '[^\\p{L}\\p{N}]+', ' '))
{%- endmacro %}
