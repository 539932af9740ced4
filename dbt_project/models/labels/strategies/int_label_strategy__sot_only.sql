-- One row per address with a source-of-truth vote (sot): the most confident decides, ties go to the more trusted source. Other
-- addresses have no row: unlabelled is not benign.
{{ decide_gold_labels('sot_only', rule='sot') }}
