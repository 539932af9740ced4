{# EVM and bech32 addresses are case-insensitive and lower-cased; SS58 and base58 are case-sensitive and stay as they are.
   The Python function `trainer.addresses.canonical` must agree. #}
{% macro canonical_address(column) -%}
    if(match({{ column }}, '^(0[xX][0-9a-fA-F]{40}|BC1[02-9AC-HJ-NP-Z]{11,87})$'), lower({{ column }}), {{ column }})
{%- endmacro %}
