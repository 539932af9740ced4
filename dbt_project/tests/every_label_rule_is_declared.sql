{#- The check that `dbt run` makes when it starts. `dbt build` loads the seed only later, so it is repeated here. -#}
-- depends_on: {{ ref('label_rules') }}
{%- if execute and flags.WHICH in ["build", "test"] %}
{{ require_declared_rules(declared_rules()) }}
{%- endif %}
select rule_id
from {{ ref('fct_label_rules') }}
where kind in ('heuristic', 'propagated') and rule_id not in ('{{ label_rules() | join("', '") }}')
