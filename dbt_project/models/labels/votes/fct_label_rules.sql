-- The var label_rules wins over the seed. A rule that only the var names has defaults where it gives no value.
with rules as (

    select * from {{ ref('label_rules') }}

),

final as (

    select
        {%- for column in label_rule_columns() %}
        {{ label_rule_column(column) }} as {{ column }},
        {%- endfor %}
        rules.rule_id as rule_id
    from rules
    {%- for rule in label_rules() if rule not in built_in_label_rules() %}
    union all
    select
        {{ own_label_rule_values(rule) }}
        '{{ rule }}' as rule_id
    {%- endfor %}

)

select * from final
