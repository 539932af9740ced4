{# Rows whose value is outside [minimum, maximum] or NaN. #}
{% test in_range(model, column_name, minimum, maximum) %}
select {{ column_name }}
from {{ model }}
where not ({{ column_name }} >= {{ minimum }} and {{ column_name }} <= {{ maximum }})
{% endtest %}
