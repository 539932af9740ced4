{# The labels of a strategy over all votes of an address: one row per row of `relation`, with the columns that all strategies have
   (models/labels/strategies/_strategies.yml). An address without votes has no row.

   `relation` has the columns of int_label_tallies and `label`, `label_confidence` and `deciding_vote`, the ranked vote that the
   label is credited to: its source and rule become `label_source` and `rule_id`. #}
{% macro tallied_labels(strategy, relation, kind="voters.kind") -%}
    select
        toLowCardinality(tallies.network) as network,
        tallies.processing_date as processing_date,
        tallies.window_days as window_days,
        tallies.address as address,
        tallies.address_key as address_key,
        toLowCardinality('{{ strategy }}') as strategy,
        tallies.label as label,
        tallies.label_confidence as label_confidence,
        if(label = 1, label_confidence, 1 - label_confidence) as p_risky,
        toLowCardinality(voters.source) as label_source,
        toLowCardinality(voters.rule_id) as rule_id,
        toLowCardinality({{ kind }}) as label_kind,
        tallies.vote_count as vote_count,
        tallies.risky_vote_count as risky_vote_count,
        toUInt32(tallies.vote_count - tallies.risky_vote_count) as benign_vote_count,
        tallies.risky_vote_count > 0 and tallies.risky_vote_count < tallies.vote_count as is_conflict
    from {{ relation }} as tallies
    inner join {{ ref('int_label_voters') }} as voters on voters.voter = tallies.deciding_vote.voter
{%- endmacro %}
