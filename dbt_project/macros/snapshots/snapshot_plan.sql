{#
    The query that finds out what to do: a row per partition with its name, an action (`keep`, `build` or `drop`), the number of
    rows in the model's inputs, and which partitions of these hold them, by table. A snapshot is numbered by a hash of its key.

    A change of a snapshot's rows is noticed by the parts of its partition, whose numbers grow with each write; where a partition
    may be emptied and filled again, by the rows. A change of what is shared is noticed by its rows, of a view by its SQL. Rows
    are hashed as tuples: the hash of columns one of which is NULL is NULL.
#}
{% macro snapshot_plan(this, inputs, sql) %}
    {%- set raw = inputs.parts + inputs.rows -%}
    with
    {%- if raw %}
    contents as (

        select '' as input, '' as partition_id, toUInt64(0) as content
        {%- for table in inputs.rows %}
        union all
        select '{{ table.database }}.{{ table.name }}', _partition_id, sum(cityHash64(tuple(* except (ingested_at))))
        from `{{ table.database }}`.`{{ table.name }}` final
        group by _partition_id
        {%- endfor %}

    ),

    raw_partitions as (

        -- Of a partition by more than the snapshot, the first three elements are the snapshot.
        select
            concat(database, '.', table) as input,
            extractGroups(partition, '^\\(\'(.*)\',\'(\\d{4}-\\d\\d-\\d\\d)\',(\\d+)') as elements,
            cityHash64(replaceRegexpAll(elements[1], '\\\\(.)', '\\1'), toDate(elements[2]), toUInt16(elements[3])) as snapshot,
            partition_id,
            cityHash64(max(max_block_number), max(data_version), sum(parts.rows)) as state,
            sum(parts.rows) as rows
        from system.parts as parts
        where {{ are_tables(raw) }} and active
        group by input, partition, partition_id

    ),

    raw_inputs as (

        select
            raw_partitions.input as input,
            raw_partitions.snapshot as snapshot,
            groupArray((
                raw_partitions.partition_id,
                if(raw_partitions.input in ({{ as_names(inputs.rows) }}), ifNull(contents.content, 0), raw_partitions.state)
            )) as states,
            arrayStringConcat(groupArray(concat('\'', raw_partitions.partition_id, '\'')), ', ') as selection,
            sum(raw_partitions.rows) as rows
        from raw_partitions
        left join contents on contents.input = raw_partitions.input and contents.partition_id = raw_partitions.partition_id
        group by input, snapshot

    ),
    {%- endif %}
    inputs as (

        -- A snapshot 0 without rows stands for what is the same for all: the SQL and what is shared.
        select '' as input, toUInt64(0) as snapshot, toUInt64(0) as state, '' as selection, toUInt64(0) as rows
        {%- if raw %}
        union all
        select
            input,
            snapshot,
            cityHash64(arraySort(states)) as state,
            selection,
            rows
        from raw_inputs
        {%- endif %}
        {%- if inputs.stored %}
        union all
        select
            concat(database, '.', table) as input,
            toUInt64OrZero(extract(partition, '^\\((\\d+),')) as snapshot,
            toUInt64OrZero(extract(partition, ',(\\d+)\\)$')) + throwIf(
                not match(partition, '^\\(\\d+,\\d+\\)$'),
                'A table that this model reads was stored as a whole, by an earlier version; run `dbt run` without --select.'
            ) as state,
            toString(snapshot) as selection,
            sum(parts.rows) as rows
        from system.parts as parts
        where {{ are_tables(inputs.stored) }} and active
        group by input, partition
        {%- endif %}

    ),

    shared as (

        select cityHash64(
            '{{ local_md5(sql) }}'
            {%- if inputs.views %},
            (
                select arraySort(groupArray((database, name, as_select)))
                from system.tables
                where {{ are_tables(inputs.views, "name") }}
            )
            {%- endif %}
            {%- for table in inputs.shared %},
            (
                select (count(), sum(cityHash64(tuple(*))))
                from `{{ table.database }}`.`{{ table.name }}`{{ " final" if table.is_source }}
            )
            {%- endfor %}
        ) as state

    ),

    wanted as (

        select
            concat('(', toString(snapshot), ',', toString(cityHash64(
                (select state from shared), arraySort(groupArray((input, state)))
            )), ')') as name,
            toJSONString(mapFromArrays(groupArray(input), groupArray(selection))) as selections,
            sum(inputs.rows) as rows
        from inputs
        group by snapshot

    ),

    existing as (

        select partition as name
        from system.parts
        where database = '{{ this.schema }}' and table = '{{ this.identifier }}' and active
        union distinct
        select arrayJoin(extractAll(comment, '\\(\\d+,\\d+\\)')) as name
        from system.tables
        where database = '{{ this.schema }}' and tables.name = '{{ this.identifier }}'

    )

    select
        ifNull(wanted.name, existing.name) as name,
        multiIf(existing.name is null, 'build', wanted.name is null, 'drop', 'keep') as action,
        wanted.selections as selections,
        wanted.rows as rows
    from wanted
    full outer join existing on existing.name = wanted.name
    order by name
{% endmacro %}
