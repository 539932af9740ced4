{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

{%- set label_columns = [
    'publisher_label', 'publisher_name', 'publisher', 'provenance_class', 'risk_level', 'label_source', 'confidence_score',
    'created_at',
] %}
{%- set all_columns = ['network', 'processing_date', 'window_days', 'address', 'address_key', 'rule_id'] + label_columns
    + ['is_standing', 'valid_from', 'valid_to'] %}

with stamped as (

    -- Labels of one snapshot.
    {% for rule, model in [('sot', 'stg_address_labels'), ('custom', 'stg_custom_address_labels')] -%}
    select
        '{{ rule }}' as rule_id,
        network,
        processing_date,
        window_days,
        address,
        address_key,
        {{ label_columns | join(', ') }},
        false as is_standing,
        processing_date as valid_from,
        addDays(processing_date, 1) as valid_to
    from {{ ref(model) }}
    {% if var('label_as_of') == 'timestamp' -%}
    where created_at is null or created_at < toDateTime(processing_date, 'UTC') + interval 1 day
    {% endif -%}
    {{ 'union all' if not loop.last }}
    {% endfor -%}

),

{% if var('label_as_of') != 'stamped' -%}
standing as (

    -- Only labels of accounts that occur: lists are long, and most of their addresses are in no snapshot.
    select * from {{ ref('stg_standing_labels') }}
    where account_key in (select account_key from {{ ref('fct_snapshot_addresses') }})

),

{% endif -%}
applied as (

    select * from stamped
    {% if var('label_as_of') != 'stamped' -%}
    union all
    -- Standing labels, on the snapshot's spelling of their address, in the snapshots whose date they cover.
    select
        'custom' as rule_id,
        occurring.network as network,
        occurring.processing_date as processing_date,
        occurring.window_days as window_days,
        occurring.address as address,
        occurring.address_key as address_key,
        {%- for column in label_columns %}
        standing.{{ column }} as {{ column }},
        {%- endfor %}
        true as is_standing,
        standing.valid_from as valid_from,
        standing.valid_to as valid_to
    from {{ ref('fct_snapshot_addresses') }} as occurring
    inner join standing on standing.account_key = occurring.account_key
    where standing.valid_from <= occurring.processing_date and occurring.processing_date < standing.valid_to
    {%- endif %}

),

taxonomy as (

    select
        publisher,
        lower(trim(category)) as term,
        risk_level,
        confidence,
        ifNull(nullIf(trim(provenance_class), ''), 'unknown') as default_class
    from {{ ref('label_taxonomy') }}
    where risk_level is not null and risk_level != ''

),

interpreted as (

    -- A publisher's category, or else its name for the address, has the meaning that the seed gives it. The user's own rows pass
    -- through, in the same step: it reads the lists once.
    select
        {% for column in all_columns -%}
        applied.{{ column }} as {{ column }},
        {% endfor -%}
        applied.publisher != '' and applied.risk_level = '' as is_published,
        is_published and by_category.term is not null as is_category,
        is_published and by_name.term is not null as is_name,
        if(is_category, by_category.risk_level, by_name.risk_level) as term_risk_level,
        if(is_category, by_category.confidence, by_name.confidence) as term_confidence,
        if(is_category, by_category.default_class, by_name.default_class) as default_class,
        if(stated.provenance_class is not null, applied.provenance_class, default_class) as known_class
    from applied
    left join taxonomy as by_category
        on by_category.publisher = applied.publisher and by_category.term = lower(applied.publisher_label)
    left join taxonomy as by_name
        on by_name.publisher = applied.publisher and by_name.term = lower(applied.publisher_name)
    left join {{ ref('label_provenance') }} as stated on stated.provenance_class = applied.provenance_class

),

final as (

    select
        interpreted.network as network,
        interpreted.processing_date as processing_date,
        interpreted.window_days as window_days,
        interpreted.address as address,
        interpreted.address_key as address_key,
        interpreted.rule_id as rule_id,
        if(not is_category and is_name, interpreted.publisher_name, interpreted.publisher_label) as publisher_label,
        interpreted.publisher_name as publisher_name,
        interpreted.publisher as publisher,
        if(is_published, ifNull(interpreted.known_class, interpreted.provenance_class), interpreted.provenance_class)
            as provenance_class,
        if(is_published, ifNull(interpreted.term_risk_level, ''), interpreted.risk_level) as risk_level,
        interpreted.label_source as label_source,
        -- Without a risk level there is no vote, and the confidence has no meaning.
        toFloat32(multiIf(
            not is_published, interpreted.confidence_score,
            is_category or is_name, ifNull(ifNull(interpreted.term_confidence, provenance.confidence), 0),
            0
        )) as confidence_score,
        interpreted.created_at as created_at,
        interpreted.is_standing as is_standing,
        interpreted.valid_from as valid_from,
        interpreted.valid_to as valid_to
    from interpreted
    left join {{ ref('label_provenance') }} as provenance on provenance.provenance_class = interpreted.known_class

)

select * from final
