{{ decide_gold_labels('address_labels') }}
