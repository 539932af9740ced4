{# What a flow adds to the sum of its address: the weight in the high 24 bits, weight times rank in the low 40, so that one sum
   holds a mean's numerator and denominator. Nothing where the rank is missing. The ranks of `ranks` are at most 10,000 and
   weights 16: room for half a million flows of an address. #}
{% macro weighted_rank(rank, missing) -%}
    if({{ rank }} = {{ missing }}, 0, (toUInt64(1099511627776) + {{ rank }}) * flows.weight)
{%- endmacro %}
