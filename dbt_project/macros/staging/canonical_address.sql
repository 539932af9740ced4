{# The one spelling of an address that is stored, as far as SQL can tell it; `network` must be in scope. EVM and bech32 addresses
   are case-insensitive and lower-cased whatever the network is; the other branches are of the networks that the seed
   address_forms gives their format. SS58 and legacy base58 need checksums that SQL cannot compute: they stay as they are, and
   the doors (`trainer ingest`, `labels add`, `features add`, `client.insert_df`) spell them.
   The Python function `trainer.addresses.canonical` must agree. #}
{% macro canonical_address(column) -%}
    {%- set cash = [] -%}
    {%- for name in ["network", "prefix"] -%}
        {%- do cash.append(
            "(select groupArray(" ~ name ~ ") from (select network, prefix from " ~ ref('address_forms')
            ~ " where form = 'cashaddr' order by network))"
        ) -%}
    {%- endfor -%}
    {%- set prefix = "transform(lower(network), " ~ cash[0] ~ ", " ~ cash[1] ~ ", '')" -%}
    {%- set payload = "if(startsWith(lower(" ~ column ~ "), concat(" ~ prefix ~ ", ':')), substring(" ~ column ~ ", length("
        ~ prefix ~ ") + 2), " ~ column ~ ")" -%}
    {%- set ton = "tryBase64Decode(translate(" ~ column ~ ", '-_', '+/'))" -%}
    multiIf(
        {{ has_address_form('hex32') }} and match({{ column }}, '^0[xX][0-9a-fA-F]{1,64}$'),
        concat('0x', leftPad(lower(substring({{ column }}, 3)), 64, '0')),
        match({{ column }}, '^0[xX][0-9a-fA-F]{40}$'),
        lower({{ column }}),
        match({{ column }}, '^(BC1[02-9AC-HJ-NP-Z]{11,87}|[A-Z]{2,16}1[02-9AC-HJ-NP-Z]{38,104})$'),
        lower({{ column }}),
        {{ has_address_form('cashaddr') }} and match({{ payload }}, '^([02-9ac-hj-np-z]{42,104}|[02-9AC-HJ-NP-Z]{42,104})$'),
        concat({{ prefix }}, ':', lower({{ payload }})),
        {{ has_address_form('ton') }} and match({{ column }}, '^(0|-1):[0-9a-fA-F]{64}$'),
        lower({{ column }}),
        {{ has_address_form('ton') }} and match({{ column }}, '^[A-Za-z0-9_+/-]{48}$'),
        concat(if(substring({{ ton }}, 2, 1) = char(0), '0', '-1'), ':', lower(hex(substring({{ ton }}, 3, 32)))),
        {{ column }}
    )
{%- endmacro %}
