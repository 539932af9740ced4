{#- `dbt build` loads the seed after its start, where `dbt run` looks: so this looks again, and says in a sentence what to add. -#}
-- depends_on: {{ ref('label_rules') }}
{%- if execute and flags.WHICH in ["build", "test"] %}
{{ require_declared_rules(declared_rules()) }}
{%- endif %}
select rule_id
from {{ ref('label_rules') }}
where kind in ('heuristic', 'propagated') and rule_id not in ('{{ label_rules() | join("', '") }}')
