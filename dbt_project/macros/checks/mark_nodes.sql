{# Returns the statement that marks nodes as `started` or `finished` by the build of this number, an expression. #}
{% macro mark_nodes(marks, event, nodes, build) %}
    insert into {{ marks }} (node, event, build, invocation_id)
    select arrayJoin(['{{ nodes | join("', '") }}']), '{{ event }}', {{ build }}, '{{ invocation_id }}'
{% endmacro %}
