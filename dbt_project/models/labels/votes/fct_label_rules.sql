{#- The var label_rules wins over the seed. A rule that only the var names has defaults where it gives no value. -#}
{%- set own = own_label_rules() -%}
{%- set columns = label_rule_columns() -%}
with declared as (

    select * from {{ ref('label_rules') }}

),

final as (

    select
        declared.rule_id as rule_id,
        {%- for column in columns %}
        {%- set changed = [] %}
        {%- for rule, given in own.items() if column in given %}
        {%- do changed.append("declared.rule_id = '" ~ rule ~ "', " ~ label_rule_value(column, given[column]) ~ ", ") %}
        {%- endfor %}
        {%- if changed %}
        multiIf({{ changed | join }}declared.{{ column }}) as {{ column }}{{ ',' if not loop.last }}
        {%- else %}
        declared.{{ column }} as {{ column }}{{ ',' if not loop.last }}
        {%- endif %}
        {%- endfor %}
    from declared
    {%- for rule in label_rules() if rule not in built_in_label_rules() %}
    union all
    select
        '{{ rule }}' as rule_id,
        {%- for column, (type, value) in columns.items() %}
        {{ label_rule_value(column, own[rule].get(column, value)) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- endfor %}

)

select * from final
