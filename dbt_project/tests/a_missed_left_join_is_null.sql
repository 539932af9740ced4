-- Fails if the connection lacks join_use_nulls = 1. Without it a left join without a match gives 0 and '', and unlabelled rows
-- become benign.
with present as (

    select 1 as id

),

absent as (

    select 2 as id, 1 as value

)

select 'join_use_nulls is off' as problem
from present
left join absent on absent.id = present.id
where absent.value is not null
