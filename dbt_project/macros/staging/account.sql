{# The account that an address belongs to, to join labels of one network to snapshots of another; `network` must be in scope. An
   SS58 address is one prefix number, 32 bytes of public key and two of checksum: the key is the account, whatever the prefix. #}
{% macro account(column) -%}
    {%- set raw = "tryBase58Decode(" ~ column ~ ")" -%}
    if(
        -- A prefix number has one byte or two. Other lengths are no account: the address stands for itself.
        {{ has_address_form('ss58') }} and length({{ raw }}) in (35, 36),
        lower(hex(substring({{ raw }}, length({{ raw }}) - 33, 32))),
        {{ canonical_address(column) }}
    )
{%- endmacro %}
