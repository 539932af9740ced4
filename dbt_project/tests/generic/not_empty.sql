{# One row if the relation has none: a table that was created and never filled. #}
{% test not_empty(model) %}
select count() as number_of_rows
from {{ model }}
having number_of_rows = 0
{% endtest %}
