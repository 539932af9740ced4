{{ config(materialized='table', engine='MergeTree()', order_by='(family, feature)') }}

-- A row per declaration: nothing is listed here, as each feature is described in the YAML of the model that computes it.
with declared as (

    select arrayJoin([
        {%- for feature, family, unit, description in declared_features() %}
        tuple('{{ feature }}', '{{ family }}', '{{ unit }}', '{{ escape_single_quotes(description) }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ]) as declaration

),

final as (

    select
        declaration.1 as feature,
        declaration.2 as family,
        declaration.3 as unit,
        declaration.4 as description
    from declared

)

select * from final
