-- Bad row: a key that stands twice.
with

cells as (
    select * from marts.cells
)

select
    key,
    count(*) as times,
from cells
group by key
having count(*) > 1
