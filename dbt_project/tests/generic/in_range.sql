{# Rows whose value lies outside [minimum, maximum] or is not a number. #}
{% test in_range(model, column_name, minimum, maximum) %}
select {{ column_name }}
from {{ model }}
where not ({{ column_name }} >= {{ minimum }} and {{ column_name }} <= {{ maximum }})
{% endtest %}
