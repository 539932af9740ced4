{{ stage_labels(source('raw', 'raw_address_labels')) }}
