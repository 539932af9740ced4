-- The setting everything rests on: fails if the connection does not have join_use_nulls = 1.
select 'join_use_nulls is off' as problem
from (select 1 as id) as present
left join (select 2 as id, 1 as value) as absent on absent.id = present.id
where absent.value is not null
