{{ config(severity='warn') }}
-- No column that the user brought separates gold labels almost perfectly (var max_answer_agreement). Such a column is the answer
-- under another name, or was made from it; `trainer fit` leaves it out.
select network, processing_date, window_days, feature_map, column_name, agreement
from {{ ref('fct_answer_columns') }}
where is_answer
