{{ stage_labels(source('raw', 'address_labels'), created='created_timestamp') }}
