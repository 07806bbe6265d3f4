-- Bad row: a cell without a value whose status says that it has one, or a value whose status says that it has none.
with

cells as (
    select * from marts.cells
)

select
    key,
    value,
    obs_status,
from cells
where (value is null) != (obs_status in ('O', 'L', 'M', 'Q', 'N'))
