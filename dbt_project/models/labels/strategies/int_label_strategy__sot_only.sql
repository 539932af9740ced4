{{ decide_gold_labels('sot_only', rule='sot') }}
