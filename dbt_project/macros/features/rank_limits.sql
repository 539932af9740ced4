{# The 5 %, 10 %, … 95 % quantiles of a column's finite values. They make 20 bins: a mean over counterparties needs no finer rank,
   and exact ranks would cost a sort per feature. #}
{% macro rank_limits(column) -%}
    quantilesExactIf(
        {%- for step in range(5, 100, 5) %}0.{{ '%02d' | format(step) }}{{ ', ' if not loop.last }}{% endfor -%}
    )({{ column }}, isFinite({{ column }}))
{%- endmacro %}
