{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, address)'
) }}

{%- set label_columns = [
    'publisher_label', 'publisher_name', 'publisher', 'provenance_class', 'risk_level', 'label_source', 'confidence_score',
    'created_at',
] %}
{%- set is_known = "created_at is null or created_at < toDateTime(processing_date, 'UTC') + interval 1 day"
    if var('label_as_of') == 'timestamp' else 'true' %}

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
    where {{ is_known }}
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

numbered as (

    -- The seed's entry for the publisher's category, or else for its name for the address. A name alone never makes an address
    -- benign: anybody may name a token after an exchange. 0: none, or the label has a risk level of its own.
    select
        *,
        publisher != '' and risk_level = '' as is_published,
        if(is_published, {{ taxonomy_entry('publisher_label') }}, 0) as category_entry,
        if(is_published and category_entry = 0, {{ taxonomy_entry('publisher_name') }}, 0) as name_entry,
        name_entry > 0 and {{ taxonomy_entries('risk_level') }}[name_entry] in ('high', 'critical') as is_name,
        if(is_name, name_entry, category_entry) as entry,
        if(
            has({{ provenance_classes('provenance_class') }}, provenance_class),
            provenance_class,
            {{ taxonomy_entries('default_class') }}[entry]
        ) as known_class
    from applied

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        address_key,
        rule_id,
        if(is_name, publisher_name, publisher_label) as publisher_label,
        numbered.publisher_name as publisher_name,
        publisher,
        if(entry > 0, known_class, numbered.provenance_class) as provenance_class,
        if(entry > 0, {{ taxonomy_entries('risk_level') }}[entry], numbered.risk_level) as risk_level,
        label_source,
        -- A word without a risk level casts no vote, and its confidence has no meaning.
        multiIf(
            not is_published, numbered.confidence_score,
            entry = 0, toFloat32(0),
            {{ taxonomy_entries('own_confidence') }}[entry] >= 0, {{ taxonomy_entries('own_confidence') }}[entry],
            {{ provenance_classes('confidence') }}[indexOf({{ provenance_classes('provenance_class') }}, known_class)]
        ) as confidence_score,
        created_at,
        is_standing,
        valid_from,
        valid_to
    from numbered

)

select * from final
