-- Bad row: a regional cell with no state, with more states than members, or with a state counted twice.
with

cells as (
    select * from marts.cells
)

select
    key,
    coverage,
    members,
    states,
from cells
where origin in ('region', 'constant', 'both', 'judged', 'meeting')
    and (coverage < 1 or coverage > members or array_length(list_distinct(states)) != coverage)
