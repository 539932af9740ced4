-- One row per address with a gold vote: of source-of-truth labels (sot) or of the user's own (custom). The most confident
-- decides, ties go to the more trusted rule, then source. Other addresses have no row: unlabelled is not benign.
{{ decide_gold_labels('address_labels') }}
