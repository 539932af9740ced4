-- One row per address and direction with more flows than count for it.
with degrees as (

    select
        address_key,
        side.1 as is_out,
        side.2 as flows
    from {{ ref('int_features__flows') }}
    array join [(0, toUInt64(flow_in_pairs)), (1, toUInt64(flow_out_pairs))] as side

),

final as (

    select
        address_key,
        is_out,
        flows,
        flows - {{ var('neighbour_flows') }} as flows_left_out
    from degrees
    where flows > {{ var('neighbour_flows') }}

)

select * from final
