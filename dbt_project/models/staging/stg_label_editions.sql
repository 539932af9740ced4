with source as (

    select * from {{ latest_rows(source('raw', 'label_editions')) }}

),

renamed as (

    select
        -- keys
        source.source as label_source,
        list as source_list,
        loaded_at,
        -- flags
        is_complete,
        -- numbers
        labels,
        added as added_labels,
        closed as closed_labels,
        -- times
        edition_date
    from source

)

select * from renamed
